"""A reference's content: read in a thread or over the web, measured, and looked at."""

from __future__ import annotations

import asyncio
import os
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import numpy as np

from dfai_core.loop import after_fork
from dfai_core.media.columns import Bytes, Pixels, Reference
from dfai_core.media.content import Content, Unread, digest_of
from dfai_core.media.files import read_file, scheme_of
from dfai_core.media.formats import Conversion, Format, Kind, Room
from dfai_core.media.png import png_of
from dfai_core.media.samples import Samples
from dfai_core.media.sound import Sampled, mono
from dfai_core.media.wav import wav_of

__all__ = ["Reader"]

T = TypeVar("T")
_Found = Content | Callable[[], Content]
"""A content, or what makes one by computing."""
# Reading waits more than it computes; blocked threads of a slow disk should leave some for others.
_THREADS = 16
# To convert is to compute, and takes the memory of what was and of what becomes of it.
_CONVERTERS = min(4, os.cpu_count() or 1)
_MOST_TRIES = 3
_FIRST_WAIT_S = 0.5
# What is smaller is hashed where it is: handing it to a thread and back takes as long.
_SMALL_BYTES = 65_536
_LONGEST_PATH_BYTES = 1_000


class Reader:
    """Reads the references of one call's documents. Used on the loop's thread.

    Parameters
    ----------
    kind, room
        What a content must be, and how large it may be.
    timeout_s
        How long one reading may take in all.
    allow_private
        Whether URLs may lead to this machine and to private networks.
    tries
        How often a host or a store that does not answer is asked, three times at most.
    convert
        What is made of each content.
    """

    __slots__ = ("_allow_private", "_convert", "_kind", "_room", "_timeout_s", "_tries")

    def __init__(
        self,
        kind: Kind,
        room: Room,
        *,
        timeout_s: float,
        allow_private: bool,
        tries: int = _MOST_TRIES,
        convert: Conversion | None = None,
    ) -> None:
        self._kind = kind
        self._convert = convert
        self._room = room
        self._timeout_s = timeout_s
        self._tries = min(tries, _MOST_TRIES)
        self._allow_private = allow_private

    async def read(self, reference: Reference, fetch: str, rate_hz: int | None = None) -> Content | str:
        """The content behind *reference*; with *fetch* "service" a web URL stays what it is.

        *rate_hz* is that of samples that do not say it themselves.

        Raises
        ------
        Unread
            With the row's code.
        """
        remote = isinstance(reference, str) and scheme_of(reference) in ("http", "https")
        if remote and fetch == "service":
            return str(reference)
        try:
            async with asyncio.timeout(self._timeout_s):
                found = await self._patiently(reference, remote, rate_hz)
        except TimeoutError:
            raise Unread("timeout", f"it could not be read within {self._timeout_s:g} s", retryable=True) from None
        # To convert is no waiting for others: how long it may take, a conversion's own limits say.
        return await _in_thread(_called, found) if callable(found) else found

    async def _patiently(self, reference: Reference, remote: bool, rate_hz: int | None) -> _Found:
        for tried in range(1, self._tries + 1):
            try:
                return await self._once(reference, remote, rate_hz)
            except Unread as error:
                if error.code == "too_large" and not error.message:
                    raise self._too_large() from None
                if not error.retryable or tried == self._tries:
                    raise
            await asyncio.sleep(_FIRST_WAIT_S * 2.0 ** (tried - 1) * (0.5 + random.random()))
        raise AssertionError

    async def _once(self, reference: Reference, remote: bool, rate_hz: int | None) -> _Found:
        if not remote:
            return await _in_thread(partial(self._held, rate_hz=rate_hz), reference)
        from dfai_core.media.web import read_url  # brings the HTTP library

        data = await read_url(str(reference), self._room.max_bytes, allow_private=self._allow_private)
        return self._content(data) if len(data) < _SMALL_BYTES else await _in_thread(self._content, data)

    def _held(self, reference: Reference, rate_hz: int | None) -> _Found:
        """The content of what is no web URL. It blocks."""
        if isinstance(reference, Pixels):
            return self._drawn(reference)
        if isinstance(reference, Samples):
            return self._sampled(reference, rate_hz)
        if isinstance(reference, Bytes):
            return self._content(reference.data())
        return self._content(read_file(reference, self._room.max_bytes))

    def _drawn(self, pixels: Pixels) -> Content:
        if "PNG" not in self._room.formats:
            raise Unread("unsupported", f"pixels are not {self._kind.name}; served are {self._taken()}")
        if not pixels.height or not pixels.width:
            raise Unread("empty", "no pixels: nothing was sent")
        array = pixels.array()
        data = png_of(array)
        if len(data) > self._room.max_bytes:
            raise self._too_large()
        # By its pixels: what zlib makes of them may differ from one release to the next.
        shape = f"pixels {pixels.height} {pixels.width} {pixels.channels} ".encode()
        return Content(data, digest_of(shape, array.data), "image/png")

    def _sampled(self, samples: Samples, rate_hz: int | None) -> _Found:
        rate_hz = samples.rate_hz or rate_hz
        if rate_hz is None:
            raise Unread("unsupported", "samples need their rate: rate_hz=16_000, or a column of rates (dfai.col)")
        array = samples.array()
        if array.nbytes > self._room.max_bytes:
            raise self._too_large()
        # By its samples: what is made of them may differ from one release of a library to the next.
        shape = f"samples {array.dtype} {array.shape[1]} {rate_hz} ".encode()
        flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
        if self._convert is None:
            data, length_s = wav_of(mono(array), rate_hz), len(array) / rate_hz
            return Content(data, digest_of(shape, flat), "audio/wav", length_s)
        return partial(self._converted, Sampled(array, rate_hz), None, shape, flat)

    def _converted(self, given: bytes | Sampled, form: Format | None, *named: bytes | memoryview) -> Content:
        assert self._convert is not None
        with _converters:
            data, type, duration_s = self._convert(given, form)
        return Content(data, digest_of(self._convert.name.encode(), *named), type, duration_s)

    def _content(self, data: bytes) -> _Found:
        if not data:
            raise Unread("empty", "no bytes: nothing was sent")
        if len(data) > self._room.max_bytes:
            raise self._too_large()
        form = self._kind.format_of(data)
        if form is None:
            hint = "; they look like a text: give paths as text (in SQL: path => …)" if _is_text(data) else ""
            raise Unread("unreadable", f"not {self._kind.name}: its bytes begin as none of {self._taken()} does{hint}")
        if form.name not in self._room.formats:
            raise Unread("unsupported", f"{form.name} is not served; served are {self._taken()}")
        if self._convert is None:
            return Content(data, digest_of(data), form.type)
        return partial(self._converted, data, form, data)  # by what was given, for the same reason as with samples

    def _taken(self) -> str:
        return ", ".join(form.name for form in self._kind.formats if form.name in self._room.formats)

    def _too_large(self) -> Unread:
        return Unread("too_large", f"more than {self._room.max_bytes:,} bytes ({self._room.source}): nothing was sent")


def _is_text(data: bytes) -> bool:
    """Whether these are the bytes of a path or a URL, as far as can be told."""
    return len(data) < _LONGEST_PATH_BYTES and data.isascii() and data.decode().isprintable()


def _called(make: Callable[[], Content]) -> Content:
    return make()


_converters = threading.BoundedSemaphore(_CONVERTERS)
_pool: ThreadPoolExecutor | None = None
# A child has none of its parent's threads.
_inherited: list[ThreadPoolExecutor | None] = []


async def _in_thread(function: Callable[[Any], T], argument: Any) -> T:
    global _pool
    if _pool is None:
        _pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="dfai-reader")
    return await asyncio.get_running_loop().run_in_executor(_pool, function, argument)


def _forget() -> None:
    global _pool, _converters
    _inherited.append(_pool)
    _pool, _converters = None, threading.BoundedSemaphore(_CONVERTERS)


after_fork(_forget)
