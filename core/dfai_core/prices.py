"""What answers cost: a table of prices, dated and with its sources, that the user can put another in the place of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from dfai_core.billed import DOCUMENT, Billing, Each, Unit
from dfai_core.errors import ConfigError
from dfai_core.service import Service

__all__ = ["LIST_PRICES", "Price", "Prices", "Quote", "billing_of", "prices_from", "quote"]


@dataclass(frozen=True, slots=True)
class Price:
    """One price, for as many units as the service's prices are quoted for. A price of nothing has no currency."""

    amount: float
    as_of: str | None
    source: str
    currency: str | None = None


class Quote(NamedTuple):
    """What a verb's units cost at one target."""

    unit: Unit
    price: Price
    currency: str

    @property
    def per_unit(self) -> float:
        """The cost of one unit."""
        return self.price.amount / self.unit.quoted


class Prices(Mapping[str, Price]):
    """Prices by verb, as their page quotes them: text records by the thousand, audio by the hour, and so on.

    A name may say the kind of target too: "container/sentiment". Without one it is Azure's, or that of a service of
    your own.
    """

    __slots__ = ("_prices", "currency")

    def __init__(self, prices: Mapping[str, Price], currency: str) -> None:
        self._prices = MappingProxyType(dict(prices))
        self.currency: str = currency

    def __getitem__(self, verb: str) -> Price:
        return self._prices[verb]

    def __iter__(self) -> Iterator[str]:
        return iter(self._prices)

    def __len__(self) -> int:
        return len(self._prices)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Prices) and (self._prices, self.currency) == (other._prices, other.currency)

    def __hash__(self) -> int:
        return hash((frozenset(self._prices.items()), self.currency))

    def __reduce__(self) -> tuple[Any, ...]:
        return Prices, (dict(self._prices), self.currency)

    def __repr__(self) -> str:
        left = max((len(verb) for verb in self), default=0)
        rows = (
            f"{verb:<{left}}  {price.amount:>8,.2f} {self.currency}  {price.as_of or 'no date'}  {price.source}"
            for verb, price in self.items()
        )
        return "\n".join(rows) or "no prices"

    def __str__(self) -> str:
        """As settings show it."""
        dates = sorted({price.as_of for price in self.values() if price.as_of})
        days = f", as of {' to '.join(dict.fromkeys((dates[0], dates[-1])))}" if dates else ""
        return f"{len(self)} price{'' if len(self) == 1 else 's'} in {self.currency}{days}"


# No page of Azure's that could be read here holds its prices in its text. These are meters of Azure's public price feed
# (prices.azure.com, pay as you go, the first and dearest tier) as public source code quotes them on the days given.
# What could not be found that way, vision and face among it, is not here.
_RECORDS = Price(1.00, "2026-09-10", "Azure Retail Prices, East US, Standard Text Records, first tier", "USD")
_SUMMARIES = Price(2.00, "2026-09-10", "Azure Retail Prices, East US, Standard Summarization Text Records", "USD")
_HEARING = Price(0.36, "2026-09-10", "Azure Retail Prices, East US, Fast Transcription Speech To Text", "USD")
_SPEAKING = Price(15.00, "2026-10-05", "Azure Retail Prices, East US 2, S1 Neural Text To Speech Characters", "USD")
LIST_PRICES = Prices(
    {
        "sentiment": _RECORDS,
        "key_phrases": _RECORDS,
        "detect_language": _RECORDS,
        "entities": _RECORDS,
        "linked_entities": _RECORDS,
        "redact_pii": _RECORDS,
        "extract_summary": _SUMMARIES,
        "transcribe": _HEARING,
        "synthesize_speech": _SPEAKING,
    },
    "USD",
)

_HEAD = ("currency", "as_of", "source")
_FREE = Price(0.0, None, "answered on this machine")
_OWN = Billing(DOCUMENT, Each(), "a service of the user's own: by the document")


def prices_from(value: object) -> Prices:
    """A table of prices from whatever a user gave for it: a mapping, or a file of JSON or TOML that holds one.

    Raises
    ------
    ConfigError
        For what is no table, a price that is no amount, prices in several currencies, and a file that cannot be read.

    Examples
    --------
    >>> prices_from({"currency": "EUR", "as_of": "2026-11-01", "sentiment": 0.7})["sentiment"].amount
    0.7
    """
    if isinstance(value, Prices):
        return value
    source = ""
    if isinstance(value, (str, Path)):
        value, source = _read(Path(value).expanduser()), str(value)
    if not isinstance(value, Mapping):
        raise ConfigError(f"prices= takes a mapping from verbs to prices, or a file with one, not {value!r}.")
    head = {name: value.get(name) for name in _HEAD}
    for name, text in head.items():
        if text is not None and not isinstance(text, str):
            head[name] = str(text)  # TOML has dates of its own
    # Prices out of another table have its currency.
    taken = (amount.currency for amount in value.values() if isinstance(amount, Price))
    currencies = list(dict.fromkeys(filter(None, [head["currency"], *taken]))) or [LIST_PRICES.currency]
    if len(currencies) > 1:
        raise ConfigError(f"prices= is in {' and in '.join(currencies)}: one table has one currency.")
    (currency,) = currencies
    found = {}
    for verb, amount in value.items():
        if verb in _HEAD:
            continue
        if not isinstance(verb, str) or isinstance(amount, bool) or not isinstance(amount, (int, float, Price)):
            raise ConfigError(f"prices= has {verb!r}: {amount!r}; expected a verb and its price, as in {_EXAMPLE}.")
        if isinstance(amount, Price):  # of another table
            found[verb] = amount
        elif not 0 <= amount < float("inf"):
            raise ConfigError(f"prices= has {verb!r}: {amount!r}; expected an amount from 0.")
        else:
            found[verb] = Price(float(amount), head["as_of"], head["source"] or source or "set by the user", currency)
    return Prices(found, currency)


_EXAMPLE = '{"sentiment": 0.75, "currency": "EUR", "as_of": "2026-11-01"}'


def _read(path: Path) -> Any:
    import tomllib

    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        raise ConfigError(f"prices={str(path)!r} cannot be read as a table: {error}") from error


def billing_of(service: Service) -> Billing | None:
    """What *service* bills; None where nobody has said it."""
    return _OWN if service.billing is None and service.web else service.billing


def quote(prices: Prices, service: Service, kind: str) -> Quote | None:
    """What the units of *service* cost at a target of *kind*; None where no price is known.

    What this machine answers costs nothing.
    """
    billing = billing_of(service)
    if kind == "local":
        return Quote(DOCUMENT if billing is None else billing.unit, _FREE, prices.currency)
    price = prices.get(f"{kind}/{service.name}")
    if price is None and kind in ("azure", "web"):
        price = prices.get(service.name)
    return None if billing is None or price is None else Quote(billing.unit, price, prices.currency)
