"""Images that answer a text, by the protocol of Bing Image Search v7."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
import pyarrow as pa

from dfai_core.errors import ConfigError
from dfai_core.service import Column, Document, Exchange, Failure, Limits, Option, Paged, Part, Service, Values, Wiring
from dfai_core.services.search.images import API_VERSION, IMAGE_TYPE, RETIRED, image_of
from dfai_core.transports.base import Answer

__all__ = ["SEARCH_IMAGES"]

# Source: Bing Image Search v7, ImageSearch.json: count is at most 150 a page, and nextOffset leads to the next.
_MOST_PAGE = 150
_MOST = 1_000
_PATH = "/bing/v7.0/images/search"
_MARKET = re.compile(r"[A-Za-z]{2,3}-[A-Za-z]{2,4}")


def _wire(wiring: Wiring) -> Exchange:
    options = wiring.options
    search = _Search(options["top"], options["offset"], options["market"])
    return Exchange(
        path=_PATH,
        write=_unwritten,
        read=search.read,
        merge=_unmerged,
        headers={"Accept": "application/json"},
        paged=Paged(search.path, search.joined),
    )


@dataclass(frozen=True, slots=True)
class _Search:
    """Asks for the images of one text, page by page."""

    top: int
    offset: int
    market: str | None

    def path(self, document: Document, pages: Sequence[Answer]) -> str | None:
        count, offset = 0, self.offset
        if pages:
            read = [orjson.loads(page.body) for page in pages]
            count, last = sum(len(page["value"]) for page in read), read[-1]
            following = last.get("nextOffset")
            # An offset that does not grow would lead in a circle, and a page that holds nothing is the last.
            if count >= self.top or not last["value"] or not isinstance(following, int):
                return None
            offset = following
            before = read[-2].get("nextOffset") if len(read) > 1 else self.offset
            if offset <= before or offset >= last.get("totalEstimatedMatches", float("inf")):
                return None
        asked: dict[str, Any] = {"q": document[0], "count": min(_MOST_PAGE, self.top - count), "offset": offset}
        if self.market:
            asked["mkt"] = self.market
        return f"{_PATH}?{urlencode(asked)}"

    def joined(self, pages: Sequence[Answer]) -> Answer:
        read = [orjson.loads(page.body) for page in pages]
        # Pages may overlap where the index changes between them.
        values = {_named(value): value for page in read for value in page["value"]}
        kept = list(values.values())[: self.top]
        return Answer(pages[-1].status, pages[-1].headers, orjson.dumps({**read[0], "value": kept}))

    def read(self, answer: Answer, count: int) -> list[Values | Failure | None]:
        """The images, the best first, and how many there may be in all."""
        body = orjson.loads(answer.body)
        images = [image_of(value) for value in body["value"]]
        return [(images, body.get("totalEstimatedMatches", len(images)))]


def _named(value: dict[str, Any]) -> Any:
    return value.get("imageId") or value.get("contentUrl")


def _unwritten(_: Iterable[Document]) -> bytes:
    raise TypeError("a search for images has no body")


def _unmerged(_: Sequence[Part]) -> Values:
    raise TypeError("a search for images has no parts")


def _whole(least: int, most: int) -> Any:
    return _Whole(least, most).check


@dataclass(frozen=True, slots=True)
class _Whole:
    """Takes whole numbers in a range."""

    least: int
    most: int

    def check(self, name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            raise ConfigError(f"{name}={value!r}: expected a whole number from {self.least} to {self.most:,}.")
        return value


def _market(name: str, value: Any) -> str | None:
    if value is None or (isinstance(value, str) and _MARKET.fullmatch(value)):
        return value
    raise ConfigError(f"{name}={value!r}: expected a language and a country, such as 'en-US'.")


SEARCH_IMAGES = Service(
    name="search_images",
    family="search",
    noun="images",
    inputs=("query",),
    columns=(
        Column(
            "",
            pa.list_(IMAGE_TYPE),
            "The best first; an empty list where there is none. What the service leaves out is null.",
        ),
        Column("_count", pa.int64(), "How many there may be in all, as the service estimates."),
    ),
    options=(
        Option("top", "request", 10, _whole(1, _MOST)),
        Option("offset", "request", 0, _whole(0, 100_000)),
        Option("market", "request", None, _market),
    ),
    limits={"azure": Limits(1, None, 1_000_000, "One query a request: it stands in the URL.")},
    operation="ImageSearch",
    wire=_wire,
    api_version=API_VERSION,
    retired=RETIRED,
    known_as=("BingImageSearch", "bing_image_search", "image_search"),
    keeps=False,
    asks=None,
)
