"""Tables and pictures on an S3-compatible store: read there, answered, written back, never on this disk.

Run it with ``python examples/s3_parquet.py``: it starts a store of its own, so that no account is needed. With a URL,
``python examples/s3_parquet.py s3://bucket/folder``, it works in a store of yours, found as AWS's own tools find it.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys

import dask.dataframe as dd
import fsspec
import pandas as pd
from own_s3 import own_s3, settings_for
from PIL import Image, ImageDraw

import dfai

REVIEWS = ["Lovely room, quiet and clean.", "Never again!", None, "The breakfast was cold.", "Great host, great view."]


def main(place: str) -> None:
    put_there(place)
    on_the_command_line(place)
    with_pandas(place)
    with_dask(place)
    pictures(place)


def put_there(place: str) -> None:
    """What is there before: a folder of reviews in two files, and a few pictures.

    By fsspec's client, as Dask reads: it remembers what it has listed, and pandas left alone would take Arrow's.
    """
    reviews = pd.DataFrame({"id": range(len(REVIEWS)), "review": REVIEWS})
    reviews[:3].to_parquet(f"{place}/reviews/part-0.parquet", storage_options={})
    reviews[3:].to_parquet(f"{place}/reviews/part-1.parquet", storage_options={})
    for number, name in enumerate(("2025/beach", "2026/hall", "2026/garden")):
        image = Image.new("RGB", (400, 300), "white")
        ImageDraw.Draw(image).rectangle((40 + 60 * number, 60, 160 + 60 * number, 200), fill="teal")
        file = io.BytesIO()
        image.save(file, "JPEG")
        with fsspec.open(f"{place}/photos/{name}.jpg", "wb") as there:
            there.write(file.getvalue())


def on_the_command_line(place: str) -> None:
    """As in a shell. Streamed; interrupted, the same line goes on."""
    line = f"run sentiment {place}/reviews --column review --out {place}/scored.parquet --overwrite --progress off"
    command = [sys.executable, "-m", "dfai.cli", *line.split()]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  our own words
    scored = pd.read_parquet(f"{place}/scored.parquet")
    print("command:", scored["sentiment"].value_counts().to_dict())


def with_pandas(place: str) -> None:
    scored = pd.read_parquet(f"{place}/scored.parquet").ai.detect_language("review")
    scored.to_parquet(f"{place}/languages.parquet")
    print("pandas:", scored["language"].value_counts().to_dict())


def with_dask(place: str) -> None:
    """A partition a file; lists too, since they are Arrow's own on Dask."""
    reviews = dd.read_parquet(f"{place}/reviews/")
    reviews.ai.key_phrases("review").to_parquet(f"{place}/phrases/")
    phrases = pd.read_parquet(f"{place}/phrases/", dtype_backend="pyarrow")
    print("Dask:", sorted(phrases["key_phrases"].explode().dropna()))


def pictures(place: str) -> None:
    """Listed here, read on the workers, made small there and written by them; nobody else is asked."""
    photos = dfai.files(f"{place}/photos/**/*.jpg", backend="dask")
    photos = photos.assign(name=photos["path"].str.split("/").str[-1])
    small = photos.ai.thumbnail("path", width_px=64, height_px=64, target=dfai.local())
    written = small.ai.write_files("thumbnail", place + "/small/{name}").compute()
    print("pictures:", written["written"].tolist(), f"{written['written_error'].notna().sum()} errors")


if __name__ == "__main__":
    with dfai.using(progress="off"):
        if len(sys.argv) > 1:
            main(sys.argv[1].rstrip("/"))
        else:
            with own_s3() as url:
                os.environ.update(settings_for(url))
                fsspec.filesystem("s3").mkdir("travel")
                main("s3://travel")
