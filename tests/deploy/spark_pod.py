"""Prints, as JSON, the executor's pod that Spark itself makes of settings (arguments: name=value), without a cluster.

A program of its own: it starts a Java machine with Spark's jars and no session.
"""

from __future__ import annotations

import json
import sys

from pyspark import SparkConf
from pyspark.java_gateway import launch_gateway


def main(settings: dict[str, str]) -> None:
    """Build the pod and print it with the container that Spark takes for its own."""
    gateway = launch_gateway(SparkConf())
    jvm = gateway.jvm
    conf = jvm.org.apache.spark.SparkConf(False)
    for name, value in settings.items():
        conf.set(name, value)
    nobody = jvm.scala.Option.empty()
    client = jvm.io.fabric8.kubernetes.client.KubernetesClientBuilder().build()
    kubernetes = jvm.org.apache.spark.deploy.k8s
    executor = kubernetes.KubernetesConf.createExecutorConf(conf, "1", "spark-app", nobody, 0)
    # Scala's third argument has a default value, which Java sees as a method.
    secret_file = getattr(jvm.org.apache.spark.SecurityManager, "$lessinit$greater$default$3")()
    security = jvm.org.apache.spark.SecurityManager(conf, nobody, secret_file)
    profiles = getattr(getattr(jvm.org.apache.spark.resource, "ResourceProfile$"), "MODULE$")
    profile = profiles.getOrCreateDefaultProfile(conf)
    builder = jvm.org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBuilder()
    made = builder.buildFromFeatures(executor, security, client, profile).pod()
    written = jvm.io.fabric8.kubernetes.client.utils.Serialization.asJson
    print(json.dumps({"pod": json.loads(written(made.pod())), "container": json.loads(written(made.container()))}))
    gateway.shutdown()


if __name__ == "__main__":
    main(dict(argument.split("=", 1) for argument in sys.argv[1:]))
