"""Requests without an answer, in the Vision services' own codes."""

from __future__ import annotations

from dfai_engine import lacking
from dfai_engine.failures import ServiceFailure

__all__ = ["NOT_ACCESSIBLE", "not_an_image", "refused", "unavailable"]

NOT_ACCESSIBLE = "Image URL is not accessible."

# Source: ComputerVision.json of v3.2 names two outer codes for what a client did wrong; the recording of an
# inaccessible URL says InvalidArgument, answers about the picture itself say InvalidRequest.
_ARGUMENTS = frozenset(
    (
        *("BadArgument", "InvalidDetails", "InvalidImageUrl", "InvalidModel", "InvalidThumbnailSize"),
        *("NotSupportedFeature", "NotSupportedLanguage", "NotSupportedVisualFeature"),
        *("InvalidPageRange", "InvalidReadingOrder"),
    )
)


def refused(code: str, message: str, *, status: int = 400) -> ServiceFailure:
    """A failure with the particular *code*; the general one follows from it.

    >>> refused("InvalidImageUrl", NOT_ACCESSIBLE).code, refused("InvalidImageSize", "Too small.").code
    ('InvalidArgument', 'InvalidRequest')
    """
    outer = "InvalidArgument" if code in _ARGUMENTS else "InvalidRequest"
    return ServiceFailure(message, status=status, code=outer, inner_code=code)


def not_an_image(why: str = "") -> ServiceFailure:
    """The bytes are no picture that can be read."""
    return refused("InvalidImageFormat", f"Input data is not a valid image.{f' {why}' if why else ''}")


def unavailable(what: str) -> ServiceFailure:
    """Nothing of this can be answered on this machine, whatever the request."""
    return ServiceFailure(what, inner_code=lacking.CODE)
