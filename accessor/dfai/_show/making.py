"""`show`: what verbs found, seen at once. The first rows come here, their pictures are read, and marks are drawn."""

from __future__ import annotations

import io
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal

from dfai._inputs import find
from dfai._plots import plot_anomalies
from dfai._settings import effective
from dfai._show.answers import Answer, answers_among, answers_named
from dfai._show.drawing import colours_of
from dfai._show.found import NOTHING, Finding, found_in, group_order
from dfai._show.media import Seen, look, need_pillow
from dfai._show.rows import first_rows
from dfai._show.shown import Shown, ShownSeries, ShownTiles
from dfai._show.tiles import Tile, sound_tile, tile
from dfai._verbs import Columns
from dfai_core import Backend, Config, Settings
from dfai_core.errors import ConfigError, MissingExtra

__all__ = ["shown"]

_MOST_ROWS, _MOST_HITS = 500, 8
_DENSITY = 144  # dots an inch of a drawn series: two for each of a page


def shown(
    backend: Backend,
    frame: Any,
    column: Columns,
    *,
    found: Literal["auto"] | Sequence[Hashable],
    caption: Columns | None,
    top: int,
    columns: int | None,
    width_px: int,
    output: str,
    timestamp: Hashable | None,
    by: Columns | None,
    unit: str | None,
    settings: Settings,
) -> Shown:
    """What `FrameAI.show` gives back; its arguments."""
    top = _whole("top", top, 1, _MOST_ROWS)
    width_px = _whole("width_px", width_px, 60, 2_000)
    if columns is not None:
        columns = _whole("columns", columns, 1, 24)
    config, _ = effective(settings)
    names = [find(backend, frame, name) for name in _several(column)]
    if not names:
        raise ConfigError("show: name the column with the pictures, the sounds or the values.")
    if len(names) == 1 and backend.kind(frame, names[0]).startswith("numbers"):
        return _series(frame, names[0], top, output, timestamp, by, unit)
    titles = [find(backend, frame, name) for name in _several(caption)]
    kinds = {name: backend.kind(frame, name) for name in dict.fromkeys(backend.columns(frame))}
    if found == "auto":
        answers = answers_among({name: kind for name, kind in kinds.items() if name not in titles}, names)
    elif isinstance(found, str):
        raise ConfigError(f'found={found!r}: name columns in a list, found=[{found!r}], or leave it "auto".')
    else:
        answers = answers_named([find(backend, frame, name) for name in found], kinds)
    wanted = [*names, *titles, *(name for answer in answers for name in answer.suffixes.values())]
    rows = first_rows(backend, frame, list(dict.fromkeys(wanted)), top)
    tiles = _tiles(rows, names, titles, answers, config, width_px)
    whole = None if backend.is_lazy(frame) else len(frame)
    return ShownTiles(_title(names, tiles), tuple(tiles), width_px, columns, _below(len(tiles), top, whole))


def _several(names: Columns | None) -> list[Any]:
    return [] if names is None else list(names) if isinstance(names, (list, tuple)) else [names]


def _whole(name: str, value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ConfigError(f"show: {name}={value!r}: expected a whole number from {least} to {most:,}.")
    return value


# ---- pictures and sounds -------------------------------------------------------------------------------------------


def _tiles(
    rows: Mapping[Hashable, list[Any]],
    names: Sequence[Hashable],
    titles: Sequence[Hashable],
    answers: Sequence[Answer],
    config: Config,
    width_px: int,
) -> list[Tile]:
    count = len(rows[names[0]])
    of = _by_picture(answers, names)
    findings = [[found_in(one, rows, row) for one in of] for row in range(count)]
    own = _hits_in(rows[names[0]])
    seen = [[Seen()] * count] if own else [look(rows[name], config) for name in names]
    for row, hits in own.items():
        findings[row][0].hits[:0] = hits
    is_sound = len(names) == 1 and any(one.is_sound for one in seen[0])
    if not is_sound:
        need_pillow("show")
    others = _hits(findings, config)
    colours = colours_of(group_order(finding for each in findings for finding in each))
    made = []
    for row in range(count):
        each = [column[row] for column in seen]
        title = " · ".join(str(rows[name][row]) for name in titles if rows[name][row] is not None)
        title = title or " · ".join(one.name for one in each if one.name) or f"row {row}"
        if is_sound:
            made.append(sound_tile(title, each[0], findings[row][0]))
            continue
        if others[row] and len(each) == 1 and each[0].content is None:
            # A column of what was looked for, in words, is no picture that is missing.
            title = title if titles or not isinstance(rows[names[0]][row], str) else rows[names[0]][row]
            each = []
        made.append(tile(title, each, findings[row], others[row], colours, width_px))
    return made


def _by_picture(answers: Sequence[Answer], names: Sequence[Hashable]) -> list[list[Answer]]:
    """The answers about each of the shown columns: those that bear its name, and all others about the first."""
    of: list[list[Answer]] = [[] for _ in names]
    for answer in answers:
        place = next((at for at, name in enumerate(names) if answer.name.startswith(f"{name}_")), 0)
        of[place].append(answer)
    return of


def _hits_in(values: Sequence[Any]) -> dict[int, list[Any]]:
    """The hits by row, where the column itself holds some."""
    answer = [Answer("", {"": ""}, is_told=False)]
    found = {row: found_in(answer, {"": values}, row).hits for row in range(len(values))}
    return {row: hits for row, hits in found.items() if hits}


def _hits(findings: Sequence[Sequence[Finding]], config: Config) -> list[list[tuple[str, Seen]]]:
    """For each row the other pictures, by name, read at the first of their addresses that leads to one."""
    hits = [[hit for finding in each for hit in finding.hits][:_MOST_HITS] for each in findings]
    flat = [hit for each in hits for hit in each]
    seen: list[Seen] = [Seen(error=("unreadable", "it has no address"))] * len(flat)
    for attempt in range(2):
        places = [at for at, hit in enumerate(flat) if seen[at].content is None and len(hit.urls) > attempt]
        read = look([flat[at].urls[attempt] for at in places], config) if places else []
        for at, one in zip(places, read, strict=True):
            seen[at] = one
    left = iter(zip((hit.name for hit in flat), seen, strict=True))
    return [[next(left) for _ in each] for each in hits]


def _title(names: Sequence[Hashable], tiles: Sequence[Tile]) -> str:
    of = " and ".join(map(repr, names))
    if not tiles:
        return f"no rows of {of}"
    what = (
        "sound"
        if any(one.sound is not None for one in tiles)
        else "picture"
        if any(one.views for one in tiles)
        else "row"
    )
    said = list(
        dict.fromkeys(note.name for one in tiles for note in one.notes if not note.is_error and note.name != NOTHING)
    )
    bad = sum(any(view.error for view in one.views) for one in tiles)
    title = f"{len(tiles)} {what}{'' if len(tiles) == 1 else 's'} of {of}"
    title += f" with {', '.join(said)}" if said else ""
    return title + (f"; {bad} cannot be read" if bad else "")


def _below(count: int, top: int, whole: int | None) -> str:
    if whole is not None and whole > count:
        return f"The first {count:,} of {whole:,} rows."
    return f"The first {count:,} rows." if whole is None and count == top else ""


# ---- series --------------------------------------------------------------------------------------------------------


def _series(
    frame: Any,
    value: Hashable,
    top: int,
    output: str,
    timestamp: Hashable | None,
    by: Columns | None,
    unit: str | None,
) -> ShownSeries:
    """What `plot_anomalies` draws, as a picture; no figure is left open, so that nothing shows it again."""
    try:
        from matplotlib import pyplot as plt
    except ImportError:
        raise MissingExtra('show draws series with matplotlib, which is not here. pip install "dfai[plot]"') from None
    with plt.ioff():  # no window, where figures open one
        axes = plot_anomalies(frame, value, timestamp=timestamp, by=by, output=output, unit=unit, max_panels=top)
    figure: Any = axes[0].figure
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=_DENSITY)
    plt.close(figure)
    panels = tuple(": ".join(filter(None, (axis.get_title(loc="left"), axis.get_title(loc="right")))) for axis in axes)
    count = len(axes)
    return ShownSeries(f"{count} series of {value!r} with {output}", file.getvalue(), panels)
