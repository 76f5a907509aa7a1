"""The main job in one page: 2,000 real texts on the embedded engine, no key and no network.

Run it with ``make demo``. The texts are tweets and reviews that people rated for sentiment, fetched once from the
package that published them; they belong to their writers, so only a few rows are shown and none are kept.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from local_spark import local_spark
from rated_texts import rated_texts

import dfai  # noqa: F401  puts .ai on frames

ROWS = 2_000
OUT = Path("out")


def main(rows: int) -> None:
    df = rated_texts(rows)
    print(f"{len(df):,} tweets and reviews, each rated by 20 people from -4 to 4.\n")

    start = time.perf_counter()
    scored = df.ai.detect_language("text").ai.sentiment("text").ai.key_phrases("text").ai.redact_pii("text")
    took_s = time.perf_counter() - start

    show(scored)
    agreement(scored)
    print(f"\n4 verbs on {len(df):,} texts in {took_s:.1f} s: {4 * len(df) / took_s:,.0f} answers a second on pandas.")
    print(f"Chart: {chart(scored)}")
    elsewhere(scored)


def show(scored: pd.DataFrame) -> None:
    """A few rows as people would look at them."""
    columns = ["text", "language", "sentiment", "sentiment_positive", "key_phrases"]
    few = scored.loc[scored["text"].str.len().between(30, 60), columns].groupby("sentiment").head(2)
    few = few.assign(key_phrases=few["key_phrases"].map(", ".join)).sort_values("sentiment_positive", ascending=False)
    print(few.to_string(index=False, max_colwidth=60), "\n")
    print("Languages:", ", ".join(f"{name} {count:,}" for name, count in top(scored["language_name"])))
    masked = scored["redacted"].str.contains("***", regex=False, na=False)
    print(f"Personal data masked in {int(masked.sum()):,} texts.")


def top(column: pd.Series[Any], most: int = 5) -> list[tuple[str, int]]:
    """The most frequent values with their counts."""
    return [(str(value), int(count)) for value, count in column.value_counts().head(most).items()]


def agreement(scored: pd.DataFrame) -> None:
    """Our labels against the people's: where most of them had a clear opinion, and over all three classes."""
    rating = scored["mean_rating"]
    people = pd.cut(rating, [-5, -0.5, 0.5, 5], right=False, labels=["negative", "neutral", "positive"]).astype(str)
    ours = scored["sentiment"].replace("mixed", "neutral")
    clear = (rating.abs() >= 1) & (ours != "neutral")
    print(f"\nAgreement with the people: {(ours == people).mean():.0%} over three classes;", end=" ")
    print(f"{(ours[clear] == people[clear]).mean():.0%} where people and engine both took a side.")
    print(pd.crosstab(people.rename("people"), scored["sentiment"].rename("engine")).to_string())


def chart(scored: pd.DataFrame) -> Path:
    """Sentiment against the human rating, as a picture."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    OUT.mkdir(exist_ok=True)
    path = OUT / "quickstart.png"
    score = scored["sentiment_positive"] - scored["sentiment_negative"]
    bins = pd.cut(scored["mean_rating"], 16)
    means = score.groupby(bins, observed=True).agg(["mean", "count", "std"])
    centres = [interval.mid for interval in means.index]
    error = 1.96 * means["std"] / means["count"] ** 0.5
    figure, axes = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
    axes.axhline(0, color="0.8", linewidth=1)
    axes.axvline(0, color="0.8", linewidth=1)
    axes.errorbar(centres, means["mean"], yerr=error, fmt="o-", color="#2458a6", ecolor="#9db7dc", capsize=2)
    axes.set_xlabel("mean rating of 20 people (-4 … 4)")
    axes.set_ylabel("engine: positive minus negative")
    axes.set_title(f"Sentiment of {len(scored):,} tweets and reviews", loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=130)
    return path


def elsewhere(scored: pd.DataFrame) -> None:
    """The same call on Dask and on Spark, where they are installed: the same labels."""
    texts = scored[["text"]].head(400)
    expected = scored["sentiment"].head(400).tolist()
    for name, run in (("Dask", on_dask), ("Spark", on_spark)):
        if importlib.util.find_spec(name.lower() if name == "Dask" else "pyspark") is None:
            print(f'{name}: not installed; pip install "dfai[{name.lower()}]"')
            continue
        if name == "Spark" and shutil.which("java") is None and "JAVA_HOME" not in os.environ:
            print("Spark: it needs Java 17 or later, which is not here.")
            continue
        report(name, run, texts, expected)


def report(name: str, run: Callable[[pd.DataFrame], list[Any]], texts: pd.DataFrame, expected: list[Any]) -> None:
    start = time.perf_counter()
    labels = run(texts)
    took_s = time.perf_counter() - start
    same = sum(ours == theirs for ours, theirs in zip(labels, expected, strict=True))
    print(f"{name}: the same call, {same} of {len(expected)} labels as on pandas ({took_s:.1f} s with its start).")


def on_dask(texts: pd.DataFrame) -> list[Any]:
    import dask.dataframe as dd

    ddf = dd.from_pandas(texts, npartitions=4)
    return list(ddf.ai.sentiment("text").compute()["sentiment"])


def on_spark(texts: pd.DataFrame) -> list[Any]:
    spark = local_spark("dfai quickstart")
    assert spark is not None  # it was looked for
    try:
        frame = spark.createDataFrame(texts.reset_index(names="row"))
        rows = frame.ai.sentiment("text").orderBy("row").collect()
        return [row["sentiment"] for row in rows]
    finally:
        spark.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
