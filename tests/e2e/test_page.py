"""The page at ``/`` of a server, in a real browser, on the real engine: what people see, and what it never does."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import wave
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import dfai
from dfai_engine.page.serving import FILES
from engine.server import serving

playwright = pytest.importorskip("playwright.sync_api", reason="the dev extra brings playwright")
CHROMIUM = os.environ.get("DFAI_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt install chromium")

KEY = "open sesame"
ANSWERED = ".answer .took, .answer .told"
# A name that another site's owner would let lead to this machine.
REBOUND = "rebound.example"


@dataclass
class Visit:
    """A page that is being looked at, and what it has done so far."""

    page: Any
    base: str
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)

    def note(self, request: Any) -> None:
        """A request that the page makes."""
        self.sent.append(request)
        if not request.url.startswith((f"{self.base}/", "blob:", "about:")):
            self.elsewhere.append(request.url)

    def to(self, service: str) -> None:
        """Opens the page afresh at a service, and waits until it knows what the server has."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.base}/#{service}")
        self.page.locator("#server:not(:empty)").wait_for(state="attached")

    def click(self, name: str) -> None:
        """A button, by its whole name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def answer(self) -> str:
        """What stands in the answer, once there is one."""
        self.page.locator(ANSWERED).first.wait_for(timeout=120_000)
        return str(self.page.locator(".answer").inner_text())

    def failures_expected(self) -> None:
        """A browser reports each refused request as an error of its own."""
        self.complaints[:] = [one for one in self.complaints if not one.startswith("Failed to load resource")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1",
            ],
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(data=tmp_path_factory.mktemp("data")) as address:
        yield address


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[[str], Visit]]:
    """Opens pages, each in a session of its own, and holds them to what the page promises."""
    made: list[Visit] = []
    with contextlib.ExitStack() as opened:

        def begin(base: str, **options: Any) -> Visit:
            context = opened.enter_context(contextlib.closing(browser.new_context(**options)))
            one = Visit(context.new_page(), base)
            one.page.on("console", lambda said: said.type == "error" and one.complaints.append(said.text))
            one.page.on("pageerror", lambda fault: one.complaints.append(str(fault)))
            one.page.on("request", one.note)
            made.append(one)
            return one

        yield begin
        complaints = [complaint for one in made for complaint in one.complaints]
        elsewhere = [address for one in made for address in one.elsewhere]

    # Violations of the policy are errors of the console, too.
    assert complaints == []
    assert elsewhere == []


# ---- one click to an answer ------------------------------------------------------------------------------------------


def test_a_sample_text_is_coloured_and_its_line_of_python_gives_the_same(
    visit: Callable[[str], Visit], url: str
) -> None:
    seen = visit(url)
    seen.to("sentiment")
    seen.click("A hotel review")
    said = seen.answer()
    verdict = seen.page.locator(".verdict").inner_text()
    coloured = seen.page.locator(".sentence").evaluate_all("all => all.map((one) => one.className)")
    targets = seen.page.locator(".target").all_inner_texts()
    code = seen.page.get_by_role("tabpanel").inner_text()
    lines = code.splitlines()
    names: dict[str, Any] = {"pd": pd, "dfai": dfai}
    # Its settings hold for this test alone.
    with dfai.using(target=dfai.container(url)):
        exec("\n".join(line for line in lines[:-1] if not line.startswith("dfai.configure")), names)
        answered = eval(lines[-1], names)

    assert f'dfai.configure(target=dfai.container("{url}"))' in lines
    assert coloured == ["sentence positive", "sentence negative", "sentence neutral"]
    assert {"room", "staff"} <= set(targets)
    assert "What is judged" in said
    assert verdict.lower() == answered["sentiment"][0] == "mixed"


def test_a_text_is_shown_as_text_whatever_stands_in_it(visit: Callable[[str], Visit], url: str) -> None:
    text = "<b>Maria</b> & \u202ePaul\u202c \U0001f600 live in Paris: maria@example.com"
    seen = visit(url)
    seen.to("redact_pii")
    seen.page.get_by_label("Text", exact=True).fill(text)
    seen.page.keyboard.press("Control+Enter")
    seen.answer()
    marked = seen.page.locator(".marked").inner_text()

    assert "<b>" in marked
    assert marked.rstrip().endswith("Email")  # where the address stood, emoji or not
    assert "maria@example.com" not in marked


def test_a_drawn_picture_gets_boxes_and_its_text_is_read(visit: Callable[[str], Visit], url: str) -> None:
    seen = visit(url, viewport={"width": 390, "height": 844})
    seen.to("analyze_image")
    seen.click("A drawn street")
    seen.answer()
    labels = seen.page.locator(".box .label").all_inner_texts()
    frame, picture = (seen.page.locator(place).first.bounding_box() for place in (".box", ".canvas img"))
    seen.page.locator("#picker").select_option("read_text")
    # Another service asks about the picture that is there.
    seen.page.locator(".lines").wait_for(timeout=120_000)
    lines = seen.page.locator(".lines li span:first-child").all_inner_texts()

    assert any(label.startswith("stop sign") for label in labels)
    assert picture["x"] <= frame["x"] <= picture["x"] + picture["width"] / 4
    assert "CORNER BAKERY" in lines
    # Nothing stands out of a telephone's screen.
    assert seen.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_series_is_drawn_with_its_band_and_told_point_by_point(visit: Callable[[str], Visit], url: str) -> None:
    seen = visit(url)
    seen.to("detect_anomalies")
    seen.click("Requests an hour")
    said = seen.answer()
    seen.page.locator(".chart").focus()
    seen.page.keyboard.press("ArrowRight")
    told = seen.page.locator(".readout").inner_text()
    numbers = "Tag;Wert\n" + "\n".join(f"2026-03-{day:02};{day % 7},5" for day in range(1, 29))
    seen.page.locator("#series").fill(numbers)
    seen.click("Run")
    seen.page.get_by_text("28 points").first.wait_for()

    assert "240 points, a period of 24 points, 4 anomalies" in said
    assert seen.page.locator(".chart .band").count() == 1
    assert told.startswith("2026-06-01 00:00: ")
    assert 'sep=";", decimal=",", parse_dates=["Tag"]' in seen.page.get_by_role("tabpanel").inner_text()


def test_a_text_is_read_aloud_and_the_sound_understood(visit: Callable[[str], Visit], url: str) -> None:
    seen = visit(url)
    seen.to("transcribe")
    seen.click("An announcement")
    said = seen.answer()
    times = seen.page.locator(".word").evaluate_all("all => all.map((one) => one.title)")

    assert "ticket until the end of the journey" in said
    assert len(times) > 15
    assert all(re.match(r"\d:\d\d\.\d: play from here", one) for one in times)


def test_what_the_microphone_hears_is_sent_as_wav(visit: Callable[[str], Visit], url: str) -> None:
    seen = visit(url)
    # What a page sends of a file no tool of the browser shows: what it plays is the same.
    seen.page.add_init_script(
        "const make = URL.createObjectURL;"
        "URL.createObjectURL = (blob) => { window.heard = blob; return make.call(URL, blob); }"
    )
    seen.to("transcribe")
    seen.click("Record")
    # The browser's false microphone beeps: long enough for a sound is a second of its clock.
    seen.page.get_by_role("button", name=re.compile(r"Stop 0:01\.")).wait_for()
    seen.page.get_by_role("button", name=re.compile("Stop")).click()
    seen.answer()
    body = seen.page.evaluate("async () => Array.from(new Uint8Array(await window.heard.arrayBuffer()))")

    assert "recorded.wav" in seen.page.locator(".about").inner_text()
    with wave.open(io.BytesIO(bytes(body))) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (16_000, 1, 2)
        assert sound.getnframes() > 8_000


# ---- what is in the way ----------------------------------------------------------------------------------------------


def test_a_key_is_asked_for_sent_in_the_header_and_kept_nowhere(visit: Callable[[str], Visit]) -> None:
    with serving(key=KEY) as address:
        seen = visit(address)
        seen.page.goto(f"{address}/#detect_language")
        field = seen.page.get_by_label("Key", exact=True)
        field.fill("guess")
        seen.click("Use it")
        refused = seen.page.locator("#key-wrong:not(:empty)")
        refused.wait_for()
        said = refused.inner_text()
        field.fill(KEY)
        seen.click("Use it")
        seen.page.get_by_role("dialog").wait_for(state="hidden")
        seen.click("A German note")
        answer = seen.answer()
        kept = seen.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
        asked = [one for one in seen.sent if ":analyze-text" in one.url]
        code = seen.page.get_by_role("tabpanel").inner_text()
    seen.failures_expected()

    assert "refuses this key" in said
    assert "German" in answer
    assert kept == '[{},{},""]'
    assert {one.headers["ocp-apim-subscription-key"] for one in asked} == {KEY}
    assert KEY not in code


def test_what_is_not_there_is_grey_and_says_how_to_get_it(
    visit: Callable[[str], Visit], url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DFAI_MODELS", str(tmp_path))
    seen = visit(url)
    seen.to("detect_faces")
    note = seen.page.get_by_role("note").inner_text()
    grey = seen.page.locator("nav a.off").all_inner_texts()

    assert "dfai models pull face" in note
    assert "Find faces" in grey
    assert "Anomalies" not in grey
    assert seen.page.locator(".work").evaluate("one => one.inert") is True


def test_what_cannot_be_answered_is_said_in_a_sentence(visit: Callable[[str], Visit], url: str) -> None:
    seen = visit(url)
    seen.to("sentiment")
    seen.click("Run")
    nothing = seen.answer()
    seen.page.get_by_label("Text", exact=True).fill("x" * 5_200)
    seen.click("Run")
    seen.page.get_by_text("5,120 text elements").wait_for(timeout=120_000)
    seen.to("analyze_image")
    broken = {"name": "broken.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + bytes(2_000)}
    seen.page.locator("input[type=file]").set_input_files(broken)
    unreadable = seen.answer()
    seen.page.route("**/imageanalysis:analyze*", lambda route: route.fulfill(status=500, body="<html>"))
    seen.click("Run")
    seen.page.get_by_text("answered with 500 and no reason").wait_for()
    seen.page.unroute("**/imageanalysis:analyze*")
    seen.page.route("**/imageanalysis:analyze*", lambda route: route.abort())
    seen.click("Run")
    seen.page.get_by_text("Is dfai serve still running?").wait_for()
    seen.failures_expected()

    assert "There is no text yet" in nothing
    assert "not a valid image" in unreadable
    assert "HTTP 400" in unreadable


def test_a_picture_that_a_service_does_not_take_is_made_into_one_and_that_is_said(
    visit: Callable[[str], Visit], url: str, tmp_path: Path
) -> None:
    from PIL import Image

    large, other = tmp_path / "large.bmp", tmp_path / "small.webp"
    picture = Image.effect_noise((1_400, 1_200), 40).convert("RGB")
    picture.save(large)  # 5 MB; Computer Vision 3.2 takes 4
    picture.resize((200, 200)).save(other)
    seen = visit(url)
    seen.to("moderate_image")
    seen.page.locator("input[type=file]").set_input_files(large)
    said = seen.answer()
    seen.page.locator("input[type=file]").set_input_files(other)
    seen.page.get_by_text("Sent as JPEG: this service does not take WEBP.").wait_for()

    assert "Made smaller for this service, which takes 4.2 MB" in said
    assert "Not flagged" in said


# ---- other sites -----------------------------------------------------------------------------------------------------


def test_a_name_that_was_made_to_lead_here_gets_nothing(browser: Any, url: str) -> None:
    port = url.rpartition(":")[2]
    with contextlib.closing(browser.new_context()) as context:
        page = context.new_page()
        document = page.goto(f"http://{REBOUND}:{port}/")
        said = page.locator("body").inner_text()
        read = page.evaluate("async () => (await fetch('/indexes?api-version=2024-07-01')).status")

    assert document.status == 403
    assert "does not know itself as rebound.example" in said
    assert read == 403


def test_the_wheel_carries_the_page(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {f"dfai_engine/page/files/{path.name}" for path in FILES.iterdir()} <= names
    assert "dfai_engine/page/files/index.html" in names
