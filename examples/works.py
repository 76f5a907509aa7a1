"""A small museum: pictures that are free to use or drawn here, and a table of works as a museum would keep it."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import pandas as pd
from PIL import Image, ImageDraw, ImageFilter, ImageFont

__all__ = ["works"]

# Pictures that scikit-image brings along, all free to use; what a catalogue would say of them.
_PHOTOGRAPHS = [
    ("coffee", "Coffee at a Window", "Photograph", "A morning still life."),
    ("chelsea", "Chelsea", "Photograph", "Portrait of a tabby."),
    ("astronaut", "Portrait of an Astronaut", "Photograph", "In a flight suit, before a flag and a model shuttle."),
    ("rocket", "Lift-off", "Photograph", "A launch at dusk."),
    ("camera", "The Cameraman", "Photograph", "A man at his tripod, in winter."),
    ("coins", "Coins from Pompeii", "Metalwork", "A tray of Greek coins."),
    ("motorcycle", "Garage", "Photograph", "Where a machine rests."),
    ("hubble", "Deep Field", "Photograph", "Galaxies, most of them very old."),
]
# Posters: what they say is found by reading them, not by their catalogue.
_POSTERS = [
    (
        "Exhibition Poster I",
        ("MUSEUM OF GLASS", "Blown, cast and cut", "May to September"),
        (26, 71, 111),
        (240, 225, 190),
    ),
    ("Exhibition Poster II", ("THE ART OF TEA", "Bowls and whisks", "Autumn 1931"), (140, 40, 30), (245, 235, 220)),
    ("Concert Poster", ("NOCTURNES", "for piano and rain", "Sunday at eight"), (20, 20, 30), (230, 200, 120)),
    ("Travel Poster", ("NIGHT TRAIN", "to the glass lakes", "Platform 4"), (30, 90, 70), (250, 240, 200)),
]
_VESSELS = [
    ("Footed Bowl", "Glass, blown", "Venetian", (60, 130, 190)),
    ("Goblet", "Glass, cut and gilt", "Bohemian", (170, 40, 60)),
    ("Flask", "Glass, mould-blown", "Roman", (70, 150, 110)),
    ("Vase with Two Handles", "Terracotta", "Greek", (190, 100, 60)),
]
_SIZE = (640, 480)


def works(folder: Path) -> pd.DataFrame:
    """The museum's table; the pictures are written into *folder*.

    Returns
    -------
    One row a work: ObjectID (string), Title, Medium, Culture, Note (strings), path (string).
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, title, medium, note in _PHOTOGRAPHS:
        picture = _photograph(name)
        if picture is not None:
            rows.append((title, medium, "", note, picture, name))
    rows += [
        (title, "Lithograph", "", "", _poster(lines, ground, ink), f"poster{number}")
        for number, (title, lines, ground, ink) in enumerate(_POSTERS)
    ]
    for title, medium, culture, colour in _VESSELS:
        rows.append((title, medium, culture, "", _vessel(title, colour), title.split()[0].lower()))
    for number in range(4):
        rows.append((f"Composition {number + 1}", "Oil on canvas", "Dutch", "", _composition(number), f"oil{number}"))
    table = []
    for number, (title, medium, culture, note, picture, name) in enumerate(rows):
        path = folder / f"{name}.jpg"
        picture.convert("RGB").save(path, quality=92)
        table.append((f"M{number + 1:03}", title, medium, culture, note, str(path)))
    return pd.DataFrame(table, columns=["ObjectID", "Title", "Medium", "Culture", "Note", "path"])


def _photograph(name: str) -> Image.Image | None:
    """A picture of scikit-image's; None where it is not installed."""
    try:
        from skimage import data
    except ImportError:
        return None
    if name == "motorcycle":
        return Image.open(Path(data.__file__).parent / "motorcycle_left.png")
    found = {"hubble": "hubble_deep_field"}.get(name, name)
    return Image.fromarray(getattr(data, found)())


def _poster(lines: tuple[str, str, str], ground: tuple[int, int, int], ink: tuple[int, int, int]) -> Image.Image:
    picture = Image.new("RGB", (480, 640), ground)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((24, 24, 456, 616), outline=ink, width=4)
    draw.ellipse((140, 90, 340, 290), fill=ink)
    draw.ellipse((180, 110, 370, 300), fill=ground)
    for line, size, y in zip(lines, (42, 28, 24), (360, 440, 560), strict=True):
        draw.text((240, y), line, fill=ink, font=ImageFont.load_default(size), anchor="mm")
    return picture


def _vessel(title: str, colour: tuple[int, int, int]) -> Image.Image:
    """A vessel on a table, by its silhouette, with the light from the left."""
    picture = Image.new("RGB", _SIZE, (225, 220, 212))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 360, 640, 480), fill=(150, 120, 95))
    left = {
        "Footed Bowl": [(180, 170), (200, 260), (260, 310), (300, 330), (300, 370), (250, 395)],
        "Goblet": [(240, 90), (245, 180), (270, 230), (310, 250), (310, 360), (255, 395)],
        "Flask": [(300, 80), (300, 190), (240, 260), (230, 330), (260, 395)],
    }.get(title, [(280, 90), (290, 140), (220, 200), (215, 280), (260, 350), (280, 395)])
    outline = left + [(640 - x, y) for x, y in reversed(left)]
    draw.polygon(outline, fill=colour)
    light = Image.new("RGBA", _SIZE, (0, 0, 0, 0))
    pen = ImageDraw.Draw(light)
    pen.line([(x + 18, y) for x, y in left], fill=(255, 255, 255, 170), width=9, joint="curve")
    picture.paste(light, mask=light.filter(ImageFilter.GaussianBlur(4)))
    return picture.filter(ImageFilter.GaussianBlur(0.8))


def _composition(number: int) -> Image.Image:
    """Black lines and a few plain colours."""
    dice = random.Random(number)
    picture = Image.new("RGB", _SIZE, (240, 236, 224))
    draw = ImageDraw.Draw(picture)
    xs = [0, *sorted(dice.sample(range(60, 600, 40), 4)), 640]
    ys = [0, *sorted(dice.sample(range(60, 440, 40), 3)), 480]
    colours = [(200, 30, 35), (245, 205, 50), (30, 65, 150), None, None, None]
    for x, right in pairwise(xs):
        for y, below in pairwise(ys):
            colour = dice.choice(colours)
            if colour is not None:
                draw.rectangle((x, y, right, below), fill=colour)
    for x in xs[1:-1]:
        draw.line((x, 0, x, 480), fill=(20, 20, 20), width=10)
    for y in ys[1:-1]:
        draw.line((0, y, 640, y), fill=(20, 20, 20), width=10)
    return picture
