"""What the command shows besides runs: services, stores, the doctor's findings, progress, help, completion."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import dfai
from cli.conftest import Dfai
from dfai._verbs import Verbs, verb_names
from dfai.cli.checks.java import major_of
from dfai.cli.checks.machine import cores, memory_bytes
from dfai.cli.checks.target import judged
from dfai.cli.display import Pace, State, line, shown
from dfai.cli.main import called
from dfai.cli.options import _SETTINGS, parameters_of, value_of
from dfai.cli.words import documented
from dfai_core import Col, Settings, services
from dfai_core.errors import ConfigError
from dfai_core.transports.base import Answer
from service import Scene

# ---- help -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", dfai.verbs())
def test_each_verb_has_a_command_whose_every_option_is_explained(verb: str) -> None:
    parameters = parameters_of(verb)
    own = [parameter for parameter in parameters if parameter.name.startswith("own_")]
    signature = inspect.signature(getattr(Verbs, verb)).parameters
    helped = [parameter for parameter in parameters if parameter.annotation.__metadata__[0].help]

    assert [parameter.name for parameter in own] == [
        f"own_{name}" for name in signature if name not in ("self", "settings")
    ]
    assert {name for name in signature if name not in ("self", "settings")} <= documented(
        getattr(Verbs, verb)
    ).keys() | {"other"}
    assert len(helped) == len(parameters)


def test_each_setting_is_an_option_or_the_commands_own_affair() -> None:
    assert _SETTINGS.keys() | {"store", "progress", "transport"} == Settings.__annotations__.keys()


def test_help_lists_commands_verbs_and_options(dfai: Dfai) -> None:
    top, verbs, verb = dfai("--help"), dfai("run", "--help"), dfai("run", "sentiment", "--help")

    assert (top.code, verbs.code, verb.code) == (0, 0, 0)
    assert top.out.index(" run ") < top.out.index(" services ") < top.out.index(" doctor ")
    assert "Exit codes" in top.out
    assert "moderate_image" in verbs.out
    for word in ("--column", "--include", "--overwrite", "--target", "Label each text positive"):
        assert word in verb.out


def test_help_waits_for_no_library_of_frames() -> None:
    looked = "import sys; from dfai.cli.main import called; called(['--help'])"
    heavy = ["pandas", "polars", "dask", "pyspark", "aiohttp", "httpx", "fsspec", "starlette", "PIL", "matplotlib"]
    done = subprocess.run(
        [sys.executable, "-c", f"{looked}; print([name for name in {heavy} if name in sys.modules])"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines()[-1] == "[]"


def test_completion_knows_commands_verbs_and_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def completed(line: str) -> list[str]:
        monkeypatch.setenv("_DFAI_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split()) - 1))
        with pytest.raises(SystemExit):
            called([])
        return capsys.readouterr().out.split()

    assert completed("dfai serv") == ["services", "serve"]
    assert completed("dfai run sentim") == ["sentiment"]
    assert completed("dfai run sentiment a.csv --include sent") == ["sentences"]
    assert completed("dfai run sentiment a.csv --backend d") == ["dask"]


# ---- values ---------------------------------------------------------------------------------------------------------


VALUES: list[tuple[str, str, list[str], Any]] = [
    ("sentiment", "language", ["fr"], "fr"),
    ("sentiment", "include", ["all"], "all"),
    ("sentiment", "include", ["sentences", "opinions"], ["sentences", "opinions"]),
    ("extract_summary", "max_sentences", ["2"], 2),
    ("extract_summary", "max_sentences", ["col:n"], Col("n")),
    ("detect_anomalies", "impute", ["0.5"], 0.5),
    ("detect_anomalies", "impute", ["linear"], "linear"),
    ("detect_anomalies", "by", ["site", "device"], ["site", "device"]),
    ("http", "params", ['{"q": "col:name", "n": 3}'], {"q": Col("name"), "n": 3}),
    ("http", "parse", ['{"name": ["$.name", "string"]}'], {"name": ("$.name", "string")}),
    ("http", "headers", ['{"X-Key": "env:TOKEN"}'], {"X-Key": dfai.env("TOKEN")}),
    ("http", "auth", ["env:TOKEN"], dfai.env("TOKEN")),
    ("http", "poll", ["{}"], dfai.Poll()),
    ("http", "idempotent", ["no"], False),
    ("http", "ok", ["404"], 404),
    ("http", "ok", ["2xx,404"], ["2xx", 404]),
    ("http", "origins", ["https://a.example"], "https://a.example"),
    ("http", "json", ['[1, "col:a"]'], [1, Col("a")]),
]


@pytest.mark.parametrize(("verb", "name", "texts", "value"), VALUES)
def test_what_is_typed_becomes_a_value_of_the_options_kind(verb: str, name: str, texts: list[str], value: Any) -> None:
    hint = get_type_hints(getattr(Verbs, verb))[name]

    assert value_of(name, hint, texts) == value


@pytest.mark.parametrize(
    ("verb", "name", "texts", "said"),
    [
        ("http", "auth", ["hush"], "--auth takes env:NAME or file:PATH"),
        ("http", "params", ["q=1"], "--params takes JSON"),
        ("extract_summary", "max_sentences", ["1", "2"], "--max-sentences is there 2 times"),
    ],
)
def test_what_cannot_be_a_value_is_said(verb: str, name: str, texts: list[str], said: str) -> None:
    hint = get_type_hints(getattr(Verbs, verb))[name]

    with pytest.raises(ConfigError, match=said):
        value_of(name, hint, texts)


# ---- services, stores -----------------------------------------------------------------------------------------------


def test_services_tell_who_answers_each_verb(dfai: Dfai) -> None:
    table, told, one = dfai("services"), dfai("services", "--json").told["services"], dfai("services", "search_images")
    by_verb = {service["verb"]: service for service in told}

    assert list(by_verb) == list(verb_names())
    assert by_verb["sentiment"]["azure"]["offered"]
    assert not by_verb["detect_anomalies"]["azure"]["offered"]
    assert by_verb["linked_entities"]["local"]["state"] == "no"
    assert "retired" in table.out
    assert "Azure     retired. Bing Image Search was retired on 2025-08-11." in one.out
    assert dfai("services", "sentimant").code == 2


def test_a_store_is_told_made_smaller_and_emptied(
    dfai: Dfai, reviews: Path, target: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    dfai("run", "sentiment", reviews, "-c", "text", "-o", "s.csv", "--store", "kept", *target)
    info = dfai("store", "info", "kept")
    young = dfai("store", "prune", "kept", "--older-than", "12h", "--json")
    aimless, nonsense = dfai("store", "prune", "kept"), dfai("store", "prune", "kept", "--max-bytes", "much")
    cleared = dfai("store", "clear", "kept", "--yes", "--json")
    nowhere = dfai("store", "info", "nowhere")

    assert info.out.startswith("4 answers in kept, ")
    assert (young.told["dropped"], young.told["entries"]) == (0, 4)
    assert (aimless.code, nonsense.code, nowhere.code) == (2, 2, 2)
    assert "--older-than 7d" in aimless.err
    assert "500MB" in nonsense.err
    assert (cleared.told["dropped"], cleared.told["entries"]) == (4, 0)
    assert "nothing was ever kept there" in nowhere.err


# ---- the doctor -----------------------------------------------------------------------------------------------------


def checks(told: dict[str, Any], area: str) -> list[dict[str, str]]:
    return [check for check in told["checks"] if check["area"] == area]


def test_the_doctor_finds_this_machine_well(dfai: Dfai) -> None:
    found = dfai("doctor", "--json")
    areas = {check["area"] for check in found.told["checks"]}

    assert {"Python", "machine", "dfai", "extras", "models", "settings", "target"} <= areas
    assert checks(found.told, "target")[0]["found"].startswith("local: ")
    assert found.code == found.told["exit_code"] == 0, found.out


def test_the_doctor_asks_a_target_for_nothing_and_reads_how_it_refuses(dfai: Dfai, scene: Scene) -> None:
    there = dfai("doctor", "--json", "--target", f"container:{scene.url}/nowhere")
    gone = dfai("doctor", "--json", "--target", "container:http://127.0.0.1:9")

    assert (there.code, gone.code) == (1, 1)
    assert checks(there.told, "target")[0]["state"] == "ok"
    assert "nothing there serves detect_language (404)" in checks(there.told, "service")[0]["found"]
    assert "cannot be reached" in checks(gone.told, "target")[0]["found"]
    assert scene.requests == 0


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (400, "ok"),
        (200, "ok"),
        (401, "problem"),
        (403, "problem"),
        (404, "problem"),
        (429, "warning"),
        (503, "warning"),
        (307, "problem"),
    ],
)
def test_a_refusal_tells_whether_the_key_is_taken(status: int, state: str) -> None:
    check = judged(Answer(status, {}, b""), services()["sentiment"], dfai.azure("westeurope", key=dfai.env("KEY")))

    assert check.state == state
    assert check.remedy or state == "ok"


def test_the_doctor_reads_settings_proxies_and_slips_of_the_pen(dfai: Dfai, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DFAI_CONCURENCY", "8")
    monkeypatch.setenv("DFAI_RATE_PER_S", "20")
    monkeypatch.setenv("https_proxy", "http://me:hush@proxy.example:3128")
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    told = dfai("doctor", "--json").told
    monkeypatch.setenv("DFAI_RATE_PER_S", "fast")
    wrong = dfai("doctor")

    settings = checks(told, "settings")
    assert (settings[0]["state"], settings[0]["remedy"]) == ("warning", "Did you mean DFAI_CONCURRENCY?")
    assert settings[1]["found"] == "rate_per_s=20.0"
    assert "https_proxy=http://proxy.example:3128" in checks(told, "network")[0]["found"]
    assert "hush" not in str(told)
    assert checks(told, "Java")[0]["state"] == "problem"
    assert wrong.code == 1
    assert "rate_per_s='fast'" in wrong.out


def test_cores_and_memory_are_those_of_the_container(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("100000 100000\n")
    (tmp_path / "memory.max").write_text("1000000000\n")

    assert cores(tmp_path) == 1
    assert memory_bytes(tmp_path) == 1_000_000_000


def test_javas_own_number_is_read_from_what_it_says() -> None:
    assert [major_of(f'openjdk version "{told}"') for told in ("17.0.16", "1.8.0_402", "21")] == [17, 8, 21]


# ---- progress -------------------------------------------------------------------------------------------------------


def test_pace_is_that_of_the_last_moments() -> None:
    pace = Pace()
    for second in range(100):
        pace.see(float(second), 10 * second if second < 50 else 500 + 100 * (second - 50))

    assert pace.rows_per_s == pytest.approx(100)
    assert Pace().rows_per_s is None


def test_time_left_follows_from_the_pace() -> None:
    assert line(State(done=100, rows=1_000), 10.0).endswith("10 rows/s · 1 min 30 s left")
    assert "left" not in line(State(done=1_000, rows=1_000), 10.0)


def test_progress_is_on_stderr_and_nowhere_where_it_is_off(capsys: pytest.CaptureFixture[str]) -> None:
    for word in ("bar", "auto", "off"):
        with shown("sentiment", lambda: State(done=5, rows=10, errors=1), word):  # type: ignore[arg-type]
            pass
        said = capsys.readouterr()

        assert said.out == ""
        assert ("5 of 10 rows · 1 error" in said.err) == (word == "bar")
