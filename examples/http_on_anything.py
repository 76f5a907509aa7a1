"""Any web service from any frame: ten countries, three at a time, from a server that is slow, and fails, on purpose.

Run it with ``python examples/http_on_anything.py``. The server is a small look-alike of the World Bank's, started here,
so that no network is needed; with ``--live`` the World Bank itself is asked.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pandas as pd
from local_spark import local_spark

import dfai

LIVE = "https://api.worldbank.org"
CAPITALS = {
    "ar": ("Argentina", "Buenos Aires"),
    "br": ("Brazil", "Brasilia"),
    "cl": ("Chile", "Santiago"),
    "de": ("Germany", "Berlin"),
    "fr": ("France", "Paris"),
    "in": ("India", "New Delhi"),
    "jp": ("Japan", "Tokyo"),
    "ke": ("Kenya", "Nairobi"),
    "us": ("United States", "Washington D.C."),
    "za": ("South Africa", "Pretoria"),
}
SLOW, FLAKY, GONE = "jp", "fr", "ke"  # answers late; fails once; is not there


def main(*, live: bool) -> None:
    countries = pd.DataFrame({"iso": list(CAPITALS)})
    with served() as (url, seen):
        frames = {"pandas": countries}
        if importlib.util.find_spec("dask"):
            import dask.dataframe as dd

            frames["Dask"] = dd.from_pandas(countries, npartitions=3, sort=False)
        if importlib.util.find_spec("pyspark") and shutil.which("java"):
            frames["Spark"] = spark_frame(countries)
        first: list[Any] = []
        for library, frame in frames.items():
            seen.clear()
            start = time.perf_counter()
            answered = asked(frame, LIVE if live else url)
            rows = rows_of(answered)
            took_s = time.perf_counter() - start
            if not first:
                first = rows
                show(rows)
            same = sum(one == other for one, other in zip(rows, first, strict=True))
            most = "" if live else f", at most {seen['at once']} at once"
            print(f"{library}: {same} of {len(rows)} rows the same, in {took_s:.1f} s{most}.")


def asked(frame: Any, base: str) -> Any:
    """The whole of it: one call, whatever the frame is."""
    return frame.ai.http(
        base + "/v2/country/{iso}?format=json",
        parse={"name": ("$[1][0].name", "string"), "capital": ("$[1][0].capitalCity", "string")},
        output="bank",
        concurrency=3,
    )


def rows_of(answered: Any) -> list[tuple[Any, ...]]:
    """The computed rows, in order of the countries."""
    if hasattr(answered, "toPandas"):
        answered = answered.select("iso", "bank_name", "bank_capital", "bank_error", "bank_error_message").toPandas()
    elif hasattr(answered, "compute"):
        answered = answered.compute()
    columns = answered.sort_values("iso")[["iso", "bank_name", "bank_capital", "bank_error", "bank_error_message"]]
    return [tuple(None if pd.isna(value) else value for value in row) for row in columns.itertuples(index=False)]


def show(rows: list[tuple[Any, ...]]) -> None:
    for iso, name, capital, error, message in rows:
        print(f"  {iso}  {name or '-':<16} {capital or '-':<18} {f'{error}: {message}' if error else ''}".rstrip())
    print()


def spark_frame(countries: pd.DataFrame) -> Any:
    spark = local_spark("http on anything")
    assert spark is not None  # it was looked for
    rows = [(iso,) for iso in countries["iso"]]
    return spark.createDataFrame(rows, "iso string").repartition(3)


@contextmanager
def served() -> Iterator[tuple[str, Counter[str]]]:
    """The look-alike on a free port of this machine, and what it has seen."""
    seen: Counter[str] = Counter()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            iso = self.path.partition("?")[0].rsplit("/", 1)[-1]
            with lock:
                seen["now"] += 1
                seen["at once"] = max(seen["at once"], seen["now"])
                seen[iso] += 1
                first = seen[iso] == 1
            try:
                time.sleep(0.8 if iso == SLOW else 0.1)
                if iso == GONE:
                    self._say(404, {"message": "no such country any more"})
                elif iso == FLAKY and first:
                    self._say(503, {"message": "come again"})
                else:
                    name, capital = CAPITALS[iso]
                    self._say(200, [{"page": 1}, [{"id": iso.upper(), "name": name, "capitalCity": capital}]])
            finally:
                with lock:
                    seen["now"] -= 1

        def _say(self, status: int, body: Any) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    with dfai.using(progress="off"):
        main(live="--live" in sys.argv[1:])
