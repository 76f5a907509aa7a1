"""Templates, forms and bodies: whatever a value holds, it stays one piece of the request, and comes back as it was."""

from __future__ import annotations

import json
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dfai_core.errors import ConfigError
from dfai_core.services.web.body import body_of
from dfai_core.services.web.recipe import made
from dfai_core.services.web.template import ascii_url, template_of
from dfai_core.services.web.values import Columns, text_of
from dfai_core.urls import origin_of
from dfai_core.whole import Whole

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
LITERAL = st.text("abcäß /-_.~{}%?&=", max_size=8)


def columns() -> Columns:
    return Columns(lambda name: name)


@settings(derandomize=True, max_examples=300)
@given(TEXT, TEXT)
@example("../admin", "a&b=c#d")
@example("\r\nHost: evil", "é ü")
def test_a_value_stays_one_piece_of_its_url(one: str, two: str) -> None:
    assume(one not in (".", ".."))
    assume(two not in (".", ".."))
    url = template_of("https://a.example/x/{one}/y?q={two}&z=1", columns()).filled((one, two))
    parts = urlsplit(url)

    assert url.isascii()
    assert url.isprintable()
    assert parts.netloc == "a.example"
    assert [unquote(piece) for piece in parts.path.split("/")] == ["", "x", one, "y"]
    assert parse_qsl(parts.query, keep_blank_values=True) == [("q", two), ("z", "1")]
    assert parts.fragment == ""
    assert Whole("GET", url).place.origin == "https://a.example:443"


@settings(derandomize=True, max_examples=200)
@given(TEXT)
def test_a_value_in_the_place_of_a_host_is_a_host_or_refused(value: str) -> None:
    template = template_of("https://{host}.example/x", columns())

    assert template.origin is None
    try:
        url = template.filled((value,))
        origin = Whole("GET", url).place.origin
    except ConfigError:
        return
    assert origin == f"https://{value.lower()}.example:443"


@settings(derandomize=True, max_examples=200)
@given(st.lists(st.tuples(LITERAL, st.sampled_from(["a", "b c", "ü"])), max_size=4), LITERAL)
def test_doubled_braces_are_braces_and_names_are_found_once(parts: list[tuple[str, str]], end: str) -> None:
    def doubled(text: str) -> str:
        return text.replace("{", "{{").replace("}", "}}")

    names = columns()
    url = "https://a.example/" + "".join(doubled(text) + "{" + name + "}" for text, name in parts) + doubled(end)
    template = template_of(url, names)
    filled = template.filled(tuple(f"<{name}>" for name in names.names))
    plain = "https://a.example/" + "".join(f"{text}<{name}>" for text, name in parts) + end

    assert sorted(map(str, names.names)) == sorted({name for _, name in parts})
    assert unquote(filled) == unquote(plain)
    assert not set("{}<> ") & set(filled)


@settings(derandomize=True, max_examples=200)
@given(st.from_regex(r"https?://[a-zéß0-9-]{1,10}(\.[a-zü]{1,5})?(:[0-9]{2,4})?(/[ -~äé€]{0,10}){0,3}", fullmatch=True))
def test_any_url_is_ascii_in_one_step(url: str) -> None:
    once = ascii_url(url)

    assert once.isascii()
    assert ascii_url(once) == once
    assert unquote(urlsplit(once).path) == unquote(urlsplit(url).path)


@settings(derandomize=True, max_examples=200)
@given(st.dictionaries(TEXT, st.one_of(TEXT, st.lists(TEXT, max_size=3), st.none(), st.integers()), max_size=4))
def test_parameters_and_forms_come_back_as_they_were(given_: dict[str, Any]) -> None:
    pairs = [
        (name, str(item))
        for name, value in given_.items()
        for item in (value if isinstance(value, list) else [value])
        if item is not None
    ]
    url = made("GET", "https://a.example/x?first=1#end", given_, {}, {}, ()).request({"User-Agent": "dfai"}).url
    form = body_of({"data": given_})

    assert parse_qsl(urlsplit(url).query, keep_blank_values=True) == [("first", "1"), *pairs]
    assert "#" not in url
    assert form.content is not None
    assert parse_qsl(form.content.decode(), keep_blank_values=True) == pairs


@settings(derandomize=True, max_examples=200)
@given(st.dictionaries(TEXT, TEXT, max_size=3), st.dictionaries(TEXT, st.binary(max_size=40), min_size=1, max_size=3))
@example({"a": "b"}, {'na"me\r\n': b"--\r\n"})
def test_multipart_forms_hold_what_was_given(fields: dict[str, str], files: dict[str, bytes]) -> None:
    body = body_of({"data": fields, "files": files})
    assert body.content is not None
    assert body.type is not None
    assert body == body_of({"data": fields, "files": files})  # the same request is the same bytes
    border = body.type.partition("boundary=")[2].encode()
    first, *parts, last = body.content.split(b"--" + border)
    contents = [part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for part in parts]

    assert (first, last) == (b"", b"--\r\n")
    assert contents == [*(value.encode() for value in fields.values()), *files.values()]
    assert all(part.partition(b"\r\n\r\n")[0].count(b"\r\n") <= 2 for part in parts)  # no header more than ours


def test_a_multipart_form_is_read_by_a_parser_of_others() -> None:
    body = body_of({"data": {"of": "é"}, "files": {"file": ["a b.png", b"\x00\xff", "image/png"]}})
    assert body.content is not None
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {body.type}\r\n\r\n".encode() + body.content)
    field, file = message.iter_parts()

    assert field.get_payload(decode=True) == "é".encode()
    assert (file.get_filename(), file.get_content_type()) == ("a b.png", "image/png")
    assert file.get_payload(decode=True) == b"\x00\xff"


@settings(derandomize=True, max_examples=200)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
        lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
        max_leaves=8,
    )
)
def test_json_is_what_it_was(value: Any) -> None:
    body = body_of({"json": value})
    assert body.content is not None

    assert json.loads(body.content) == value
    assert body.type == "application/json"


@settings(derandomize=True, max_examples=200)
@given(TEXT)
@example("fine\r\nX-Evil: 1")
def test_a_header_is_one_line_or_refused(value: str) -> None:
    headers = {"X-Value": value}
    if any(not " " <= sign <= "~" and sign != "\t" for sign in value):
        with pytest.raises(ConfigError, match="no HTTP header can carry") as caught:
            made("GET", "https://a.example/", {}, headers, {}, ())
        assert value not in str(caught.value)
        return
    whole = made("GET", "https://a.example/", {}, headers, {}, ())
    assert whole.request({"User-Agent": "dfai"}).headers["X-Value"] == value


@pytest.mark.parametrize("value", [".", ".."])
def test_dots_alone_are_refused(value: str) -> None:
    with pytest.raises(ConfigError, match="out of its place"):
        template_of("https://a.example/{v}/x", columns()).filled((value,))


@pytest.mark.parametrize("value", [b"bytes", {"a": 1}, [1], None, object()])
def test_what_has_no_form_as_text_is_refused_by_its_type_alone(value: Any) -> None:
    with pytest.raises(ConfigError, match="cannot stand in a URL"):
        text_of(value, "a URL")


def test_the_origin_is_known_where_no_value_reaches_into_it() -> None:
    cases = {
        "https://a.example/{v}": "https://a.example:443",
        "https://a.example:8443?q={v}": "https://a.example:8443",
        "https://a.example{v}/": None,
        "https://{v}.example/": None,
        "https://a.example:{v}/": None,
    }
    for url, origin in cases.items():
        assert template_of(url, columns()).origin == origin
    assert origin_of("https://a.example") == "https://a.example:443"
