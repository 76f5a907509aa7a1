"""What the models' classes are called, and what is a kind of what. Our own words, in ``labels/``."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

__all__ = ["Label", "classes", "objects"]

FOLDER = resources.files("dfai_engine.vision").joinpath("labels")


@dataclass(frozen=True, slots=True)
class Label:
    """A class: its name, and the kinds it is of, from the nearest to the widest."""

    name: str
    kinds: tuple[str, ...] = ()


@functools.cache
def classes() -> tuple[Label, ...]:
    """The thousand classes of ImageNet, in the order of the classifier's output.

    >>> classes()[281]
    Label(name='tabby cat', kinds=('cat', 'mammal', 'animal'))
    """
    return tuple(_label(*line.split("\t")) for line in _lines("imagenet.tsv"))


@functools.cache
def objects() -> Mapping[int, Label]:
    """The eighty classes of COCO, by the detector's number.

    >>> objects()[47]
    Label(name='cup', kinds=('tableware',))
    """
    rows = (line.split("\t") for line in _lines("coco.tsv"))
    return {int(number): _label(name, kinds) for number, name, kinds in rows}


def _lines(name: str) -> list[str]:
    return FOLDER.joinpath(name).read_text("utf-8").splitlines()


def _label(name: str, kinds: str) -> Label:
    return Label(name, tuple(kind for kind in kinds.split("|") if kind))
