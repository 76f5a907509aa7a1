"""What bytes are, told from how they begin; and what a service takes of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

__all__ = ["IMAGE", "SOUND", "Conversion", "Converted", "Format", "Kind", "Media", "Room"]


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: its bytes begin with one of *marks*, each a piece and where it stands."""

    name: str
    type: str  # its media type
    marks: tuple[tuple[tuple[int, bytes], ...], ...]

    def fits(self, data: bytes) -> bool:
        """Whether *data* begins as this format does."""
        return any(all(data.startswith(piece, at) for at, piece in mark) for mark in self.marks)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of content: what messages call one, and the formats by which it is known."""

    name: str  # with its article: "an image"
    remedy: str  # what a column may hold
    formats: tuple[Format, ...]
    samples: bool = False  # numbers in a row are samples, not pixels
    guess_bytes: int = 500_000  # what one weighs, before any has been read

    def format_of(self, data: bytes) -> Format | None:
        """The format of *data*, None where it is none of these."""
        return next((known for known in self.formats if known.fits(data)), None)


@dataclass(frozen=True, slots=True)
class Room:
    """What a service takes: bytes of one content, and formats by name. *source* says where the numbers come from."""

    max_bytes: int
    formats: Collection[str]
    source: str


class Converted(NamedTuple):
    """What is sent in the place of what was given."""

    data: bytes
    type: str  # its media type
    duration_s: float | None = None


class Conversion(Protocol):
    """What is made of a content before it is sent: done where contents are read, in threads, never on the loop."""

    @property
    def name(self) -> str:
        """What it makes: part of a content's hash."""

    def __call__(self, given: Any, form: Format | None, /) -> Converted:
        """What is sent for *given*: a file's bytes, and its *form*; or `Sampled`. Raises Unread."""


@dataclass(frozen=True, slots=True)
class Media:
    """That a service's inputs are contents of a *kind*, and the *room* it has for them at one api-version and target.

    *convert* gives what is made of each content, None for nothing. The room is for what is read, not for what is made
    of it. It travels to workers, so *room* and *convert* are functions of a module. They are given the call's `Wiring`:
    services are told in terms of this, not this in terms of them.
    """

    kind: Kind
    room: Callable[[Any], Room]
    convert: Callable[[Any], Conversion | None] | None = None


def _begins(*marks: bytes) -> tuple[tuple[tuple[int, bytes], ...], ...]:
    return tuple(((0, mark),) for mark in marks)


def _brands(*brands: bytes) -> tuple[tuple[tuple[int, bytes], ...], ...]:
    """Files of the ISO base media format (ISO/IEC 14496-12) that name one of *brands*."""
    return tuple(((4, b"ftyp"), (8, brand)) for brand in brands)


# Sources of the marks: each format's own specification (JFIF, PNG, GIF89a, BMP, TIFF 6.0, RFC 9649 for WebP, ICO, ISO
# 32000 for PDF, ISO/IEC 23008-12 for HEIF). An MPO is a JPEG with more behind it. The last ones are images that no
# service takes: to say so is better than to call them no images.
IMAGE = Kind(
    "an image",
    "bytes, a path or URL, a PIL image, or a uint8 array of height × width (× 3 or 4)",
    (
        Format("JPEG", "image/jpeg", _begins(b"\xff\xd8\xff")),
        Format("PNG", "image/png", _begins(b"\x89PNG\r\n\x1a\n")),
        Format("GIF", "image/gif", _begins(b"GIF87a", b"GIF89a")),
        Format("BMP", "image/bmp", _begins(b"BM")),
        Format("WEBP", "image/webp", (((0, b"RIFF"), (8, b"WEBP")),)),
        Format("TIFF", "image/tiff", _begins(b"II*\x00", b"MM\x00*")),
        Format("ICO", "image/x-icon", _begins(b"\x00\x00\x01\x00")),
        Format("PDF", "application/pdf", _begins(b"%PDF-")),
        Format("HEIC", "image/heic", _brands(b"heic", b"heix", b"mif1", b"msf1", b"hevc")),
        Format("AVIF", "image/avif", _brands(b"avif", b"avis")),
        Format("JPEG XL", "image/jxl", _begins(b"\xff\x0a", b"\x00\x00\x00\x0cJXL ")),
        Format("JPEG 2000", "image/jp2", _begins(b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51")),
        Format("PSD", "image/vnd.adobe.photoshop", _begins(b"8BPS")),
        Format("SVG", "image/svg+xml", _begins(b"<svg")),
    ),
)

# The second byte of a frame of layer III: of MPEG 1, 2 and 2.5, each with a checksum and without.
_LAYER_3 = (0xFA, 0xFB, 0xF2, 0xF3, 0xE2, 0xE3)

# Sources of the marks: RIFF WAVE, RFC 3533 for Ogg, ID3v2, ISO/IEC 11172-3 and 13818-3 for MP3, RFC 9639 for FLAC,
# ISO/IEC 13818-7 for AAC, the register of MP4's brands, Matroska for WebM, RFC 4867 for AMR.
SOUND = Kind(
    "a sound",
    "bytes, a path or URL, or samples (an array or a list, with rate_hz=…)",
    (
        Format("WAV", "audio/wav", (((0, b"RIFF"), (8, b"WAVE")),)),
        Format("OGG", "audio/ogg", _begins(b"OggS")),
        Format("MP3", "audio/mpeg", _begins(b"ID3", *(b"\xff" + bytes([second]) for second in _LAYER_3))),
        Format("FLAC", "audio/flac", _begins(b"fLaC")),
        Format("AAC", "audio/aac", _begins(b"\xff\xf1", b"\xff\xf9")),
        Format("M4A", "audio/mp4", _brands(*(b"M4A ", b"M4B ", b"mp41", b"mp42", b"isom", b"iso2", b"iso5", b"3gp4"))),
        Format("WEBM", "audio/webm", _begins(b"\x1a\x45\xdf\xa3")),
        Format("AMR", "audio/amr", _begins(b"#!AMR")),
    ),
    samples=True,
    guess_bytes=32_000_000,  # an hour's recording may come first
)
