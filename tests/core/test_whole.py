"""Whole requests: secrets stay sealed until they leave, and links lead on without what may not follow."""

from __future__ import annotations

import pickle

import pytest

from dfai_core.errors import ConfigError
from dfai_core.secrets import Secret, as_secret, env
from dfai_core.whole import Sealed, Whole

TOKEN = "planted-0123456789abcdef"


def sealed(**form: str) -> Sealed:
    secret = as_secret(TOKEN)
    assert isinstance(secret, Secret)
    return Sealed(secret, **form)


@pytest.fixture
def whole() -> Whole:
    headers: dict[str, str | Sealed] = {"Authorization": sealed(before="Bearer "), "Content-Type": "text/plain"}
    return Whole("POST", "https://a.example/x?b=1#end", headers, b"body", (("key", sealed()), ("b", sealed())))


def test_secrets_are_shown_nowhere(whole: Whole) -> None:
    assert TOKEN not in repr(whole)
    assert TOKEN not in repr(whole.place)
    assert TOKEN.encode() not in pickle.dumps(sealed())


def test_a_request_carries_its_opened_secrets(whole: Whole) -> None:
    assert whole.place.sealed == (sealed(before="Bearer "), sealed())
    request = whole.request({"0": f"Bearer {TOKEN}", "1": "a&b", "User-Agent": "dfai"})

    assert request.url == "https://a.example/x?b=1&key=a%26b"
    assert dict(request.headers) == {
        "Authorization": f"Bearer {TOKEN}",
        "Content-Type": "text/plain",
        "User-Agent": "dfai",
    }
    assert request.body == b"body"
    assert TOKEN not in repr(request.headers)


def test_a_users_own_name_is_the_only_one() -> None:
    request = Whole("GET", "https://a.example/", {"user-agent": "mine"}).request({"User-Agent": "dfai"})

    assert dict(request.headers) == {"user-agent": "mine"}


def test_a_link_is_asked_without_the_body(whole: Whole) -> None:
    follow = whole.following("https://a.example/jobs/7")

    assert (follow.method, follow.body, dict(follow.headers)) == (
        "GET",
        None,
        {"Authorization": sealed(before="Bearer ")},
    )
    assert follow.query == whole.query


def test_a_link_to_another_scheme_host_or_port_carries_no_secret(whole: Whole) -> None:
    for url in ("http://a.example/", "https://b.example/", "https://a.example:8443/"):
        follow = whole.following(url)

        assert follow.place.sealed == ()
        assert dict(follow.headers) == {}


def test_limits_belong_to_the_place_and_to_whose_key_it_is() -> None:
    one = Whole("GET", "https://a.example/1", {"K": Sealed(env("ONE"))})

    assert one.place == Whole("GET", "https://A.EXAMPLE:443/2", {"K": Sealed(env("ONE"))}).place
    assert one.place != Whole("GET", "https://a.example/1", {"K": Sealed(env("TWO"))}).place
    assert one.place != Whole("GET", "https://a.example/1").place


@pytest.mark.parametrize("url", ["http://a.example/", "http://10.0.0.7/"])
def test_a_secret_without_tls_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="unprotected"):
        Whole("GET", url, {"K": sealed()})


@pytest.mark.parametrize(
    "url", ["", "/path", "ftp://a/", "https://a b/", "https://u:p@a/", "https://a%2Fb/", "http://é/"]
)
def test_what_is_no_url_is_not_quoted(url: str) -> None:
    with pytest.raises(ConfigError, match="no http or https URL") as caught:
        Whole("GET", url)

    assert not url or url not in str(caught.value)
