"""A table in PostgreSQL whose rows are answered as they come: each row is asked once, however often this runs.

Run it with ``python examples/postgres_fill.py``: it starts a PostgreSQL of its own (Debian's package ``postgresql``).
With a URL, ``python examples/postgres_fill.py postgresql+psycopg://me@host/database``, it works in yours.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa
from own_postgres import own_postgres
from sqlalchemy.dialects import postgresql

import dfai

TABLES = """
create table if not exists reviews (id bigint primary key, review text);
create table if not exists answers (
    id bigint primary key references reviews,
    sentiment text,
    sentiment_positive double precision,
    sentiment_neutral double precision,
    sentiment_negative double precision,
    sentiment_error text,
    sentiment_error_message text
);
"""
SCORED = "select * from reviews left join answers using (id) order by id"
CHUNK_ROWS = 10_000


def main(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(TABLES)
    add(engine, ["Lovely room.", "Never again!", None, "The breakfast was cold."])
    print("at first:", answer(engine), "asked")
    add(engine, ["Great host, great view."])
    print("one row more:", answer(engine), "asked")
    print("nothing new:", answer(engine), "asked")
    print(pd.read_sql("select sentiment, count(*) from answers group by 1 order by 1", engine).to_string(index=False))
    engine.dispose()


def add(engine: sa.Engine, reviews: Sequence[str | None]) -> None:
    with engine.begin() as connection:
        first = connection.execute(sa.text("select coalesce(max(id), 0) + 1 from reviews")).scalar_one()
        rows = pd.DataFrame({"id": range(first, first + len(reviews)), "review": reviews})
        rows.to_sql("reviews", connection, if_exists="append", index=False)


def answer(engine: sa.Engine) -> int:
    """Asks for rows that still lack an answer, a chunk at a time, and writes each before the next is read.

    Gives how many were asked.
    """
    with dfai.track() as run, engine.connect().execution_options(stream_results=True) as reading:
        for chunk in pd.read_sql(SCORED, reading, chunksize=CHUNK_ROWS):
            lacking = chunk["review"].notna() & chunk["sentiment"].isna()
            answered = chunk.ai.sentiment("review", if_exists="fill")[lacking].drop(columns="review")
            with engine.begin() as writing:
                answered.to_sql("answers", writing, if_exists="append", index=False, method=put)
    return run.documents


def put(table: Any, connection: sa.Connection, columns: list[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """How pandas is to insert: a row that is there already, since it failed then, is replaced."""
    new = postgresql.insert(table.table).values([dict(zip(columns, row, strict=True)) for row in rows])
    replaced = {name: new.excluded[name] for name in columns}
    connection.execute(new.on_conflict_do_update(index_elements=["id"], set_=replaced))


if __name__ == "__main__":
    with dfai.using(progress="off"):
        if len(sys.argv) > 1:
            main(sys.argv[1])
        else:
            with own_postgres() as own:
                main(own)
