# Where jobs compute: --target dask (scheduler and workers) or --target spark (driver and executors). The driver and all of
# its workers need one Python, one Spark or Dask, and one dfai.
#   docker build --file deploy/workers.Dockerfile --target dask --tag dfai-dask:0.1.0 .
#   docker build --file deploy/workers.Dockerfile --target spark --tag dfai-spark:0.1.0 .
# The engine is not in these images: it answers from a container beside them, once for all processes of a pod. To have it
# in the workers' own processes, add its extras: --build-arg EXTRAS=store,redis,local,nlp, and weights (DFAI_MODELS).

ARG PYTHON=python:3.11-slim
# Spark's own image brings Spark, Java and the entry point that Kubernetes needs. Its Python is its distribution's, which may
# be older than dfai asks for.
ARG SPARK=spark:4.3.0-scala2.13-java17-ubuntu
ARG EXTRAS=store,redis

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/dfai
ENV PATH=/opt/dfai/bin:$PATH
WORKDIR /src
COPY . .
ARG EXTRAS
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    pip install --constraint constraints.txt ".[${EXTRAS}]"

FROM build AS build-dask
ARG EXTRAS
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    pip install --constraint constraints.txt ".[${EXTRAS},dask]"

FROM ${PYTHON} AS dask
COPY --from=build-dask /opt/dfai /opt/dfai
# Workers spill to the folder that they start in.
ENV PATH=/opt/dfai/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /tmp
USER 65532:65532
EXPOSE 8786 8787
CMD ["dask", "worker", "--help"]

FROM ${SPARK} AS spark-itself

FROM ${PYTHON} AS spark
# What the entry point calls: a small init, a name for unknown users, a step down from root.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gosu libnss-wrapper procps tini \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 185 spark \
    && useradd --system --uid 185 --gid spark --no-create-home --home-dir /nonexistent spark
COPY --from=spark-itself /opt /opt
COPY --from=build /opt/dfai /opt/dfai
# Python's part of Spark is Spark's own: spark-submit and executors put it on the path.
ENV JAVA_HOME=/opt/java/openjdk \
    SPARK_HOME=/opt/spark \
    PYSPARK_PYTHON=/opt/dfai/bin/python \
    PYSPARK_DRIVER_PYTHON=/opt/dfai/bin/python \
    PATH=/opt/dfai/bin:/opt/java/openjdk/bin:$PATH
WORKDIR /opt/spark/work-dir
USER 185
ENTRYPOINT ["/opt/entrypoint.sh"]
