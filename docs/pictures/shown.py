"""Makes the pictures of ``docs/show.md``: real answers of the embedded engine, to pictures that are free to use.

python docs/pictures/shown.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import dfai

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MEDIA = ROOT / "tests" / "media"
sys.path.insert(0, str(ROOT / "examples"))


def main() -> None:
    from works import works

    dfai.configure(target="local", progress="off")
    with tempfile.TemporaryDirectory() as folder:
        images = f"{folder}/museum"
        os.environ.update(DFAI_IMAGES=images, DFAI_DATA=f"{folder}/data")  # before the engine starts
        museum = works(Path(images))
        subprocess.run([Path(sys.executable).parent / "dfai", "index", images], check=True)  # noqa: S603
        named = museum.set_index(museum["path"].map(lambda path: Path(path).stem))
        photographs = named.loc[["coffee", "chelsea", "astronaut", "motorcycle"]]
        seen = photographs.ai.detect_objects("path").ai.describe_image("path")
        seen = seen.ai.detect_faces("path", include=["landmarks"])
        seen.ai.show("path", caption="Title", columns=4, width_px=200).save(HERE / "show-objects.webp")
        posters = named.loc[["poster0", "poster2", "poster3"]].ai.read_text("path", include=["lines"])
        posters.ai.show("path", caption="Title", columns=3, width_px=220).save(HERE / "show-text.webp")
        near = named.loc[["goblet", "oil0"]].ai.find_similar_images("path", top=5)
        near.ai.show("path", caption="Title", width_px=200).save(HERE / "show-similar.webp")
    known, same, other = (MEDIA / f"face_{name}.jpg" for name in ("a1", "a2", "b1"))
    pairs = pd.DataFrame({"selfie": [known, known], "passport": [same, other]})
    verified = pairs.ai.verify_faces("selfie", "passport")
    verified.ai.show(["selfie", "passport"], columns=2, width_px=280).save(HERE / "show-pairs.webp")
    found = readings().ai.detect_anomalies("rpm", timestamp="at", by="device")
    found.ai.show("rpm", timestamp="at", by="device", unit="1/min").save(HERE / "show-series.webp")


def readings() -> pd.DataFrame:
    """Two pumps with a value an hour, which follows the day; each is once much too fast."""
    dice = np.random.default_rng(5)
    hours = np.arange(240)
    pumps = []
    for name, odd in (("pump 1", 100), ("pump 2", 171)):
        values = 1_000 + 50 * np.sin(hours * 2 * np.pi / 24) + dice.normal(0, 5, len(hours)) + 300 * (hours == odd)
        at = pd.date_range("2026-03-01", periods=len(hours), freq="h")
        pumps.append(pd.DataFrame({"at": at, "device": name, "rpm": values}))
    return pd.concat(pumps, ignore_index=True)


if __name__ == "__main__":
    main()
