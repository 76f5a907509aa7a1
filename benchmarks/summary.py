"""The one table of ratios that ``make bench`` ends with: what was measured, beside what we want."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.clients import Aiohttp, AzureAsync, AzureLoop, AzureThreads, Client, Dfai, Httpx
from benchmarks.head_of_line import HeadOfLine, HeadOfLineTwo

__all__ = ["SIMULATED", "Line", "lines"]

SIMULATED = "bucket 1 s, Retry-After 1"
"""The simulation's scenario in which eight clients know of each other by their refusals alone."""

Results = Mapping[str, Mapping[str, Any]]
"""What each benchmark's `main` gave back, by its name."""


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. A goal is a least or a most, or there is none.

    >>> Line("share", 0.9, least=0.8).goal, Line("share", 0.9, least=0.8).met
    ('>= 0.8', 'yes')
    >>> Line("share", 0.9).met
    ''
    """

    what: str
    value: float | None
    least: float | None = None
    most: float | None = None

    @property
    def goal(self) -> str:
        """In words."""
        if self.least is not None:
            return f">= {self.least:,g}"
        if self.most is None:
            return ""
        return f"<= {self.most:,g}" if self.most else "0"

    @property
    def met(self) -> str:
        """Whether the goal is."""
        if self.value is None or not self.goal:
            return ""
        low = self.least is None or self.value >= self.least
        return "yes" if low and (self.most is None or self.value <= self.most) else "no"


def lines(results: Results) -> list[Line]:
    """All figures of *results*, in the order in which they are explained."""
    return [
        *_core(results["core_speed"]),
        *_frame_tools(results["frame_tools"]),
        *_accessor(results["accessor_speed"]),
        *_slow_answers(results["slow_answers"]),
        *_quotas(results["quota_use"], results["limiter_simulation"]),
        *_faults(results["fault_tolerance"]),
        *_memory(results["memory_use"]),
    ]


def _core(result: Mapping[str, Any]) -> Iterator[Line]:
    cpu_us = {(f["client"], f["in_flight"]): f["cpu_us_per_request"] for f in result["no_latency"]}
    ours_us, bare_us = cpu_us[Dfai.name, 32], cpu_us[Aiohttp.name, 32]
    yield Line("CPU a request, 32 in flight, × bare aiohttp", ours_us / bare_us, most=1.5)
    if (Dfai.name, 128) in cpu_us:
        yield Line(
            "CPU a request, 128 in flight, × that with 8", cpu_us[Dfai.name, 128] / cpu_us[Dfai.name, 8], most=1.6
        )
    slow = {f["client"]: f for f in result["latency_50_ms"]}
    ours = slow[Dfai.name]
    yield Line("50 ms, 128 in flight: % of the bound", 100 * ours["share_of_bound"], least=82)
    yield Line("50 ms, 128 in flight: % of the bound, bare aiohttp", 100 * slow[Aiohttp.name]["share_of_bound"])
    goals: dict[type[Client], float | None]
    goals = {Httpx: None, AzureAsync: 5.0, AzureThreads: 5.0, AzureLoop: 5.0, HeadOfLine: None}
    for kind, least in goals.items():
        yield Line(f"50 ms: rows/s, × {kind.name}", ours["requests_per_s"] / slow[kind.name]["requests_per_s"], least)


def _frame_tools(result: Mapping[str, Any]) -> Iterator[Line]:
    tools = result["frame_tools"]
    ours = {tool["texts_a_request"]: tool for tool in tools if tool["tool"].startswith("dfai")}
    for tool in tools:
        if tool["tool"].startswith("dfai"):
            continue
        if tool["reason"]:
            yield Line(f"50 ms, 32 in flight: rows/s, × {tool['tool']} ({tool['reason']})", None)
            continue
        mine = ours.get(tool["texts_a_request"], ours["10"])
        yield Line(f"50 ms, 32 in flight: rows/s, × {tool['tool']}", mine["rows_per_s"] / tool["rows_per_s"])
        yield Line(f"CPU a row of {tool['tool']}, × dfai", tool["cpu_us_per_row"] / mine["cpu_us_per_row"])


def _accessor(result: Mapping[str, Any]) -> Iterator[Line]:
    goals = {"pandas": 0.5, "dask threads": 0.4, "dask distributed": 0.3, "spark local[2]": 0.6}
    for figure in result["accessor"]:
        backend, millions = figure["backend"], figure["rows_per_s"] / 1e6
        if figure["store"] == "none":
            yield Line(f"null service, {backend}: million rows/s", millions, goals.get(backend))
        else:
            yield Line(f"null service, {backend}, {figure['store']} store, all new: million rows/s", millions)


def _slow_answers(result: Mapping[str, Any]) -> Iterator[Line]:
    found = {(trial["service"], trial["client"]): trial for trial in result["trials"]}
    lognormal, stragglers, hangs = "lognormal, mean 100 ms, sigma 1", "1 % stragglers of 5 s", "1 % never answered"
    for service, least in ((lognormal, None), (stragglers, None), (hangs, 75.0)):
        trial = found[service, Dfai.name]
        yield Line(f"{service}: % of fault-free", 100 * trial["of_fault_free"], least)
        share = trial["maybe_billed"] / trial["counters"]["requests"]
        yield Line(f"{service}: % of the requests maybe billed", 100 * share, most=2)
    for service, kind, least in (
        (lognormal, HeadOfLine, None),
        (stragglers, HeadOfLine, 7.0),
        (stragglers, HeadOfLineTwo, None),
    ):
        ratio = found[service, Dfai.name]["per_s"] / found[service, kind.name]["per_s"]
        yield Line(f"{service}: requests/s, × {kind.name}", ratio, least)


def _quotas(result: Mapping[str, Any], simulated: Mapping[str, Any]) -> Iterator[Line]:
    for f in result["quotas"]:
        if f["client"] != Dfai.name:
            continue
        several = f["processes"] > 1
        name = f"quota, {f['quota']}, {f['processes']} processes of a host" if several else f"quota, {f['quota']}"
        yield Line(f"{name}: % used", 100 * f["used"], 95 if f["quota"] == "bucket" else 85)
        yield Line(f"{name}: % refused", 100 * f["refused"], most=2)
        yield Line(f"{name}: sent inside a Retry-After window", f["in_window"], most=0)
        if several:
            yield Line(f"{name}: inside another's window", f["in_window_of_others"], most=0)
            yield Line(f"{name}: most / least answered", f["max_over_min"], most=1.1)
    for f in simulated["figures"]:
        if f["name"] == SIMULATED and f["clients"] > 1:
            name = f"quota, bucket, {f['clients']} clients that know nothing of each other, simulated"
            yield Line(f"{name}: % used", 100 * f["used"], 90)
            yield Line(f"{name}: most / least answered", f["max_over_min"], most=1.5)


def _faults(result: Mapping[str, Any]) -> Iterator[Line]:
    ours = [f for f in result["faults"] if f["client"] == Dfai.name]
    for f in ours[1:]:
        name, counters = f"faults, {f['faults']}", f["counters"]
        least = 75 if counters["hanging"] else 80 if counters["reset"] else None
        yield Line(f"{name}: % of fault-free", 100 * f["of_fault_free"], least)
        yield Line(f"{name}: rows without a label", f["lost"], most=0)
        untold = max(0, counters["unread"] - f["maybe_billed"])
        yield Line(f"{name}: requests billed unread that the report does not tell", untold, most=0)
        yield Line(f"{name}: % of the documents billed twice", 100 * counters["billed_twice"] / counters["documents"])


def _memory(result: Mapping[str, Any]) -> Iterator[Line]:
    for f in result["memory"]:
        yield Line(f"memory added, {f['way']}, {f['rows']:,} rows: MB", f["added_mb"], most=150)
