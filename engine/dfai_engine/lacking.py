"""What an answer needs and this machine lacks, packages or weights: a sentence for the client, not a fault of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dfai_engine.failures import ServiceFailure
from dfai_engine.weights import ModelMissing

__all__ = ["CODE", "all_here"]

CODE = "FeatureNotAvailable"  # no other request would fare better


@contextmanager
def all_here(what: str, extra: str, refused: Callable[[str], ServiceFailure]) -> Iterator[None]:
    """A block whose packages or weights may not be here.

    Parameters
    ----------
    what
        Who needs the packages, as a sentence begins.
    extra
        The extra of dfai that brings them.
    refused
        Makes the family's own failure of the sentence.

    Raises
    ------
    ServiceFailure
        Something is lacking.
    """
    try:
        yield
    except ModelMissing as missing:
        raise refused(str(missing)) from missing
    except ImportError as missing:
        raise refused(
            f'{what} needs packages that are not here ({missing.name}). pip install "dfai[{extra}]"'
        ) from missing
