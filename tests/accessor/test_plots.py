"""A picture of anomalies: what is marked, what is written, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import dfai
from dfai.errors import ColumnNotFound, ConfigError, MissingExtra, RowsFailed

HOURS = 24 * 6
SPIKE, DIP = 60, 100


@pytest.fixture(autouse=True)
def _no_windows() -> Iterator[None]:
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    mpl.use("Agg")
    with dfai.using(target="local", progress="off", store=None):
        yield
    plt.close("all")


def telemetry(devices: int = 2, zone: str | None = None) -> pd.DataFrame:
    """Devices with a value an hour, shuffled; each has a spike and a dip."""
    dice = np.random.default_rng(5)
    values = 1_000 + 50 * np.sin(np.arange(HOURS) * 2 * np.pi / 24)
    values[[SPIKE, DIP]] += [400, -400]
    at = pd.date_range("2024-03-01", periods=HOURS, freq="h", tz=zone)
    frames = [
        pd.DataFrame({"at": at, "device": f"d{device}", "rpm": values + dice.normal(0, 5, HOURS)})
        for device in range(devices)
    ]
    return pd.concat(frames).sample(frac=1, random_state=1)


def found(zone: str | None = None, **options: Any) -> pd.DataFrame:
    answered: pd.DataFrame = telemetry(zone=zone).ai.detect_anomalies("rpm", timestamp="at", by="device", **options)
    return answered


def marked(axes: Any, side: str) -> list[list[float]]:
    """The points that carry a side's mark."""
    (marks,) = [each for each in axes.collections if each.get_label() == f"anomaly, {side}"]
    return [list(map(float, offset)) for offset in marks.get_offsets()]


def test_each_series_has_a_panel_with_its_anomalies_marked_above_or_below() -> None:
    frame = found()
    panels = frame.ai.plot_anomalies("rpm", timestamp="at", by="device", unit="1/min", title="Pumps")

    assert [axes.get_title("left") for axes in panels] == ["device: d0", "device: d1"]
    assert panels[0].get_ylabel() == "rpm (1/min)"
    assert panels[0].figure.get_suptitle() == "Pumps"
    for device, axes in zip(("d0", "d1"), panels, strict=True):
        here = frame[frame["device"] == device].sort_values("at")
        for side in ("above", "below"):
            flagged = here[here["anomaly_direction"] == side]
            assert [value for _, value in marked(axes, side)] == flagged["rpm"].tolist()
        count = int(here["anomaly"].sum())
        assert f"{count} anomalies in {HOURS} points, period 24" == axes.get_title("right")


def test_lines_follow_time_whatever_order_the_rows_have() -> None:
    frame = found()
    axes = dfai.plot_anomalies(frame, "rpm", timestamp="at", by=["device"])[1]
    here = frame[frame["device"] == "d1"].sort_values("at")
    lines = {line.get_label(): line for line in axes.lines}

    assert lines["value"].get_ydata().tolist() == here["rpm"].tolist()
    assert lines["expected"].get_ydata().tolist() == here["anomaly_expected"].tolist()
    (band,) = [each for each in axes.collections if each.get_label() == "expected range"]
    lowest, highest = band.get_datalim(axes.transData).intervaly
    assert lowest == pytest.approx(here["anomaly_lower"].min())
    assert highest == pytest.approx(here["anomaly_upper"].max())


def test_times_are_on_the_clock_of_their_own_zone() -> None:
    from matplotlib.dates import num2date

    axes = found(zone="Asia/Tokyo").ai.plot_anomalies("rpm", timestamp="at", by="device")[-1]

    assert axes.get_xlabel() == "time (Asia/Tokyo)"
    assert num2date(axes.lines[0].get_xdata(orig=False)[0]).hour == 0


def test_times_may_stand_in_the_index_or_be_absent() -> None:
    one = telemetry(devices=1)[["at", "rpm"]].sort_values("at")
    by_index = one.set_index("at").ai.detect_anomalies("rpm")
    by_place = one[["rpm"]].ai.detect_anomalies("rpm")

    [dated] = by_index.ai.plot_anomalies("rpm")
    [counted] = by_place.ai.plot_anomalies("rpm")

    assert dated.lines[0].get_xdata()[0] == np.datetime64("2024-03-01")
    assert counted.get_xlabel() == "point"
    assert counted.lines[0].get_xdata().tolist() == list(range(HOURS))


def test_one_answered_point_is_seen_though_it_makes_no_line() -> None:
    newest = telemetry().ai.detect_last_anomaly("rpm", timestamp="at", by="device", output="odd")
    axes = newest.ai.plot_anomalies("rpm", timestamp="at", by="device", output="odd")[0]

    assert axes.get_title("right") == "newest point: as expected"
    assert [line.get_marker() for line in axes.lines if len(line.get_xdata()) == 1] == ["_"]


def test_a_series_without_an_answer_says_why() -> None:
    frame = pd.DataFrame({"rpm": [1.0, 2.0, 3.0]})
    with pytest.warns(RowsFailed):
        answered = frame.ai.detect_anomalies("rpm")
    [axes] = answered.ai.plot_anomalies("rpm")

    assert axes.get_title("right") == "no answer"
    (text,) = [text.get_text() for text in axes.texts]
    assert "3 points" in text
    assert "HTTP" not in text


def test_missing_columns_are_named() -> None:
    with pytest.raises(ColumnNotFound, match=r"no column 'anomaly', .*'anomaly_upper'.*detect_anomalies.*output="):
        telemetry().ai.plot_anomalies("rpm", timestamp="at", by="device")
    answered = found()
    with pytest.raises(ColumnNotFound, match=r"no column 'rmp'.*Did you mean 'rpm'"):
        answered.ai.plot_anomalies("rmp", timestamp="at")
    with pytest.raises(ColumnNotFound, match=r"no column 'devise'.*Did you mean 'device'"):
        answered.ai.plot_anomalies("rpm", timestamp="at", by="devise")
    with pytest.raises(ConfigError, match=r"2 series, and max_panels=1"):
        answered.ai.plot_anomalies("rpm", timestamp="at", by="device", max_panels=1)
    with pytest.raises(ConfigError, match="has no rows"):
        answered.iloc[:0].ai.plot_anomalies("rpm", timestamp="at")


def test_lazy_frames_are_to_be_filtered_and_collected_first() -> None:
    dd, pl = pytest.importorskip("dask.dataframe"), pytest.importorskip("polars")
    lazy = dd.from_pandas(telemetry(), npartitions=2, sort=False)

    with pytest.raises(ConfigError, match=r"in memory; this one is dask's.*filter, then \.compute\(\)"):
        lazy.ai.plot_anomalies("rpm", timestamp="at", by="device")
    with pytest.raises(ConfigError, match=r"this one is polars's, and lazy.*filter, then \.collect\(\)"):
        pl.LazyFrame(telemetry()).ai.plot_anomalies("rpm", timestamp="at", by="device")


def test_a_polars_frame_is_drawn_as_a_pandas_one() -> None:
    pl = pytest.importorskip("polars")
    answered = found(zone="Europe/Paris")

    own = answered.ai.plot_anomalies("rpm", timestamp="at", by="device")
    drawn = pl.DataFrame(answered).ai.plot_anomalies("rpm", timestamp="at", by="device")

    for one, other in zip(own, drawn, strict=True):
        assert one.get_title(loc="left") == other.get_title(loc="left")
        assert one.get_xlabel() == other.get_xlabel()
        assert marked(one, "above") == marked(other, "above")
    assert drawn[-1].get_xlabel() == "time (Europe/Paris)"


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = found()
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(MissingExtra, match=r'pip install "dfai\[plot\]"'):
        answered.ai.plot_anomalies("rpm", timestamp="at", by="device")


def test_the_accessor_and_the_function_are_one(tmp_path: Path) -> None:
    import inspect

    function, method = inspect.signature(dfai.plot_anomalies), inspect.signature(dfai.FrameAI.plot_anomalies)

    assert list(function.parameters)[1:] == list(method.parameters)[1:]
    assert {name: p.default for name, p in list(function.parameters.items())[1:]} == {
        name: p.default for name, p in list(method.parameters.items())[1:]
    }
    assert inspect.getdoc(dfai.FrameAI.plot_anomalies) == inspect.getdoc(dfai.plot_anomalies)
    found().ai.plot_anomalies("rpm", timestamp="at", by="device")[0].figure.savefig(tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_importing_dfai_imports_no_matplotlib() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys, dfai; print('matplotlib' in sys.modules)"], capture_output=True, text=True
    )

    assert done.stdout.strip() == "False", done.stderr
