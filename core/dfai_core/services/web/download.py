"""What stands at a URL: the verb `download`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from dfai_core.addresses import Addresses
from dfai_core.errors import ConfigError
from dfai_core.service import Column, Document, Exchange, Failure, Limits, Option, Service, Values, Wiring
from dfai_core.services.web.exchange import exchange_of
from dfai_core.services.web.reading import statuses
from dfai_core.services.web.template import ascii_url
from dfai_core.transports.base import Answer
from dfai_core.whole import Whole

__all__ = ["DOWNLOAD"]

# Few, since as many contents stand in memory several times over.
_ROWS_AT_ONCE = 16
# Of Arrow's arrays of bytes, whose offsets are 32 bits wide, each holds the contents of that many rows.
_MOST_BYTES = 2_000_000_000 // _ROWS_AT_ONCE
_ACCEPTED = statuses("2xx")


def _wire(wiring: Wiring) -> Exchange:
    fetch = _Fetch(wiring.options["max_bytes"], "any" if wiring.private_urls else "public")
    return exchange_of(fetch.request, _ACCEPTED, fetch.read, None, None)


@dataclass(frozen=True, slots=True)
class _Fetch:
    """Asks for a URL's content, and reads it."""

    max_bytes: int
    addresses: Addresses

    def request(self, documents: Sequence[Document]) -> Whole:
        # What is counted is what is kept: a small body that is packed may be a large one.
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        url = ascii_url(documents[0][0].strip())
        return Whole("GET", url, headers, addresses=self.addresses, max_bytes=self.max_bytes)

    def read(self, answer: Answer, count: int) -> list[Values | Failure | None]:
        """The content, its type and its size."""
        kind = (answer.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
        return [(bytes(answer.body), kind or None, len(answer.body))]


def _max_bytes(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_BYTES:
        raise ConfigError(f"{name}={value!r}: expected a whole number from 1 to {_MOST_BYTES:,}.")
    return value


DOWNLOAD = Service(
    name="download",
    family="web",
    noun="content",
    inputs=("url",),
    columns=(
        Column("", pa.binary(), "The content as it came. An empty one is an answer."),
        Column(
            "_type",
            pa.string(),
            "Its media type as the server says, in lower case without parameters; null where it says none.",
        ),
        Column("_size_bytes", pa.int64(), "How many bytes it has."),
    ),
    options=(Option("max_bytes", "request", 20_000_000, _max_bytes),),
    limits={"web": Limits(1, None, 1_000_000, "one request a row")},
    operation="Download",
    wire=_wire,
    api_version="",
    known_as=("download_from_urls", "downloadFromUrls"),
    web=True,
    keeps=False,
    rows_at_once=_ROWS_AT_ONCE,
)
