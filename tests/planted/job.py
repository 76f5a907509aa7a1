"""A user's job with everything turned on that shows something; it runs by itself: ``python -m planted.job``.

Its arguments are the backend, the folder for all that it shows, and its plan: a JSON file, read and removed at once,
with the URL to ask and those keys that come neither from the environment nor from a file. Nothing is judged here.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import pickle
import pprint
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import httpx
import pytest

import dfai
from dfai._frame import FrameAI
from dfai_core import Call, Config, services
from dfai_core.errors import DfaiError
from dfai_core.secrets import Secret
from dfai_core.transports.httpx import HttpxTransport
from planted.libraries import Library, library

TEXTS = [f"text {place}" for place in range(40)]
ROW_FAILED = "bad"


def main(backend: str, folder: Path, plan: Path) -> None:
    told = json.loads(plan.read_text())
    plan.unlink()
    _tell_all()
    keys = dict(given(told))
    with library(backend, folder) as frames:
        for way, key in keys.items():
            with undisguised() if way == "undisguised" else contextlib.nullcontext():
                Story(way, told["url"], key, frames, folder).tell()
        frames.finish()
    _tell_all()


def given(told: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The ways in which a key is given; where it is sent along, it is gone here before a worker starts."""
    yield "env", dfai.env("PLANTED_ENV")
    yield "file", dfai.secret(f"file:{os.environ['PLANTED_FILE']}")
    os.environ["PLANTED_DRIVER"] = told["keys"]["driver"]
    yield "driver", dfai.env("PLANTED_DRIVER", read="driver")
    del os.environ["PLANTED_DRIVER"]
    yield "literal", told["keys"]["literal"]
    yield "undisguised", told["keys"]["undisguised"]


@contextlib.contextmanager
def undisguised() -> Iterator[None]:
    """Keys travel in plain text, so that wherever a call's bytes are shown, the key is found there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dfai_core.secrets._pad", lambda text: bytes(len(text)))
        yield


def _tell_all() -> None:
    """Everything that logs, logs all; everything that warns, warns each time."""
    warnings.simplefilter("always")
    logging.captureWarnings(True)
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, force=True)
    for name in ("aiohttp", "aiohttp.client", "asyncio", "distributed", "httpx", "httpcore", "py4j", "pyspark"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    for logger in list(logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            logger.setLevel(logging.DEBUG)
            logger.propagate = True
            logger.disabled = False


def httpx_transport() -> HttpxTransport:
    return HttpxTransport(httpx.AsyncHTTPTransport())


class Story:
    """One way of giving a key, from the objects that hold it to the errors of a target that refuses it."""

    def __init__(self, way: str, url: str, key: Any, frames: Library, folder: Path) -> None:
        self.way = way
        self.frames = frames
        self.url = f"{url}/{way}"
        self.key = key
        self.folder = folder

    def target(self, what: str) -> dfai.Target:
        return dfai.container(f"{self.url}/{what}", key=self.key)

    def tell(self) -> None:
        print(f"==== {self.frames.name}, {self.way}")
        target = self.target("good")
        with dfai.using(target=target, progress="off", attempts=2, store=str(self.folder / "store" / self.way)):
            frame = self.frames.build({"t": TEXTS})
            self.show_objects(target, frame)
            answered = frame.ai.key_phrases("t", language="en")
            self.frames.show(answered, self.way)
            found = self.frames.rows(answered, "key_phrases")
            assert sorted(map(str, found)) == sorted(str([text]) for text in TEXTS), found
            self.keep("frame", answered, required=self.frames.pickles)
            if self.frames.name == "pandas":  # the other library that may carry a key logs in its own way
                frame.ai.key_phrases("t", language="en", transport=httpx_transport, store=None)
        self.ask_anything("quoting")
        self.fail("quoting", on_error="raise")
        if self.frames.slow and self.way in ("env", "file", "literal"):
            return  # they differ in how the key comes, not in what a service answers
        self.ask_anything("any")
        self.fail("refused", on_error="column")
        self.fail("bad", on_error="column")
        if not self.frames.slow:
            self.fail("bad", on_error="raise")
            self.fail("absent", on_error="raise", target=dfai.container("http://127.0.0.1:9", key=self.key))

    def ask_anything(self, what: str) -> None:
        """The key in every place of a request that is written here, to a service that answers, or quotes it all."""
        print(f"-- http, {what}")
        for form in ("bearer", "basic", "header", "parameter"):
            for on_error in ("column",) if self.frames.slow else ("column", "raise"):
                try:
                    frame = self.frames.build({"t": TEXTS[:3]})
                    with dfai.using(on_error=on_error, attempts=1, progress="off"):
                        answered = self.asked(frame, f"{self.url}/{what}/{form}?t={{t}}", form)
                    self.keep(f"http-{form}", answered, required=False)
                    print(self.frames.rows(answered, "response_error_message"))
                except Exception as error:  # noqa: BLE001  whatever reaches a user is what is looked at
                    traceback.print_exception(error)
                    print("".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()))

    def asked(self, frame: Any, url: str, form: str) -> Any:
        # No variable of ours holds a key: they are shown with a traceback, as a user's own are.
        if form == "bearer":
            return frame.ai.http(url, auth=self.key)
        if form == "basic":
            return frame.ai.http(url, auth=("me", self.key))
        if form == "header":
            return frame.ai.http(url, headers={"X-Api-Key": self.key})
        return frame.ai.http(url, params={"api_key": self.key})

    def show_objects(self, target: dfai.Target, frame: Any) -> None:
        config = Config(target=target)
        call = Call(services()["key_phrases"], ("t",), "key_phrases", config=config).shipped()
        things = {
            "target": target,
            "azure": dfai.azure("westeurope", key=self.key),
            "route": dfai.route({"sentiment": target}, default=dfai.azure("westeurope", key=self.key)),
            "config": config,
            "settings": dfai.settings(),
            "call": call,
            "frame": frame,
            "accessor": frame.ai,
            "verbs": FrameAI(frame),
        }
        if isinstance(self.key, Secret):
            things["secret"] = self.key
        for name, thing in things.items():
            print(f"-- {name}")
            for show in SHOWS if name != "frame" else SHOWS[:3]:
                try:
                    print(show(thing))
                except (TypeError, AttributeError, ValueError) as error:  # not every object is shown in every way
                    print(type(error).__name__, error)
        for name in ("target", "azure", "route", "config", "call"):
            self.keep(name, things[name])

    def keep(self, name: str, thing: Any, *, required: bool = True) -> None:
        """Pickles *thing* as libraries would."""
        for how in (pickle, cloudpickle):
            path = self.folder / "pickles" / f"{self.way}-{name}.{how.__name__}"
            path.parent.mkdir(exist_ok=True)
            try:
                path.write_bytes(how.dumps(thing))
            except Exception as error:
                if required and how is cloudpickle:
                    raise
                traceback.print_exception(error)

    def fail(self, what: str, *, on_error: str, target: dfai.Target | None = None) -> None:
        """A call that goes wrong, and everything that tracebacks tell of it."""
        print(f"-- {what}, {on_error}")
        frame = self.frames.build({"t": TEXTS})
        settings = {"on_error": on_error, "attempts": 1, "progress": "off", "target": target or self.target(what)}
        try:
            answered = frame.ai.key_phrases("t", language="en", **settings)
            print(self.frames.rows(answered, "key_phrases_error_message")[:3])
        except Exception as error:  # noqa: BLE001  whatever reaches a user is what is looked at
            traceback.print_exception(error)
            print("".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()))
            print(repr(error), error.args, vars(error))
            if isinstance(error, DfaiError):
                self.keep(f"error-{what}", error)


SHOWS: list[Callable[[Any], Any]] = [
    repr,
    str,
    format,
    ascii,
    pprint.pformat,
    lambda thing: thing._repr_html_(),
    lambda thing: importlib.import_module("dataclasses").asdict(thing),
    lambda thing: json.dumps(thing, default=str),
    lambda thing: logging.getLogger("planted").debug("%s %r", thing, thing),
    lambda thing: [repr(getattr(thing, name)) for name in dir(thing) if not name.startswith("__")],
]


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
