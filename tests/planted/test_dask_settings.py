"""How Dask's workers get a key that the cluster tells to nobody: in the environment in which they start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from faults.server import Server
from planted.key import Planted, traces

SCRIPT = """
import logging, os, sys
from pathlib import Path
import dask, dask.dataframe as dd, pandas as pd
from distributed import Client, LocalCluster
import dfai

if __name__ == "__main__":
    shown, key = Path(sys.argv[2]), Path(sys.argv[3]).read_text()
    where = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    if sys.argv[4] == "cluster":
        where["env"] = {"PLANTED_ENV": key}
    elif sys.argv[4] == "inherited":
        os.environ["PLANTED_ENV"] = key
    else:
        dask.config.set({"distributed.nanny.environ.PLANTED_ENV": key})
    with LocalCluster(n_workers=1, silence_logs=logging.DEBUG, **where) as cluster, Client(cluster) as client:
        target = dfai.container(sys.argv[1], key=dfai.env("PLANTED_ENV"))
        frame = dd.from_pandas(pd.DataFrame({"t": ["a text"]}), npartitions=1)
        print(frame.ai.key_phrases("t", language="en", target=target).compute().to_dict("list"))
        for name in ("get_scheduler_logs", "get_worker_logs", "get_events", "scheduler_info", "get_versions"):
            (shown / name).write_text(repr(getattr(client, name)()))
        (shown / "nanny").write_text(repr(client.get_worker_logs(nanny=True)))
        client.dump_cluster_state(str(shown / "state"), format="yaml")
        print(client, cluster, repr(cluster.workers))
"""


@pytest.mark.parametrize("way", ["cluster", "inherited", "settings"])
def test_a_key_in_the_workers_environment_is_told_to_nobody_unless_it_stands_in_dask_s_settings(
    way: str, tmp_path: Path
) -> None:
    key = Planted()
    shown, private = tmp_path / "shown", tmp_path / "private"
    shown.mkdir()
    private.mkdir()
    (private / "key").write_text(key.text)
    (private / "script.py").write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with Server() as server, (shown / "output").open("wb") as output:
        command = [sys.executable, str(private / "script.py"), server.url, str(shown), str(private / "key"), way]
        done = subprocess.run(command, env=environment, stdout=output, stderr=subprocess.STDOUT, timeout=120)
        sent = {request.headers["ocp-apim-subscription-key"] for request in server.received}
    found = {trace.place for trace in traces({"env": key}, shown)}

    assert done.returncode == 0, (shown / "output").read_text()
    assert sent == {key.text}
    # The dump of a cluster's state holds all settings.
    assert found == ({"state.yaml"} if way == "settings" else set())
