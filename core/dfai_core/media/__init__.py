"""Images and sounds as inputs: what a row may hold, and how its bytes are had when its turn has come.

`columns.py` makes references of a column's values, `reading.py` makes contents of references (`files.py`, `web.py`,
`png.py`), `formats.py` says what a content is. When that happens is `dfai_core.fetching`'s.
"""

from __future__ import annotations

from dfai_core.media.columns import arrow_media, media_references, weight
from dfai_core.media.content import Content, Unread
from dfai_core.media.formats import IMAGE, SOUND, Format, Kind, Media, Room
from dfai_core.media.reading import Reader

__all__ = [
    "IMAGE",
    "SOUND",
    "Content",
    "Format",
    "Kind",
    "Media",
    "Reader",
    "Room",
    "Unread",
    "arrow_media",
    "media_references",
    "weight",
]
