"""The one line for Spark that our own error names: the worker gets the key, and Spark's pages do not show it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from faults.server import Server
from planted.key import Planted, traces

SCRIPT = """
import sys, urllib.request, warnings
from pathlib import Path
warnings.simplefilter("ignore")
import dfai
from pyspark.sql import SparkSession

session = SparkSession.builder.master("local[1]").getOrCreate()
target = dfai.container(sys.argv[1], key=dfai.env("PLANTED_ENV"))
frame = session.createDataFrame([("a text",)], "t string").ai.key_phrases("t", language="en", target=target)
print(frame.select("key_phrases", "key_phrases_error").collect())
for page in ("api/v1/applications/" + session.sparkContext.applicationId + "/environment", "environment/"):
    with urllib.request.urlopen(session.sparkContext.uiWebUrl + "/" + page) as answer:
        Path(sys.argv[2], page.replace("/", "-")).write_bytes(answer.read())
session.stop()
"""
SETTINGS = """
spark.driver.bindAddress 127.0.0.1
spark.driver.host 127.0.0.1
spark.eventLog.compress false
spark.eventLog.dir file://{folder}
spark.eventLog.enabled true
spark.executorEnv.PLANTED_ENV {key}
spark.ui.port 0
spark.ui.showConsoleProgress false
"""
HIDING = "spark.redaction.regex (?i)secret|password|token|access[.]?key|PLANTED_ENV\n"


@pytest.mark.parametrize("hidden", [True, False], ids=["with the expression", "without"])
def test_a_key_in_spark_s_settings_is_hidden_by_the_expression_and_by_nothing_else(
    hidden: bool, tmp_path: Path
) -> None:
    key = Planted()
    shown, private = tmp_path / "shown", tmp_path / "private"
    shown.mkdir()
    private.mkdir()
    settings = SETTINGS.format(folder=shown, key=key.text) + (HIDING if hidden else "")
    (private / "spark-defaults.conf").write_text(settings)
    environment = {**os.environ, "SPARK_CONF_DIR": str(private), "SPARK_LOCAL_IP": "127.0.0.1"}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    with Server() as server, (shown / "output").open("wb") as output:
        command = [sys.executable, "-c", SCRIPT, server.url, str(shown)]
        done = subprocess.run(command, env=environment, stdout=output, stderr=subprocess.STDOUT, timeout=200)
        sent = {request.headers["ocp-apim-subscription-key"] for request in server.received}
    output_text = (shown / "output").read_text()
    found = {trace.place.partition("-")[0] for trace in traces({"env": key}, shown)}

    assert done.returncode == 0, output_text
    assert "key_phrases_error=None" in output_text
    assert sent == {key.text}
    assert found == (set() if hidden else {"api", "eventlog_v2_local"})  # the page itself asks REST
