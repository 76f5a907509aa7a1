"""The page's files over HTTP: what a browser may do with them, how long it keeps them, who sees what instead."""

from __future__ import annotations

import re

import pytest

from dfai_engine.app import App, create_app
from dfai_engine.page.serving import FILES
from engine.wire import ask

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def served() -> App:
    return create_app(page=True)


def test_a_browser_gets_a_page_that_may_ask_this_server_alone(served: App) -> None:
    answer = ask(served, "GET", "/", headers=HTML)
    policy = answer.headers["content-security-policy"]

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_page_is_asked_for_again_and_its_files_are_kept_for_good(served: App) -> None:
    page = ask(served, "GET", "/", headers=HTML)
    again = ask(served, "GET", "/", headers={**HTML, "if-none-match": page.headers["etag"]})
    names = re.findall(r'(?:href|src)="(page/[^"]+)"', page.text)
    files = {name: ask(served, "GET", f"/{name}") for name in names}

    assert page.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert {answer.status_code for answer in files.values()} == {200}
    assert all("immutable" in answer.headers["cache-control"] for answer in files.values())
    assert len(names) > 8


def test_every_file_that_a_file_names_is_there() -> None:
    there = {path.name for path in FILES.iterdir()}
    named = {
        name for path in FILES.glob("*.js") for name in re.findall(r'from "\./([\w.-]+)"', path.read_text("utf-8"))
    }

    assert named
    assert named <= there


def test_no_file_names_another_host_or_writes_markup() -> None:
    # Names of vocabularies are not asked for.
    vocabularies = ("http://www.w3.org/",)
    for path in FILES.iterdir():
        text = path.read_text("utf-8")
        addresses = [one for one in re.findall(r"https?://[^\s\"'<>`)]+", text) if not one.startswith(vocabularies)]

        assert addresses == [], path.name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text), path.name
        assert path.suffix != ".html" or not re.search(r"<style|\sstyle=|\son\w+=", text), path.name


def test_programs_that_ask_for_no_page_are_told_where_to_look(served: App) -> None:
    answer = ask(served, "GET", "/", headers={"accept": "*/*"})

    assert answer.json()["service"] == "dfai-engine"
    assert "/swagger" in answer.json()["message"]
    assert answer.headers["vary"] == "Accept"


def test_with_a_key_the_page_is_open_and_says_that_it_needs_one() -> None:
    guarded = create_app(page=True, key="open sesame")
    page = ask(guarded, "GET", "/", headers=HTML)
    services = ask(guarded, "GET", "/services")

    assert 'name="dfai-key" content="needed"' in page.text
    assert services.status_code == 401


def test_in_process_there_is_no_page() -> None:
    assert ask(create_app(), "GET", "/", headers=HTML).status_code == 404
