"""Real texts with human ratings for the examples (Hutto and Gilbert, ICWSM 2014)."""

from __future__ import annotations

import csv

import pandas as pd

from dfai_engine import datasets

__all__ = ["rated_texts"]

DOMAINS = {"tweets": "tweets", "amazonReviewSnippets": "products", "movieReviewSnippets": "films"}


def rated_texts(rows: int, seed: int = 7) -> pd.DataFrame:
    """A sample of *rows* texts: columns ``domain``, ``mean_rating`` (-4 to 4) and ``text``."""
    folder = datasets.fetch("rated-texts")
    frames = [
        pd.read_csv(
            folder / f"{file}_GroundTruth.txt",
            sep="\t",
            names=["id", "mean_rating", "text"],
            quoting=csv.QUOTE_NONE,
            encoding="utf-8",
            encoding_errors="replace",
        ).assign(domain=domain)
        for file, domain in DOMAINS.items()
    ]
    texts = pd.concat(frames, ignore_index=True)[["domain", "mean_rating", "text"]]
    share = rows / len(texts)
    picked = texts.groupby("domain", group_keys=False).sample(frac=share, random_state=seed).head(rows)
    return picked.reset_index(drop=True)
