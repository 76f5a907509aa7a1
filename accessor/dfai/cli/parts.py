"""Answers written down as they come, for verbs whose answers no store keeps: an interrupted run goes on behind them."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from dfai.cli.asked import Question
from dfai.cli.places import found

__all__ = ["Parts", "digest_of"]

# The settings that change what is answered, not how it is asked.
_MATTER = ("target", "api_version", "model_version")


@dataclass(frozen=True, slots=True)
class Parts:
    """A folder with a file for each batch of answers, in the order of the rows and without a gap."""

    folder: Path

    def begin(self, schema: pa.Schema) -> int:
        """How many rows have their answers already; those of other columns are of no use, and go."""
        self.folder.mkdir(parents=True, exist_ok=True)
        rows = 0
        for path in self._files():
            with pa.memory_map(str(path)) as file:
                reader = pa.ipc.open_file(file)
                if not reader.schema.equals(schema) or int(path.stem) != rows:
                    shutil.rmtree(self.folder)
                    self.folder.mkdir()
                    return 0
                rows += sum(reader.get_batch(at).num_rows for at in range(reader.num_record_batches))
        return rows

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.arrow"))

    def read(self) -> Iterator[pa.RecordBatch]:
        """The answers."""
        for path in self._files():
            with pa.memory_map(str(path)) as file:
                yield from pa.ipc.open_file(file).read_all().to_batches()

    def write(self, batch: pa.RecordBatch, first: int) -> None:
        """Keeps the answers of the rows from number *first* on."""
        path = self.folder / f"{first:015}.arrow"
        unfinished = path.with_suffix(".unfinished")
        with pa.ipc.new_file(str(unfinished), batch.schema) as writer:
            writer.write_batch(batch)
        unfinished.replace(path)


def digest_of(question: Question) -> str:
    """A name that is another one where anything is that answers depend on, the files' contents among it."""
    files = []
    for place in found(question.files):
        told = place.system.info(place.path)
        changed = next((told[name] for name in ("mtime", "LastModified", "updated", "ETag") if told.get(name)), None)
        files.append((str(place), told.get("size"), str(changed)))
    settings = {name: value for name, value in question.settings.items() if name in _MATTER}
    words = repr((question.service.name, question.inputs, question.options, settings, question.max_rows, files))
    return hashlib.sha256(words.encode()).hexdigest()[:24]
