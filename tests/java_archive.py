"""Keeps the classes that a Spark loads when it starts in an archive, so that the many Sparks of the tests start sooner.

``python tests/java_archive.py FILE`` starts one, asks it once, and has Java write FILE when it ends. Tests run without
it too: a Java that finds no archive, or another Java's, loads its classes as ever.
"""

from __future__ import annotations

import os
import shutil
import sys


def write(file: str) -> None:
    """Runs a small Spark whose classes Java then writes to *file*."""
    # Java says much of what it cannot keep.
    os.environ["JDK_JAVA_OPTIONS"] = (
        f"-XX:ArchiveClassesAtExit={file} -Xlog:disable {os.environ.get('JDK_JAVA_OPTIONS', '')}"
    )
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[1]").config("spark.ui.showConsoleProgress", "false").getOrCreate()
    session.createDataFrame([("a", 1)], ["t", "n"]).repartition(1).mapInArrow(
        lambda rows: rows, "t string, n long"
    ).toArrow()
    session.stop()
    java = SparkContext._gateway.proc
    java.stdin.close()  # Java ends with whoever started it
    java.wait()


if __name__ == "__main__":
    if shutil.which("java"):
        write(sys.argv[1])
