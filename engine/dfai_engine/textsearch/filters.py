"""OData's filters and orders as SQL over documents kept as JSON: values are parameters, names the index's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

from dfai_engine.textsearch.definition import COMPLEX, Definition, Field
from dfai_engine.textsearch.moments import microseconds
from dfai_engine.textsearch.wire import invalid

__all__ = ["Condition", "condition_of", "json_path", "order_of"]

_TOKENS = re.compile(
    r"""\s*(?:
    (?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)
    | (?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))
    | '(?P<text>(?:[^']|'')*)'
    | (?P<name>[A-Za-z_][\w.]*(?:/[A-Za-z_]\w*)*)
    | (?P<mark>[(),:/])
    )""",
    re.VERBOSE,
)
_COMPARED = {"eq": "IS", "ne": "IS NOT", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_TURNED = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
_NUMBERS = frozenset({"Edm.Int32", "Edm.Int64", "Edm.Double"})
_MOST_DEPTH = 100
_MOST_ORDERS = 32


class Condition(NamedTuple):
    """A condition in SQL, and its parameters."""

    sql: str
    values: tuple[Any, ...] = ()


def json_path(path: str) -> str:
    """The place of a field in a document, as SQLite's JSON functions name it.

    >>> json_path("Address/City")
    '$."Address"."City"'
    """
    return "$" + "".join(f'."{name}"' for name in path.split("/"))


def order_of(text: str, definition: Definition, score: str) -> str:
    """SQL for ``$orderby``; *score* stands for the rank.

    Raises
    ------
    ServiceFailure
        For a field that is not sortable.
    """
    orders = []
    for one in text.split(","):
        words = one.split()
        direction = words[1].lower() if len(words) == 2 else "asc"
        if not 1 <= len(words) <= 2 or direction not in ("asc", "desc"):
            raise invalid(f"Invalid expression: Syntax error in $orderby: '{one.strip()}'.")
        if words[0] == "search.score()":
            orders.append(f"{score} {direction}")
            continue
        found = definition.at(words[0])
        if not found.sortable:
            raise invalid(f"The field '{found.path}' in the $orderby clause is not sortable.")
        # Source: Azure AI Search documentation, $orderby: nulls are first in ascending order, as in SQLite.
        orders.append(f"{_value(found, 'd.body', found.path)} {direction}")
    if len(orders) > _MOST_ORDERS:
        raise invalid(f"$orderby has at most {_MOST_ORDERS} clauses.")
    return ", ".join(orders)


def condition_of(text: str, definition: Definition, found_by: Callable[[str, str | None], Condition]) -> Condition:
    """SQL for ``$filter``; *found_by* makes it of a full-text query and the fields it looks in.

    Raises
    ------
    ServiceFailure
        It cannot be read, or names a field that is not filterable.
    """
    reading = _Reading(_tokens(text), definition, found_by)
    condition = reading.either(0)
    reading.end()
    return condition


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


def _tokens(text: str) -> list[_Token]:
    tokens = []
    at = 0
    stop = len(text.rstrip())
    while at < stop:
        found = _TOKENS.match(text, at)
        if found is None or found.lastgroup is None:
            raise invalid(f"Invalid expression: Syntax error at position {at} in '{text[:200]}'.")
        tokens.append(_Token(found.lastgroup, found[found.lastgroup], at))
        at = found.end()
    return tokens


def _value(field: Field, body: str, path: str) -> str:
    """SQL for a field's value in the JSON that *body* stands for; '' is that value itself."""
    value = f"json_extract({body}, '{json_path(path)}')" if path else body
    return f"dfai_moment({value})" if field.item == "Edm.DateTimeOffset" else value


@dataclass(frozen=True, slots=True)
class _Range:
    """What a name in a lambda stands for: an item of a collection."""

    field: Field
    sql: str


@dataclass(slots=True)
class _Reading:
    tokens: list[_Token]
    definition: Definition
    found_by: Callable[[str, str | None], Condition]
    ranges: dict[str, _Range] = field(default_factory=dict)
    at: int = 0
    lambdas: int = 0

    def end(self) -> None:
        if self.at < len(self.tokens):
            self.fault()

    def fault(self, why: str = "") -> NoReturn:
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        place = f"at position {token.at}" if token else "at its end"
        raise invalid(f"Invalid expression: {why or 'Syntax error'} {place} in the filter.")

    def peek(self) -> _Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else _Token("end", "", 0)

    def take(self, kind: str, text: str | None = None) -> str:
        token = self.peek()
        if token.kind != kind or (text is not None and token.text != text):
            self.fault(f"Expected {text or 'a ' + kind}")
        self.at += 1
        return token.text

    def word(self, text: str) -> bool:
        """Whether the next token is this word; it is then taken."""
        if self.peek()[:2] == ("name", text):
            self.at += 1
            return True
        return False

    # ---- conditions, loosest first ---------------------------------------------------------------------------

    def either(self, depth: int) -> Condition:
        if depth > _MOST_DEPTH:
            self.fault("It is nested too deeply")
        left = self.both(depth)
        while self.word("or"):
            right = self.both(depth)
            left = Condition(f"({left.sql} OR {right.sql})", left.values + right.values)
        return left

    def both(self, depth: int) -> Condition:
        left = self.single(depth)
        while self.word("and"):
            right = self.single(depth)
            left = Condition(f"({left.sql} AND {right.sql})", left.values + right.values)
        return left

    def single(self, depth: int) -> Condition:
        if depth > _MOST_DEPTH:
            self.fault("It is nested too deeply")
        if self.word("not"):
            inner = self.single(depth + 1)
            return Condition(f"(NOT {inner.sql})", inner.values)
        token = self.peek()
        if token[:2] == ("mark", "("):
            self.at += 1
            inner = self.either(depth + 1)
            self.take("mark", ")")
            return inner
        if token.kind in ("number", "text", "moment"):
            return self.turned()
        name = self.take("name")
        if name in ("true", "false") and self.peek().text not in _COMPARED:
            return Condition(str(int(name == "true")))
        if name in ("search.in", "search.ismatch", "search.ismatchscoring"):
            return self.function(name)
        if name.startswith(("geo.", "search.")):
            raise invalid(f"The function '{name}' is not served by the embedded index.")
        if name.endswith(("/any", "/all")) and self.peek()[:2] == ("mark", "("):
            return self.collection(name, depth)
        return self.comparison(name)

    def turned(self) -> Condition:
        """A constant in front: ``5 lt Rating``."""
        start = self.at
        self.at += 1
        operator = self.take("name")
        if operator not in _COMPARED:
            self.fault("Expected a comparison")
        name = self.take("name")
        stop = self.at
        middle = _Token("name", _TURNED.get(operator, operator), self.tokens[start + 1].at)
        self.tokens[start:stop] = [self.tokens[stop - 1], middle, self.tokens[start]]
        self.at = start + 1
        return self.comparison(name)

    def comparison(self, name: str) -> Condition:
        found, value = self.named(name)
        operator = self.peek().text if self.peek().kind == "name" else ""
        if operator not in _COMPARED:
            if found.item != "Edm.Boolean":
                self.fault("Expected a comparison")
            return Condition(f"COALESCE({value}, 0)")
        self.at += 1
        constant = self.constant(found)
        if constant is None and operator not in ("eq", "ne"):
            return Condition("0")
        return Condition(f"COALESCE({value} {_COMPARED[operator]} ?, 0)", (constant,))

    def named(self, name: str) -> tuple[Field, str]:
        """A field that holds one value, and SQL for it."""
        head, _, rest = name.partition("/")
        if name in self.ranges:
            one = self.ranges[name]
            if one.field.item == COMPLEX:
                self.fault(f"'{name}' is no single value")
            return one.field, _value(one.field, one.sql, "")
        if head in self.ranges:
            one = self.ranges[head]
            found = self.definition.at(f"{one.field.path}/{rest}")
            return self.usable(found), _value(found, one.sql, rest)
        found = self.usable(self.definition.at(name))
        parts = name.split("/")
        around = ["/".join(parts[:stop]) for stop in range(1, len(parts))]
        if any(self.definition.at(path).many for path in around):
            raise invalid(f"'{name}' lies in a collection: ask with any or all, as in 'items/any(i: i/name eq 1)'.")
        return found, _value(found, "d.body", name)

    def usable(self, found: Field) -> Field:
        if not found.filterable:
            raise invalid(
                f"Invalid expression: '{found.path}' is not a filterable field, so it cannot be used in a filter."
            )
        if found.many or found.item == COMPLEX or found.item == "Edm.GeographyPoint":
            raise invalid(f"Invalid expression: '{found.path}' of type '{found.type}' cannot be compared with a value.")
        return found

    def constant(self, found: Field) -> Any:
        """The value that *found* is compared with; SQLite's own form of it."""
        token = self.peek()
        self.at += 1
        if token[:2] == ("name", "null"):
            return None
        fits: Mapping[str, bool] = {
            "text": found.item == "Edm.String",
            "number": found.item in _NUMBERS,
            "moment": found.item == "Edm.DateTimeOffset",
            "name": found.item == "Edm.Boolean" and token.text in ("true", "false"),
        }
        if not fits.get(token.kind, False):
            self.at -= 1
            self.fault(f"'{found.path}' of type '{found.item}' cannot be compared with what stands")
        if token.kind == "text":
            return token.text.replace("''", "'")
        if token.kind == "moment":
            try:
                return microseconds(token.text)
            except ValueError:
                self.fault("There is no such moment")
        return int(token.text == "true") if token.kind == "name" else _number(token.text)

    # ---- collections and functions ---------------------------------------------------------------------------

    def collection(self, name: str, depth: int) -> Condition:
        path, _, quantifier = name.rpartition("/")
        found, source = self.gathered(path)
        self.take("mark", "(")
        if self.peek()[:2] == ("mark", ")"):
            self.at += 1
            if quantifier == "all":
                self.fault("all() needs a condition")
            return Condition(f"COALESCE(json_array_length({source}), 0) > 0")
        variable = self.take("name")
        if "/" in variable or variable in self.ranges:
            self.fault("Expected a name for the item")
        self.take("mark", ":")
        self.lambdas += 1
        alias = f"j{self.lambdas}"
        self.ranges[variable] = _Range(found, f"{alias}.value")
        inner = self.either(depth + 1)
        del self.ranges[variable]
        self.take("mark", ")")
        condition = inner.sql if quantifier == "any" else f"NOT {inner.sql}"
        exists = f"EXISTS (SELECT 1 FROM json_each({source}) AS {alias} WHERE {condition})"  # noqa: S608
        return Condition(f"({exists})" if quantifier == "any" else f"(NOT {exists})", inner.values)

    def gathered(self, path: str) -> tuple[Field, str]:
        """A collection, and SQL for its JSON."""
        head, _, rest = path.partition("/")
        one = self.ranges.get(head)
        found = self.definition.at(path if one is None else f"{one.field.path}/{rest}")
        if not found.many:
            self.fault(f"'{path}' is no collection")
        if found.item != COMPLEX and not found.filterable:
            raise invalid(f"Invalid expression: '{found.path}' is not a filterable field.")
        body, place = ("d.body", path) if one is None else (one.sql, rest)
        return found, f"json_extract({body}, '{json_path(place)}')"

    def function(self, name: str) -> Condition:
        self.take("mark", "(")
        if name == "search.in":
            found, value = self.named(self.take("name"))
            if found.item != "Edm.String":
                self.fault("search.in compares texts")
            self.take("mark", ",")
            listed = self.take("text").replace("''", "'")
            marks = " ,"
            if self.peek().text == ",":
                self.at += 1
                marks = self.take("text").replace("''", "'")
            self.take("mark", ")")
            values = tuple(filter(None, re.split(f"[{re.escape(marks)}]", listed))) if marks else (listed,)
            chosen = ", ".join("?" * len(values))
            return Condition(f"COALESCE({value} IN ({chosen}), 0)", values)
        query = self.take("text").replace("''", "'")
        fields = None
        if self.peek().text == ",":
            self.at += 1
            fields = self.take("text")
            while self.peek().text == ",":  # queryType and searchMode
                self.at += 1
                self.take("text")
        self.take("mark", ")")
        return self.found_by(query, fields)


def _number(text: str) -> int | float:
    return float(text) if set(text) & set(".eE") else int(text)
