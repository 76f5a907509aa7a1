"""The progress bar: there where somebody looks, silent elsewhere."""

from __future__ import annotations

import pandas as pd
import pytest

from lookalike import Lookalike

FRAME = pd.DataFrame({"t": [f"text {n}" for n in range(25)] + ["refuse me"]})


@pytest.mark.filterwarnings("ignore:1 of 26 rows")
def test_a_bar_that_is_asked_for_ends_with_every_row_counted(
    service: Lookalike, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfai._progress._DELAY_S", 0.0)

    FRAME.ai.sentiment("t", progress="bar")

    shown = capsys.readouterr().err
    assert "sentiment: 100%" in shown
    assert "26/26" in shown
    assert "errors=1" in shown


@pytest.mark.filterwarnings("ignore:1 of 26 rows")
def test_nothing_is_printed_where_nobody_looks(service: Lookalike, capsys: pytest.CaptureFixture[str]) -> None:
    FRAME.ai.sentiment("t")
    FRAME.ai.sentiment("t", progress="off", output="again")

    assert capsys.readouterr().err == ""
