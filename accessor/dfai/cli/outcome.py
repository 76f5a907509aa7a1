"""What came of a run: counted while it is written, told at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dfai._run import Run, counted
from dfai.cli.exits import Exit

__all__ = ["Outcome"]


@dataclass(slots=True)
class Outcome:
    """Rows, answers and errors, by what was written."""

    out: str
    backend: str
    rows: int = 0
    answered: int = 0
    errors: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, out: str, backend: str, run: Run) -> Outcome:
        """What workers counted: of rows without anything to ask they do not tell."""
        errors = Counter(run.errors)
        return cls(out, backend, run.rows, run.rows - sum(errors.values()), errors)

    def see(self, answers: Sequence[pa.RecordBatch]) -> None:
        """Counts one batch."""
        self.rows += answers[0].num_rows
        for batch in answers:
            self.answered += batch.num_rows - batch.column(0).null_count
            codes = batch.column(batch.num_columns - 2)
            if codes.null_count < len(codes):
                self.errors.update(
                    {one["values"]: one["counts"] for one in pc.value_counts(codes.drop_null()).to_pylist()}
                )

    @property
    def failed(self) -> int:
        """Rows without an answer that have something to ask: a blank one has not."""
        return sum(count for code, count in self.errors.items() if code != "empty")

    @property
    def exit(self) -> Exit:
        """The exit code that says so."""
        if not self.failed:
            return Exit.ANSWERED
        return Exit.SOME_FAILED if self.answered else Exit.NOTHING_ANSWERED

    def plain(self, run: Run) -> dict[str, Any]:
        """All of it for ``--json``."""
        return {
            "out": self.out,
            "rows": self.rows,
            "answered": self.answered,
            "failed": self.failed,
            "errors": dict(self.errors.most_common()),
            "exit_code": int(self.exit),
            "run": run.to_dict(),
        }

    def text(self, run: Run) -> str:
        """All of it for people."""
        lines = [str(run), f"wrote {self.out}: {counted(self.rows, 'row')}"]
        if self.errors:
            told = ", ".join(f"{code} {count:,}" for code, count in self.errors.most_common())
            lines[-1] += f", {sum(self.errors.values()):,} without an answer ({told})"
        if self.failed:
            lines.append(f"To ask for these alone: the same line on {self.out}, with --if-exists fill --overwrite")
        return "\n".join(lines)
