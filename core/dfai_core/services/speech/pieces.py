"""A sound that is too long for one request: its pieces, asked one after another."""

from __future__ import annotations

from collections import OrderedDict

from dfai_core.media import Content
from dfai_core.media.silences import next_cut, piece_of
from dfai_core.media.wav import wav_in

__all__ = ["Pieces"]

_REMEMBERED = 1_000


class Pieces:
    """The pieces of the sounds of one call. Each is found when its turn comes, and then known.

    Parameters
    ----------
    most_s
        As much goes into one request.
    look_s
        So much of a piece's end is searched for a silence.
    """

    __slots__ = ("_known", "_look_s", "_most_s")

    def __init__(self, most_s: float, look_s: float) -> None:
        self._most_s = most_s
        self._look_s = look_s
        # By the sound's hash, not the sound: its bytes go when its row has ended.
        self._known: OrderedDict[bytes, list[int]] = OrderedDict()

    def has(self, sound: Content, number: int) -> bool:
        """Whether there is a piece *number*, from 0."""
        if not self._is_long(sound):
            return number == 0
        cuts = self._cuts(sound)
        while len(cuts) <= number + 1:
            cut = next_cut(sound.data, cuts[-1], most_s=self._most_s, look_s=self._look_s)
            if cut is None:
                return False
            cuts.append(cut)
        return True

    def count(self, sound: Content) -> int:
        """How many there are."""
        number = 1
        while self.has(sound, number):
            number += 1
        return number

    def starts_s(self, sound: Content) -> list[float]:
        """When each piece begins."""
        if not self._is_long(sound):
            return [0.0]
        rate_hz = wav_in(sound.data).rate_hz
        return [self._cuts(sound)[number] / rate_hz for number in range(self.count(sound))]

    def piece(self, sound: Content, number: int) -> bytes:
        """The file of piece *number*, which is there."""
        if not self._is_long(sound):
            return sound.data
        self.has(sound, number)
        cuts = self._cuts(sound)
        return piece_of(sound.data, cuts[number], cuts[number + 1])

    def _is_long(self, sound: Content) -> bool:
        # One whose length nobody knows is a file that was not looked into.
        return sound.duration_s is not None and sound.duration_s > self._most_s

    def _cuts(self, sound: Content) -> list[int]:
        """Where pieces begin and end, as far as that is known."""
        known = self._known.setdefault(sound.digest, [0])
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return known
