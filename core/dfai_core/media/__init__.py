"""Images and sounds as inputs: what a row may hold, and how its bytes are had when its turn has come.

`columns.py` makes references of a column's values (`samples.py`), `reading.py` makes contents of references
(`files.py`, `web.py`, `png.py`, `sound.py`, `wav.py`), `formats.py` says what a content is. When that happens is
`dfai_core.fetching`'s.
"""

from __future__ import annotations

from dfai_core.media.columns import arrow_media, media_references, weight
from dfai_core.media.content import Content, Unread
from dfai_core.media.formats import IMAGE, SOUND, Conversion, Converted, Format, Kind, Media, Room
from dfai_core.media.reading import Reader
from dfai_core.media.samples import read_rate
from dfai_core.media.sound import AsItIs, AsWav, Sampled, as_wav

__all__ = [
    "IMAGE",
    "SOUND",
    "AsItIs",
    "AsWav",
    "Content",
    "Conversion",
    "Converted",
    "Format",
    "Kind",
    "Media",
    "Reader",
    "Room",
    "Sampled",
    "Unread",
    "arrow_media",
    "as_wav",
    "media_references",
    "read_rate",
    "weight",
]
