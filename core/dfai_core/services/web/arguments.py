"""A verb's arguments as parts of a request: each looked at once, before any row is."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dfai_core.by_column import Col
from dfai_core.errors import ConfigError
from dfai_core.secrets import Secret, as_secret
from dfai_core.services.web.body import body_of, pairs_of
from dfai_core.services.web.recipe import Recipe
from dfai_core.services.web.template import Template, ascii_url, template_of
from dfai_core.services.web.values import Columns, takes, text_of
from dfai_core.urls import origin_of, refuse_open_way
from dfai_core.whole import Sealed, check_headers

__all__ = [
    "body_given",
    "check_literals",
    "headers_of",
    "mapping_of",
    "masked",
    "method_of",
    "origins_of",
    "sealed_values",
    "url_of",
    "with_hidden_keys",
    "with_safe_secrets",
]

# Headers and parameters that are credentials by their names, when they are written down instead of referred to.
_TELLING = frozenset({"authorization", "cookie", "key", "apikey", "secret", "token", "password", "signature", "sig"})


def method_of(method: Any) -> str:
    if not isinstance(method, str) or not method.isalpha() or not method.isascii():
        raise ConfigError(f"method={method!r}: expected a method of HTTP, such as 'GET' or 'POST'.")
    return method.upper()


def url_of(url: Any, columns: Columns, known: Sequence[Hashable]) -> Template:
    """A string that is the name of a column is that column; any other is a template."""
    if isinstance(url, Col):
        return Template((columns.taken(url.name, required=True),), whole=True)
    if url in known or not isinstance(url, str) or not ("{" in url or "://" in url):
        return Template((columns.taken(url, required=True),), whole=True)  # or there is no such column
    return template_of(url, columns)


def mapping_of(name: str, given: Any) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
        raise ConfigError(f"{name}= takes a mapping of names to values.")
    return dict(given)


def sealed_values(given: Mapping[str, Any], place: str) -> dict[str, Any]:
    """*given* with its secrets sealed: a secret, or a text and the secret behind it, ``("Token ", dfai.env("T"))``."""
    return {name: _sealed(name, value, place) for name, value in given.items()}


def _sealed(name: str, value: Any, place: str) -> Any:
    if isinstance(value, str) and _telling(name):
        return Sealed(_secret(value, f"{place}=: {name}"))
    if isinstance(value, Secret):
        return Sealed(value.shipped())
    if isinstance(value, (tuple, list)) and len(value) == 2 and isinstance(value[1], Secret):
        if not isinstance(value[0], str):
            raise ConfigError(f"{place}=: before a secret there may stand a text, not a {type(value[0]).__name__}.")
        return Sealed(value[1].shipped(), value[0])
    _no_secret(value, place)
    return value


def masked(auth: Any, headers: Any, params: Any) -> tuple[Any, Any, Any]:
    """The same, with every credential that was written down out of sight."""
    if isinstance(auth, str):
        auth = _secret(auth, "auth=")
    elif isinstance(auth, (tuple, list)) and len(auth) == 2:
        auth = (auth[0], _secret(auth[1], "auth="))
    return (
        auth,
        sealed_values(mapping_of("headers", headers), "headers"),
        sealed_values(mapping_of("params", params), "params"),
    )


def headers_of(headers: Any, auth: Any) -> dict[str, Any]:
    made = sealed_values(mapping_of("headers", headers), "headers")
    if auth is not None:
        if any(name.lower() == "authorization" for name in made):
            raise ConfigError("auth= and a header Authorization say the same thing twice.")
        made["Authorization"] = _authorization(auth)
    return made


def _telling(name: str) -> bool:
    return not _TELLING.isdisjoint(re.findall(r"[a-z]+", name.lower()))


def with_hidden_keys(name: str, value: Any) -> Any:
    """*value* of the argument *name*, with the keys that are written down in it as secrets, which no repr shows.

    >>> with_hidden_keys("auth", ("me", "hush")), with_hidden_keys("headers", {"X-Api-Key": "hush", "Accept": "*/*"})
    (('me', Secret(reference='a literal key')), {'X-Api-Key': Secret(reference='a literal key'), 'Accept': '*/*'})
    """
    if name == "auth" and isinstance(value, (tuple, list)) and len(value) == 2 and isinstance(value[1], str):
        return value[0], as_secret(value[1])
    if name == "auth" and isinstance(value, str):
        return as_secret(value)
    if name in ("headers", "params") and isinstance(value, Mapping):
        return {
            key: as_secret(text) if isinstance(text, str) and _telling(key) else text for key, text in value.items()
        }
    return value


def _authorization(auth: Any) -> Sealed:
    if isinstance(auth, (tuple, list)):
        if len(auth) != 2 or not isinstance(auth[0], str) or ":" in auth[0]:
            raise ConfigError('auth= takes a token, or a user and a password: ("me", dfai.env("PASSWORD")).')
        return Sealed(_secret(auth[1], "auth="), user=auth[0])
    return Sealed(_secret(auth, "auth="), before="Bearer ")


def _secret(value: Any, place: str) -> Secret:
    if not isinstance(value, (str, Secret)):
        raise ConfigError(f'{place} takes a secret such as dfai.env("NAME"), not a {type(value).__name__}.')
    found = as_secret(value)
    assert found is not None
    return found.shipped()


def body_given(given: dict[str, Any]) -> dict[str, Any]:
    for name, value in given.items():
        _no_secret(value, name)
    if given.keys() - {"data", "files"} and len(given) > 1:
        raise ConfigError(f"a request has one body: {' or '.join(f'{name}=' for name in given)}.")
    for name in given.keys() & {"data", "files"}:
        if not isinstance(given[name], Mapping):
            raise ConfigError(f"{name}= takes a mapping of names to values; a body as it stands goes into content=.")
    if "content" in given and not isinstance(given["content"], (str, bytes, Col)):
        raise ConfigError('content= takes text, bytes, or dfai.col("name").')
    return given


def _no_secret(value: Any, place: str) -> None:
    if isinstance(value, Mapping):
        for item in value.values():
            _no_secret(item, place)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _no_secret(item, place)
    elif isinstance(value, Secret):
        raise ConfigError(f"a secret stands in headers=, params= or auth=, by itself; not inside {place}=.")


def origins_of(given: Any) -> tuple[str, ...]:
    found = [given] if isinstance(given, str) else list(given)
    read = [origin_of(ascii_url(url)) if isinstance(url, str) else None for url in found]
    if None in read:
        raise ConfigError(f'origins={given!r}: expected places such as "https://api.example".')
    return tuple(origin for origin in read if origin is not None)


def check_literals(recipe: Recipe) -> None:
    """What is the same for all rows is looked at once, before any of them is."""
    literal = {name: value for name, value in recipe.params.items() if not takes(value)}
    list(pairs_of({name: value for name, value in literal.items() if not isinstance(value, Sealed)}, "a URL"))
    headers = {name: value for name, value in recipe.headers.items() if not takes(value) and value is not None}
    check_headers({n: v if isinstance(v, Sealed) else text_of(v, "a header") for n, v in headers.items()})
    if not takes(recipe.body):
        body_of(recipe.body)


def with_safe_secrets(recipe: Recipe, *, by_function: bool) -> Recipe:
    """*recipe*, whose secrets go to places that the user wrote down, and under TLS."""
    if not any(isinstance(value, Sealed) for value in (*recipe.params.values(), *recipe.headers.values())):
        return recipe
    named_here = recipe.url.origin if recipe.url is not None else None
    places = recipe.origins or ((named_here,) if named_here else ())
    if not places:
        raise ConfigError(
            "a secret would go to whatever host a row names. Write the host into the url, as in "
            '"https://api.example/{path}", or say which may be asked: origins=["https://api.example"].'
        )
    for place in places:
        refuse_open_way(place)
    return replace(recipe, origins=places) if by_function else recipe  # a function may write any url
