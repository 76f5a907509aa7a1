"""A quiet Spark session on this machine, for examples; none where there is no Java."""

from __future__ import annotations

import os
import shutil
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["local_spark"]


def local_spark(name: str) -> SparkSession | None:
    """A classic session with two threads that speaks only of errors; None, saying so, where Java is not here."""
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        print("Spark needs Java 17 or later, which is not here: what follows is left out.")
        return None
    from pyspark.sql import SparkSession

    # pyspark 4.3 says of every pandas 3 that some features may not work; none of them is used here.
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
    hushed = "ignore:PySpark does not yet fully support pandas:FutureWarning"
    os.environ.setdefault("PYTHONWARNINGS", hushed)  # the same in Spark's workers
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")  # or Spark says at length which address it takes
    builder = SparkSession.builder.master("local[2]").appName(name)
    for setting, value in {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.log.level": "ERROR",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }.items():
        builder = builder.config(setting, value)
    return builder.getOrCreate()
