"""Spark, and the Java that it runs on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from dfai.cli.checks.check import Check

__all__ = ["java", "major_of"]

_LEAST_JAVA = 17
_LEAST_SPARK = (4, 1)
_PATIENCE_S = 20.0


def java() -> Iterator[Check]:
    """Which PySpark and which Java; neither is missed where there is no PySpark."""
    try:
        spark = metadata.version("pyspark")
    except metadata.PackageNotFoundError:
        return
    if tuple(map(int, re.findall(r"\d+", spark)[:2])) < _LEAST_SPARK:
        least = ".".join(map(str, _LEAST_SPARK))
        yield Check("Spark", "problem", f"PySpark {spark} is older than {least}", 'pip install --upgrade "dfai[spark]"')
    else:
        yield Check("Spark", "ok", f"PySpark {spark}")
    if os.environ.get("SPARK_REMOTE"):
        yield Check("Spark", "ok", f"Spark Connect at {os.environ['SPARK_REMOTE']}: Java is the server's affair")
        return
    home = os.environ.get("JAVA_HOME")
    program = shutil.which(str(Path(home) / "bin" / "java")) if home else shutil.which("java")
    if program is None:
        where = (
            f"JAVA_HOME={home} has no bin/java" if home else "there is no java on the PATH, and JAVA_HOME is not set"
        )
        yield Check(
            "Java",
            "problem",
            where,
            f"Install Java {_LEAST_JAVA} or later (Debian: openjdk-17-jre-headless), or use another backend.",
        )
        return
    told = _version(program)
    major = major_of(told)
    if major is None:
        yield Check(
            "Java",
            "problem",
            f"{program} does not say its version: {told or 'no word'}",
            "Set JAVA_HOME to one that works.",
        )
    elif major < _LEAST_JAVA:
        yield Check(
            "Java",
            "problem",
            f"Java {major} at {program} is older than {_LEAST_JAVA}",
            f"Set JAVA_HOME to Java {_LEAST_JAVA} or later.",
        )
    else:
        yield Check("Java", "ok", f"{told} at {program}")


def _version(program: str) -> str:
    """The first line of what Java says of itself, which it says on stderr, behind options that it picked up."""
    try:
        done = subprocess.run(  # noqa: S603  the same program that Spark would start
            [program, "-version"], capture_output=True, text=True, timeout=_PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = (done.stderr + done.stdout).splitlines()
    return next((line.strip() for line in lines if "version" in line), lines[0].strip() if lines else "")


def major_of(told: str) -> int | None:
    """Java's own number.

    >>> major_of('openjdk version "17.0.16" 2025-07-15'), major_of('java version "1.8.0_402"'), major_of("?")
    (17, 8, None)
    """
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return None if found is None else int(found[1])
