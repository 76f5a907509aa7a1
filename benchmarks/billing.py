"""How many documents Spark's plans are billed for, over the rows of the frame that the verb stands on.

    python -m benchmarks.billing [--rows 8000]

Spark evaluates plans again, and moves what stands in them: each plan is run on classic Spark and on Connect, on this
machine, with no store named, and the mock counts what it is asked. Texts are distinct.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import dfai
from benchmarks.alone import processes
from benchmarks.mock_service import MockService
from benchmarks.table import Table, publish

__all__ = ["ACTIONS", "FEW", "PARTITIONS", "PLANS", "Figure", "main", "measure", "reviews"]

PARTITIONS = 4
FEW = 10  # rows that a join leaves
_ROWS = 8_000

Ask = Callable[..., Any]
"""The verb on a frame with the column ``t``; more are its arguments."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One plan. *rows* are those of the frame that the verb stands on."""

    plan: str
    rows: int
    documents: int


def reviews(session: Any, rows: int, mark: str = "") -> Any:
    """Different texts in four partitions, a third of them good; with another *mark*, others."""
    kind = "element_at(array('good', 'bad', 'plain'), cast(id % 3 as int) + 1)"
    text = f"concat({kind}, ' {mark}', id) as t"
    return session.range(0, rows, numPartitions=PARTITIONS).selectExpr("id", text)


def _sql(frame: Any, query: str) -> Any:
    frame.createOrReplaceTempView("scored")
    return frame.sparkSession.sql(query)


def _few(frame: Any) -> Any:
    return frame.sparkSession.range(FEW)


def _joined_with_itself(frame: Any, ask: Ask) -> Any:
    answer = ask(frame)
    return answer.select("t", "sentiment").join(answer.selectExpr("t", "sentiment as again"), "t")


def _united_with_itself(frame: Any, ask: Ask) -> Any:
    answer = ask(frame)
    return answer.union(answer)


_GOOD = "sentiment = 'positive'"
_GROUPS = "select sentiment, count(sentiment_positive) from scored where sentiment_error is null group by sentiment"
_RANKS = "select id, rank() over (partition by sentiment order by id) as place from scored"

PLANS: dict[str, Callable[[Any, Ask], Any]] = {
    "two fields": lambda f, ask: ask(f).select("sentiment", "sentiment_positive"),
    "filter on the answer": lambda f, ask: ask(f).where(_GOOD).select("id", "sentiment"),
    "filter and group in SQL": lambda f, ask: _sql(ask(f), _GROUPS),
    "the same verb twice": lambda f, ask: ask(ask(f), output="again"),
    "sort by the answer": lambda f, ask: ask(f).orderBy("sentiment_positive", "id"),
    "repartition by the answer": lambda f, ask: ask(f).repartitionByRange(3, "sentiment_positive"),
    "filter on another column": lambda f, ask: ask(f).where("id < 100"),
    "join after": lambda f, ask: ask(f).join(_few(f), "id"),
    "join before, filter after": lambda f, ask: ask(f.join(_few(f), "id")).where(_GOOD),
    "semi-join before, filter after": lambda f, ask: ask(f.join(_few(f), "id", "semi")).where(_GOOD),
    "group before, filter after": lambda f, ask: ask(f.groupBy("t").count()).where(_GOOD),
    "not null before, filter after": lambda f, ask: ask(f.where("t is not null")).where("sentiment = 'negative'"),
    "join with itself": _joined_with_itself,
    "union with itself": _united_with_itself,
    "unused": lambda f, ask: ask(f).select("id"),
    "window": lambda f, ask: _sql(ask(f), _RANKS),
}
"""Plans whose result is collected."""


def _twice(frame: Any, ask: Ask) -> None:
    answer = ask(frame)
    for label in ("positive", "negative"):
        answer.where(f"sentiment = '{label}'").count()


def _twice_kept(frame: Any, ask: Ask) -> None:
    answer = ask(frame, store=None).persist()
    for label in ("positive", "negative"):
        answer.where(f"sentiment = '{label}'").count()
    answer.unpersist()


def _shown(frame: Any, ask: Ask) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        ask(frame).show(5)


ACTIONS: dict[str, Callable[[Any, Ask], Any]] = {
    "two actions": _twice,
    "two actions, kept by persist, no store": _twice_kept,
    "limit(5) before": lambda f, ask: ask(f.limit(5)).collect(),
    "limit(5) after": lambda f, ask: ask(f).limit(5).collect(),
    "head(3)": lambda f, ask: ask(f).head(3),
    "show(5)": _shown,
}
"""What is done with a frame besides collecting it."""

_OF_FEW = {"join before, filter after": FEW, "semi-join before, filter after": FEW, "limit(5) before": 5}


@contextmanager
def _session(kind: str) -> Iterator[Any]:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyspark warns of pandas 3, and of settings that only its server may have
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.appName("dfai benchmarks")
        for name, value in {
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.log.level": "ERROR",
            "spark.sql.shuffle.partitions": str(PARTITIONS),
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
        }.items():
            builder = builder.config(name, value)
        session = (builder.remote("local[2]") if kind == "Connect" else builder.master("local[2]")).getOrCreate()
    try:
        yield session
    finally:
        session.stop()


def measure(kind: str, rows: int) -> list[Figure]:
    """Every plan on one *kind* of Spark, in this process, which can have no other."""
    figures = []
    with MockService() as service, _session(kind) as session:
        target = dfai.container(service.url)

        def ask(frame: Any, **more: Any) -> Any:
            return dfai.on(frame).sentiment("t", language="en", target=target, **more)

        for number, (name, plan) in enumerate((PLANS | ACTIONS).items()):
            service.reset()
            found = plan(reviews(session, rows, f"{number} "), ask)
            if name in PLANS:
                found.collect()
            figures.append(Figure(name, _OF_FEW.get(name, rows), service.counters().documents))
    return figures


def main(rows: int = _ROWS) -> dict[str, Any]:
    """Measures, prints and saves."""
    kinds = ("classic", "Connect")
    with processes(1) as pool:
        found = {kind: pool.submit(measure, kind, rows).result() for kind in kinds}
    table = Table(
        f"Documents billed over rows of the frame, Spark local[2], {rows:,} rows in {PARTITIONS} partitions",
        ["plan", "rows", *(f"documents, {kind}" for kind in kinds), *(f"/ rows, {kind}" for kind in kinds)],
        [
            [one.plan, one.rows, one.documents, other.documents, one.documents / one.rows, other.documents / one.rows]
            for one, other in zip(*found.values(), strict=True)
        ],
    )
    return publish("billing", [table], {kind: [asdict(one) for one in figures] for kind, figures in found.items()})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Documents that Spark's plans are billed for.")
    parser.add_argument("--rows", type=int, default=_ROWS)
    main(parser.parse_args().rows)
