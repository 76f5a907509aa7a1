"""What the engine sees in pictures, how well it reads, and how fast: every figure of docs/models-vision.md.

    taskset -c 0 python -m benchmarks.quality_vision --pictures FOLDER --pictures FOLDER

Without folders: the pictures of the tests. Printed text whose wording is known stands in ``data/vision_print.tsv``;
more is drawn on the spot. Parts whose data or fonts are not here say so and are left out.
"""

from __future__ import annotations

import argparse
import functools
import io
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from benchmarks.edits import edits
from benchmarks.table import Table, publish
from dfai_engine.vision import adult, captions, classifier, colors, crops, detector, image_type, ocr, pictures, seen
from dfai_engine.vision.limits import LIMITS
from dfai_engine.vision.pictures import Picture, Pixels

__all__ = ["error_rate", "main"]

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent / "tests" / "engine" / "vision" / "media"
PRINT = HERE / "data" / "vision_print.tsv"
SUFFIXES = {".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tiff"}
PROSE = (
    "The quick brown fox jumps over the lazy dog while seventeen small boats sail slowly past the old harbour wall, "
    "and the keeper of the lighthouse counts them one by one before the evening bell rings across the bay. Invoice "
    "4711 of 26 November 2026: 12 lamps at $18.40 each, less 5 % for payment within 10 days, makes $209.76 in all."
)
LANGUAGES = {
    "German": ["Zwölf Boxkämpfer jagen Viktor quer über", "den großen Sylter Deich."],
    "French": ["Portez ce vieux whisky au juge blond", "qui fume, là-bas, près de l'église."],
    "Spanish": ["El pingüino Wenceslao hizo kilómetros", "bajo exhaustiva lluvia; ¿qué soñó?"],
    "Polish": ["Pchnąć w tę łódź jeża lub ośm", "skrzyń fig, proszę."],
    "Czech": ["Příliš žluťoučký kůň úpěl", "ďábelské ódy."],
    "Hungarian": ["Árvíztűrő tükörfúrógép és", "jó foxim, don Quijote."],
    "Romanian": ["Muzicologă în bej vând whisky", "și tequila, preț fix."],
    "Portuguese": ["Luís argüia à Júlia que brações,", "fé, chá e óxido eram palavras."],
    "Italian": ["Pranzo d'acqua fa volti sghembi,", "perché così è più buono."],
    "Swedish": ["Flygande bäckasiner söka hwila", "på mjuka tuvor."],
    "Danish": ["Høj bly gom vandt fræk sexquiz", "på wc ved åen."],
    "Turkish": ["Pijamalı hasta yağız şoföre", "çabucak güvendi."],
}


@dataclass(frozen=True, slots=True)
class Read:
    """How one page was read."""

    name: str
    lines: int
    letters: int
    wrong: int
    cpu_ms: float

    @property
    def row(self) -> list[Any]:
        return [self.name, self.lines, self.letters, self.wrong, f"{100 * self.wrong / self.letters:.2f}", self.cpu_ms]


def error_rate(wanted: Sequence[str], found: Sequence[str]) -> int:
    """Wrong letters: each wanted line against the nearest of the found ones, which then is taken."""
    left = list(found)
    wrong = 0
    for line in wanted:
        if not left:
            wrong += len(line)
            continue
        distances = [edits(line, each) for each in left]
        nearest = int(np.argmin(distances))
        wrong += min(distances[nearest], len(line))
        left.pop(nearest)
    return wrong


def read(name: str, pixels: Pixels, wanted: Sequence[str]) -> Read:
    """One page, read twice: the second time counts."""
    ocr.read(pixels)
    text, cpu_ms = timed(lambda: ocr.read(pixels))
    found = [" ".join(line.text.split()) for line in text.lines]
    return Read(name, len(wanted), sum(map(len, wanted)), error_rate(wanted, found), cpu_ms)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What it gives, and the processor's milliseconds."""
    begun = time.process_time()
    given = work()
    return given, (time.process_time() - begun) * 1_000


def page(lines: Sequence[str], size: int, *, font: Any = None, ground: int = 255, ink: int = 0) -> Image.Image:
    """A page of these lines."""
    letters = font or ImageFont.load_default(size)
    wide = max(int(letters.getlength(line)) for line in lines) + 4 * size
    image = Image.new("RGB", (max(60, wide), int((len(lines) + 2) * size * 1.5)), (ground,) * 3)
    draw = ImageDraw.Draw(image)
    for place, line in enumerate(lines):
        draw.text((2 * size, (place + 1) * size * 1.5), line, fill=(ink,) * 3, font=letters)
    return image


def wrapped(text: str, letters: int) -> list[str]:
    """The text in lines of so many letters at most."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= letters:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def printed(folders: Sequence[Path]) -> Table:
    """Letters wrong in known print: files, then drawn pages, easy and hard."""
    rows = [line.split("\t") for line in PRINT.read_text("utf-8").splitlines()[1:]]
    reads = []
    for name in dict.fromkeys(file for file, _ in rows):
        path = next((folder / name for folder in folders if (folder / name).exists()), None)
        if path is None:
            print(f"Known print: {name} is in none of the folders.", file=sys.stderr)
            continue
        reads.append(read(name, loaded(path).pixels, [line for file, line in rows if file == name]))
    lines = wrapped(PROSE, 60)
    dice = np.random.default_rng(1)
    clean = page(lines, 24)
    noisy = np.clip(np.asarray(clean, np.float64) + dice.normal(0, 40, np.asarray(clean).shape), 0, 255)
    rough = io.BytesIO()
    clean.save(rough, "JPEG", quality=15)
    made: dict[str, Any] = {
        "drawn, 24 px": clean,
        "drawn, 12 px": page(lines, 12),
        "drawn, 10 px": page(lines, 10),
        "drawn, grey on grey": page(lines, 24, ground=150, ink=90),
        "drawn, white on black": page(lines, 24, ground=0, ink=255),
        "drawn, noise of 40 levels": Image.fromarray(noisy.astype(np.uint8)),
        "drawn, JPEG of quality 15": Image.open(rough),
        "drawn, blurred by 1.5 px": clean.filter(ImageFilter.GaussianBlur(1.5)),
        "drawn, turned by 8 degrees": clean.rotate(
            8, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC
        ),
        "drawn, on its side": clean.rotate(90, expand=True),
        "drawn, on its head": clean.rotate(180),
        "A4 at 200 dots an inch, 10 point": page(wrapped(" ".join([PROSE] * 4), 90), 28),
    }
    reads += [read(name, np.asarray(image.convert("RGB")), lines) for name, image in list(made.items())[:-1]]
    name, image = list(made.items())[-1]
    reads.append(read(name, np.asarray(image), wrapped(" ".join([PROSE] * 4), 90)))
    reads += languages()
    head = ["picture", "lines", "letters", "wrong", "CER %", "CPU ms"]
    return Table("Printed text: letters wrong", head, [each.row for each in reads])


def languages() -> list[Read]:
    """Sentences of other languages, in a font that has their letters."""
    try:
        import matplotlib as mpl
    except ImportError:
        print("Languages: matplotlib, whose font is used, is not here.", file=sys.stderr)
        return []
    font = ImageFont.truetype(str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), 26)
    return [read(name, np.asarray(page(lines, 26, font=font)), lines) for name, lines in LANGUAGES.items()]


def loaded(path: Path) -> Picture:
    """A picture as the engine takes it in."""
    return pictures.read(path.read_bytes(), LIMITS["wide"].analysis)


def seen_in(folders: Sequence[Path]) -> Table:
    """What each photograph was said to show."""
    rows = []
    for path in sorted(path for folder in folders for path in folder.iterdir() if path.suffix.lower() in SUFFIXES):
        look = seen.Seen(loaded(path))
        objects = ", ".join(f"{each.name} {each.confidence:.2f}" for each in look.objects) or "-"
        words = ", ".join(f"{tag.name} {tag.confidence:.2f}" for tag in look.tags[:5]) or "-"
        said = captions.caption(look.objects, look.tags)
        score = float(adult.scores([look.picture.pixels])[0])
        people = str(len(look.people))
        rows.append([path.name, objects, people, words, f"{said.text} ({said.confidence:.2f})", f"{score:.4f}"])
    head = ["picture", "objects", "people from .30", "tags", "caption", "adult score"]
    return Table("What is seen", head, rows)


def alike(folders: Sequence[Path]) -> Table:
    """How near the vectors of one picture's variants are, and those of different pictures."""
    paths = sorted(path for folder in folders for path in folder.glob("*.jpg"))[:12]
    images = [Image.fromarray(loaded(path).pixels) for path in paths]
    changes: Mapping[str, Callable[[Image.Image], Image.Image]] = {
        "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "the middle 80 %": lambda image: image.crop(
            (image.width // 10, image.height // 10, image.width * 9 // 10, image.height * 9 // 10)
        ),
        "a quarter of the size": lambda image: image.resize((image.width // 4, image.height // 4)),
        "half as bright": lambda image: image.point(lambda level: level // 2),
        "turned by 8 degrees": lambda image: image.rotate(8),
    }
    plain = classifier.embed([np.asarray(image) for image in images])
    rows: list[list[Any]] = []
    for name, change in changes.items():
        varied = classifier.embed([np.asarray(change(image)) for image in images])
        near = (plain * varied).sum(axis=1)
        rows.append([name, len(images), float(near.min()), float(np.median(near)), float(near.max())])
    others = (plain @ plain.T)[np.triu_indices(len(images), 1)]
    rows.append(["different pictures", len(others), *(float(part(others)) for part in (np.min, np.median, np.max))])
    return Table("Likeness (dot products of vectors)", ["pair", "pairs", "least", "median", "most"], rows)


def speed(folders: Sequence[Path]) -> Table:
    """Processor milliseconds a picture, warm, and how long the first one takes."""
    photo = loaded(next(folder / "object_coffee.jpg" for folder in folders if (folder / "object_coffee.jpg").exists()))
    five = loaded(next(folder / "printed_text.png" for folder in folders if (folder / "printed_text.png").exists()))
    data = next(folder / "object_coffee.jpg" for folder in folders if (folder / "object_coffee.jpg").exists())
    works: Mapping[str, Callable[[], Any]] = {
        "decoding (JPEG, 600 by 400)": functools.partial(pictures.read, data.read_bytes(), LIMITS["wide"].analysis),
        "read_text, five lines (720 by 290)": lambda: ocr.read(five.pixels),
        "classes and vector": lambda: classifier.look([photo.pixels]),
        "objects": lambda: detector.detect([photo.pixels]),
        "tags (classes and objects)": lambda: seen.Seen(photo).tags,
        "adult score": lambda: adult.scores([photo.pixels]),
        "colours": lambda: colors.colors_of(photo.pixels),
        "image type": lambda: image_type.type_of(photo.pixels),
        "smart crop, objects known": lambda: crops.window(photo.pixels, 1.0, []),
        "thumbnail, smart": lambda: crops.thumbnail(photo.pixels, 100, 100, smart=True),
    }
    rows: list[list[Any]] = []
    for name, work in works.items():
        begun = time.perf_counter()
        work()
        first_ms = (time.perf_counter() - begun) * 1_000
        times = [timed(work)[1] for _ in range(9)]
        rows.append([name, min(times), statistics.median(times), first_ms])
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    note = f"Peak memory of this process, all models loaded: {held:,.0f} MB."
    return Table("Speed, one thread", ["what", "least CPU ms", "median CPU ms", "first call, ms"], rows, note)


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, action="append", default=[], help="a folder; may be given again")
    parser.add_argument("--only", choices=["speed", "print", "seen", "alike"])
    options = parser.parse_args()
    folders = options.pictures or [TESTS]
    folders += [] if TESTS in folders or any((each / "object_coffee.jpg").exists() for each in folders) else [TESTS]
    parts: dict[str, Callable[[Sequence[Path]], Table]] = {
        "speed": speed,
        "print": printed,
        "seen": seen_in,
        "alike": alike,
    }
    tables = {name: part(folders) for name, part in parts.items() if options.only in (None, name)}
    publish("quality_vision", list(tables.values()), {name: table.rows for name, table in tables.items()})


if __name__ == "__main__":
    main()
