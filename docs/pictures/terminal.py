"""Draws what a command shows in a terminal, as an SVG that needs nothing from elsewhere.

    python docs/pictures/terminal.py doctor.svg -- dfai doctor
    python docs/pictures/terminal.py run.svg --frame 0.6 -- dfai run sentiment reviews.parquet …

``--frame`` takes a live line as it was when so much of its time was over, instead of what is left at the end.
"""

from __future__ import annotations

import argparse
import fcntl
import io
import os
import pty
import re
import shlex
import struct
import termios
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

THEME = TerminalTheme(
    (30, 32, 38),
    (215, 218, 224),
    [
        (30, 32, 38),
        (235, 100, 110),
        (110, 200, 130),
        (225, 185, 90),
        (110, 165, 240),
        (200, 140, 220),
        (90, 195, 205),
        (150, 155, 165),
    ],
)
WIDTH = 100


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("picture", type=Path)
    arguments.add_argument("--frame", type=float)
    arguments.add_argument("command", nargs="+")
    given = arguments.parse_args()
    shown = drawn(output_of(given.command), given.frame)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "bold"), shlex.join(given.command).replace("'", '"')))
    console.print(Text.from_ansi(shown))
    svg = console.export_svg(title="", theme=THEME)
    # The fonts that it would fetch are left out: those of the reader's own machine do.
    given.picture.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), encoding="utf-8")


def output_of(command: list[str]) -> str:
    """What a command writes to a terminal of our width."""
    child, terminal = pty.fork()
    if not child:
        os.environ.update(TERM="xterm-256color", COLUMNS=str(WIDTH), LINES="40")
        os.execvp(command[0], command)  # noqa: S606  what whoever draws the picture names
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, WIDTH, 0, 0))
    pieces = []
    while True:
        try:
            piece = os.read(terminal, 65_536)
        except OSError:  # its other end is closed
            break
        pieces.append(piece)
    os.waitpid(child, 0)
    return b"".join(pieces).decode().replace("\r\n", "\n")


def drawn(output: str, frame: float | None) -> str:
    """What is to be seen of *output*: all of its lines, or a live line at one moment."""
    frames = re.split(r"\r?\x1b\[2K", output)
    if frame is not None:
        lines = [one for one in frames if "rows" in one and "\n" not in one]
        return lines[int(frame * (len(lines) - 1))]
    return re.sub(r"\x1b\[\?25[lh]|\x1b\[1A", "", frames[-1] if len(frames) > 1 else output).strip()


main()
