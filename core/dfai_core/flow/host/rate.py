"""What a target bears, learned by all processes of a host together: towards it they are one client."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from typing import TypeVar

from dfai_core.flow.adaptive import LearnedRate
from dfai_core.flow.host.files import closed, opened

__all__ = ["HostRate"]

T = TypeVar("T")

_RECORD = struct.Struct("<Qd11d")  # its number, when it was written, the fields of LearnedRate
_STATE = attrgetter(*[field.name for field in fields(LearnedRate)])
_SUM = struct.Struct("<I")
_WHOLE_BYTES = _RECORD.size + _SUM.size
_COPIES = (64, 192)  # behind the number of the newest record
_SIZE_BYTES = 320
# A process that read the clock before another wrote is no earlier start of the machine.
_CLOCK_SLACK_S = 60.0
# What nobody used for so long may have changed: it is learned anew.
_FORGOTTEN_AFTER_S = 300.0
# While nothing is learned, sendings are counted here first: the others know of them this much later.
_SAY_EVERY_S = 0.05


class HostRate:
    """A `LearnedRate` that all processes of the host share that open *path*.

    The record stands in the file twice, each copy with its number and its checksum; the older one is overwritten.
    A process killed while it writes leaves the other copy whole. A file that holds neither, one written before the
    machine was started, or one that nobody used for five minutes begins anew.

    While nothing is learned, a request costs a look at the newest record's number and an addition.
    """

    def __init__(self, path: Path) -> None:
        self._key, self._file = opened(path)
        with self._file.record_locked():
            self._memory = self._file.mapped(_SIZE_BYTES)
            self._newest = memoryview(self._memory).cast("Q")
        self._seen = -1  # the number of the record that is unpacked here
        self._rate = LearnedRate()
        self._written_at = -math.inf
        self._learned = False
        self._sent = 0  # sendings that the others do not know of yet
        self._say_at = -math.inf

    def is_free(self, now: float) -> bool:
        """As `LearnedRate.is_free`."""
        if self._newest[0] == self._seen and not self._learned:
            return True
        self._look(now)
        return self._rate.is_free(now)

    def reserve(self, now: float, rate_per_s: float | None = None) -> float:
        """As `LearnedRate.reserve`."""
        if self._learned or rate_per_s is not None or self._newest[0] != self._seen or now >= self._say_at:
            return self._change(now, lambda rate: rate.reserve(now, rate_per_s))
        self._sent += 1
        return 0.0

    def refused(self, now: float, *, sent_at: float, retry_after_s: float | None, draw: float) -> None:
        """As `LearnedRate.refused`."""
        self._change(now, lambda rate: rate.refused(now, sent_at=sent_at, retry_after_s=retry_after_s, draw=draw))

    def heard(self, now: float, *, sent_at: float, pause_s: float, per_s: float) -> None:
        """As `LearnedRate.heard`; once for all processes of the host, whichever of them are told."""
        self._change(now, lambda rate: rate.heard(now, sent_at=sent_at, pause_s=pause_s, per_s=per_s))

    def pause(self, now: float, until: float) -> None:
        """As `LearnedRate.pause`."""
        self._change(now, lambda rate: rate.pause(until))

    @property
    def paused_until(self) -> float:
        """When the target may be asked again."""
        if self._newest[0] != self._seen:  # just written, so it cannot be too old
            self._note(*self._read())
        return self._rate.paused_until

    def learned(self, now: float) -> LearnedRate:
        """What is known as of *now*. Takes no lock: of a copy half written the checksum is wrong."""
        self._look(now)
        return self._rate

    def close(self) -> None:
        """Ends the use of the file."""
        self._newest.release()
        closed(self._key, self._file)

    def _look(self, now: float) -> None:
        """Unpacks the newest record where it is another than the last; forgets it where it is too old by now."""
        if self._newest[0] != self._seen:
            self._note(*self._read())
        if not self._is_fresh(self._written_at, now):
            self._note(self._seen, self._written_at, LearnedRate())

    def _note(self, number: int, written_at: float, rate: LearnedRate) -> None:
        self._seen, self._written_at, self._rate = number, written_at, rate
        self._learned = rate.peak_per_s < math.inf or rate.paused_until > -math.inf

    def _change(self, now: float, change: Callable[[LearnedRate], T]) -> T:
        with self._file.record_locked():
            number, written_at, rate = self._read()
            if not self._is_fresh(written_at, now):
                rate = LearnedRate()
            if self._sent:
                rate.count(now, self._sent)
            result = change(rate)
            number += 1
            record = _RECORD.pack(number, now, *_STATE(rate))
            start = _COPIES[number % 2]
            self._memory[start : start + _WHOLE_BYTES] = record + _SUM.pack(zlib.crc32(record))
            self._newest[0] = number
        self._sent, self._say_at = 0, now + _SAY_EVERY_S
        self._note(number, now, rate)
        return result

    def _read(self) -> tuple[int, float, LearnedRate]:
        """The newer copy: its number, when it was written, and what it says."""
        newest, at, rate = 0, -math.inf, LearnedRate()
        for start in _COPIES:
            record = self._memory[start : start + _RECORD.size]
            number, written_at, *state = _RECORD.unpack(record)
            (checksum,) = _SUM.unpack_from(self._memory, start + _RECORD.size)
            if number > newest and checksum == zlib.crc32(record):
                newest, at, rate = number, written_at, LearnedRate(*state)
        return newest, at, rate

    @staticmethod
    def _is_fresh(written_at: float, now: float) -> bool:
        """Whether a record still counts. The clock begins anew when the machine does."""
        return now - _FORGOTTEN_AFTER_S <= written_at <= now + _CLOCK_SLACK_S
