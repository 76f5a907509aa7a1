# %% [markdown]
# # Art explorer
#
# A small museum has a catalogue and a picture of each work. What do the pictures show, what do they say, and which
# work goes with which? Each picture is analysed, what was found goes into a search index beside the catalogue, and then
# we ask.
#
# Microsoft's documentation tells this recipe with Computer Vision and Azure AI Search. Here both protocols are answered
# by the embedded engine: no key, no network.
#
# `pip install "dfai[vision,plot]" scikit-image`. Without scikit-image the museum has drawn works only.

# %%
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import matplotlib.pyplot as plt
import pandas as pd
from local_spark import local_spark
from PIL import Image
from works import works

import dfai

OUT = Path("out")
OUT.mkdir(exist_ok=True)
DFAI = Path(sys.executable).parent / "dfai"  # the command, beside this Python
os.environ.setdefault("DFAI_DATA", tempfile.mkdtemp())  # where the engine keeps its indexes; this one is for today

# %% [markdown]
# ## The catalogue

# %%
museum = works(OUT / "museum")
print(museum[["ObjectID", "Title", "Medium", "Culture"]].to_string(index=False))

# %% [markdown]
# ## Look at every picture
#
# One request a picture: words for what it shows, a sentence, and the text that stands in it.

# %%
start = time.perf_counter()
seen = museum.ai.analyze_image("path", features=["tags", "caption", "read"], output="seen")
took_s = time.perf_counter() - start
print(f"{len(seen)} pictures in {took_s:.1f} s, {int(seen['seen_error'].notna().sum())} without an answer.")
print(seen[["Title", "seen_tags", "seen_caption", "seen_read"]].to_string(index=False, max_colwidth=48))

# %% [markdown]
# ## Write it all into an index
#
# The index is made from the frame's columns. Each row comes back with what became of its document.

# %%
columns = ["Title", "Medium", "Culture", "Note", "seen_tags", "seen_caption", "seen_read", "path"]
written = seen.ai.write_search_index("art", key="ObjectID", columns=columns)
print(written["indexed_status"].value_counts().to_string())

# %% [markdown]
# ## Ask
#
# "glass" finds bowls by their catalogue and posters by what is written on them; "cat" finds a picture whose catalogue
# does not say what it shows.

# %%
wishes = pd.DataFrame({"wish": ["glass", "cat", "cup | motorcycle", "exhibition +glass"]})
answered = wishes.ai.search_index("wish", among="art", key="ObjectID", top=4, select=["Title", "path"])
found = answered.explode("hits", ignore_index=True).dropna(subset=["hits"])
found["work"] = [json.loads(hit["document"]) for hit in found["hits"]]
for wish, hits in found.groupby("wish", sort=False):
    print(f"{wish:18} {', '.join(work['Title'] for work in hits['work'])}")


# %%
def sheet(rows: dict[str, list[tuple[str, str]]], name: str) -> Path:
    """Draws titles and pictures, one line for each key, and gives the file."""
    across = max(map(len, rows.values()))
    figure, axes = plt.subplots(len(rows), across, figsize=(2.3 * across, 2.4 * len(rows)), squeeze=False)
    for line, (label, pictures) in zip(axes, rows.items(), strict=True):
        for place, axis in enumerate(line):
            axis.axis("off")
            if place < len(pictures):
                title, path = pictures[place]
                axis.imshow(Image.open(path))
                axis.set_title(title, fontsize=8)
        line[0].text(-0.08, 0.5, label, transform=line[0].transAxes, rotation=90, va="center", ha="right", fontsize=10)
    figure.tight_layout()
    figure.savefig(OUT / name, dpi=120)
    return OUT / name


by_wish = {
    str(wish): [(work["Title"], work["path"]) for work in hits["work"]]
    for wish, hits in found.groupby("wish", sort=False)
}
print(f"What was found: {sheet(by_wish, 'art_found.png')}")

# %% [markdown]
# ## Which work goes with which
#
# Two pictures are alike if the classifier sees them alike: composition and kind, not words. `dfai index` looks at a
# folder once; the search then compares.

# %%
os.environ["DFAI_IMAGES"] = str((OUT / "museum").resolve())
looked = subprocess.run([DFAI, "index", os.environ["DFAI_IMAGES"]], check=True, capture_output=True, text=True)  # noqa: S603
print(looked.stdout.strip())

asked = museum[museum["Title"].isin(["Goblet", "Composition 1", "Travel Poster"])]
near = asked.ai.find_similar_images("path", top=5)
titles = {Path(path).name: title for path, title in zip(museum["path"], museum["Title"], strict=True)}
by_work = {}
for title, path, images in zip(near["Title"], near["path"], near["similar_images"], strict=True):
    others = [url2pathname(urlsplit(image["content_url"]).path) for image in images]
    by_work[title] = [(title, path)] + [(titles[Path(o).name], o) for o in others if Path(o).name != Path(path).name]
    print(f"{title:14} {', '.join(other for other, _ in by_work[title][1:])}")
print(f"What is alike: {sheet(by_work, 'art_alike.png')}")

# %% [markdown]
# ## The same on Spark
#
# The calls are the same; a folder of files is a table. Here Spark reads the museum's folder, has each picture
# described, and writes the answers into another index.

# %%
spark = local_spark("art explorer")
if spark is not None:
    pictures = dfai.files(f"{OUT.resolve()}/museum/*.jpg", backend=spark)
    described = pictures.ai.describe_image("path").selectExpr("md5(path) AS id", "path", "caption")
    done = described.ai.write_search_index("captions", key="id").groupBy("indexed_status").count().collect()
    print(f"Written from Spark, by status: {[row.asDict() for row in done]}")
    again = pd.DataFrame({"wish": ["cat"]}).ai.search_index("wish", among="captions")
    print(f"A cat: {[Path(json.loads(hit['document'])['path']).name for hit in again['hits'][0]]}")
    spark.stop()
