"""Ten wind turbines that never turned: their telemetry, with faults that are labelled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

__all__ = ["PER_DAY", "telemetry"]

PER_DAY = 48
_SPREAD_RPM = 9.0
# How each fault looks: its size in spreads of the noise, and how many readings it lasts.
_FAULTS = {"sensor spike": (11.0, 1), "gear slip": (-6.0, 2), "overspeed": (5.0, 6), "brake drag": (-4.5, 4)}


def telemetry(devices: int = 10, days: int = 14, seed: int = 2026) -> pd.DataFrame:
    """Readings of speed (RPM) and power (MW) every half hour, in no order.

    Each turbine has a level and a daily swing of its own, and drifts as its bearings wear. One reading in a hundred is
    lost. ``fault`` says what was done to a reading, and is empty for the sound ones: it is there to count with, and no
    detector sees it.
    """
    dice = np.random.default_rng(seed)
    frames = [_turbine(f"turbine-{number:02}", days, dice) for number in range(1, devices + 1)]
    readings = pd.concat(frames).sample(frac=0.99, random_state=seed)
    readings.insert(0, "id", np.arange(len(readings)))
    return readings.reset_index(drop=True)


def _turbine(name: str, days: int, dice: np.random.Generator) -> pd.DataFrame:
    points = days * PER_DAY
    day = np.arange(points) / PER_DAY
    level, swing, drift = dice.uniform(1_350, 1_550), dice.uniform(60, 110), dice.uniform(-2, 5)
    sound = level + swing * np.sin(2 * np.pi * (day - dice.uniform())) + drift * day + 12 * np.sin(4 * np.pi * day)
    speed = sound + dice.normal(0, _SPREAD_RPM, points)
    fault = np.full(points, "", dtype=object)
    # A fault a slot, so that no two meet; the first days are sound, since a detector has to see some.
    slots = np.array_split(np.arange(4 * PER_DAY, points), 5)
    for slot in slots:
        kind = str(dice.choice(list(_FAULTS)))
        size, lasts = _FAULTS[kind]
        start = int(dice.choice(slot[: len(slot) - lasts]))
        speed[start : start + lasts] += size * _SPREAD_RPM * dice.uniform(0.9, 1.3)
        fault[start : start + lasts] = kind
    at = pd.date_range("2026-05-01", periods=points, freq="30min", tz="UTC")
    return pd.concat(
        [
            _measured(name, at, "rotor speed", "RPM", "revolutions per minute", speed.round(1), fault),
            _measured(name, at, "power", "MW", "megawatt", (2.5 * (sound / 1_600) ** 3).round(3), ""),
        ]
    )


def _measured(device: str, at: Any, kind: str, symbol: str, unit: str, values: Any, fault: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "dateTime": at,
            "deviceId": device,
            "measureType": kind,
            "unitSymbol": symbol,
            "unit": unit,
            "measureValue": values,
            "fault": fault,
        }
    )
