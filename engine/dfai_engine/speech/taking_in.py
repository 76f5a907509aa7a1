"""A sound taken in and heard, for the routes: decoded and searched for speech in a thread, then waited for.

What it takes is counted at the desk until the answer is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dfai_engine.speech import hearing, wire
from dfai_engine.speech.hearing import Heard, Steps, Wanted
from dfai_engine.speech.limits import Accepted
from dfai_engine.speech.wire import Desk, refused

if TYPE_CHECKING:
    from dfai_engine.speech.samples import Sound
    from dfai_engine.speech.whisper import Piece

__all__ = ["decoded", "hear"]

_CODES = {"empty": "EmptyAudioFile", "channels": "InvalidChannels", "too long": "AudioLengthLimitExceeded"}


async def hear(
    desk: Desk, data: bytes, accepted: Accepted, wanted: Wanted, channels: Sequence[int] | None = None
) -> Heard:
    """What is said in a file.

    Raises
    ------
    ServiceFailure
        It is no sound, or too long; or what is needed to hear it is not here.
    """

    def begin() -> tuple[Steps, list[Piece] | Heard, int]:
        sound = decoded(data, accepted, channels)
        steps = hearing.listen(sound, wanted)
        try:
            return steps, next(steps), sound.samples.nbytes
        except StopIteration as end:
            return steps, end.value, 0

    steps, begun, size = await desk.threads.run(wire.answering, begin)
    with desk.holding(size), wire.all_here():
        return begun if isinstance(begun, Heard) else await hearing.heard_soon(steps, begun)


def decoded(data: bytes, accepted: Accepted, channels: Sequence[int] | None) -> Sound:
    """The sound that a file holds.

    Raises
    ------
    ServiceFailure
        It is none, or too long.
    """
    from dfai_engine.speech import sounds

    try:
        return sounds.read(data, max_seconds=accepted.max_seconds, channels=channels)
    except sounds.NotASound as fault:
        raise refused(_CODES.get(fault.reason, "InvalidAudio"), str(fault)) from None
