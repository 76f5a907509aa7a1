"""An S3-compatible store of the examples' own: moto's server on a free port of this machine, gone when they end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["own_s3", "settings_for"]

# It ends when whoever started it has closed its standard input, or is gone.
_SERVER = """
import logging, sys
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print("http://127.0.0.1:%d" % server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


@contextmanager
def own_s3() -> Iterator[str]:
    """The address of a store without any bucket."""
    with subprocess.Popen(  # noqa: S603  this very Python
        [sys.executable, "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            url = server.stdout.readline().strip()
            if not url:
                raise RuntimeError("no store was started. It needs: pip install s3fs 'moto[s3]' flask flask-cors")
            yield url
        finally:
            server.kill()


def settings_for(url: str) -> dict[str, str]:
    """The environment by which pandas, Dask, polars, Spark's workers and the command find the store at *url*."""
    ours = {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "anybody",  # moto lets everybody in
        "AWS_SECRET_ACCESS_KEY": "anything",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return {**os.environ, **ours}
