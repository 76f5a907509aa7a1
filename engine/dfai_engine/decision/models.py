"""The models of several variables that this server knows: kept in memory, and in its data folder if it has one."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

import orjson

from dfai_engine.decision.correlation import Fitted, restored
from dfai_engine.decision.timestamps import written
from dfai_engine.failures import ServiceFailure

__all__ = ["Models", "Record", "Status", "record_of"]

Status = Literal["CREATED", "RUNNING", "READY", "FAILED"]
FOLDER = "anomaly-models"


@dataclass(frozen=True, slots=True)
class Record:
    """One model: what was asked for, how far it is, and what came of it."""

    id: str
    created: str
    updated: str
    info: Mapping[str, Any]  # modelInfo, as the client sent it
    names: tuple[str, ...] = ()  # of the variables, once they are known
    status: Status = "CREATED"
    errors: tuple[Mapping[str, str], ...] = ()
    diagnostics: Mapping[str, Any] | None = None
    fitted: Fitted | None = None

    def shown(self) -> dict[str, Any]:
        """The model as the service shows it."""
        info = {**self.info, "status": self.status, "errors": list(self.errors)}
        if self.diagnostics is not None:
            info["diagnosticsInfo"] = self.diagnostics
        return {
            "modelId": self.id,
            "createdTime": self.created,
            "lastUpdatedTime": self.updated,
            "modelInfo": info,
        }

    def exported(self) -> dict[str, Any]:
        """All of it, as it is kept on disk and carried to other machines."""
        fitted = None if self.fitted is None else self.fitted.written()
        return {**self.shown(), "variables": list(self.names), "fitted": fitted}


class Models:
    """The models of one server.

    Parameters
    ----------
    folder
        The server's data folder; models live below it, one JSON file each. None: they end with the process.
    most
        How many models may be kept.
    """

    def __init__(self, folder: Path | None, *, most: int, now: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self._folder = None if folder is None else folder / FOLDER
        self._most = most
        self._now = now
        self._lock = threading.Lock()
        self._known: dict[str, Record] = {}
        if self._folder is not None:
            for path in sorted(self._folder.glob("*.json")):
                record = self._read(path)
                if record is not None and record.status in ("CREATED", "RUNNING"):
                    # Whoever trained it is gone: there is one server to a data folder.
                    error = {"code": "Interrupted", "message": "The server ended while it trained this model."}
                    record = replace(record, status="FAILED", errors=(error,))
                    self._write(record)
                if record is not None:
                    self._known[record.id] = record

    def create(self, info: Mapping[str, Any]) -> Record:
        """A new model, not yet trained.

        Raises
        ------
        ServiceFailure
            As many are kept as may be.
        """
        now = written(self._now().replace(microsecond=0))
        record = Record(str(uuid.uuid4()), now, now, dict(info))
        self._keep(record)
        return record

    def put(self, record: Record) -> None:
        """A model that was trained elsewhere."""
        self._keep(record)

    def _keep(self, record: Record) -> None:
        with self._lock:
            if record.id not in self._known and len(self._known) >= self._most:
                raise ServiceFailure(
                    f"{self._most:,} models are kept here, which is all there may be. Delete one.",
                    code="ModelCountExceeded",
                )
            self._write(record)
            self._known[record.id] = record

    def update(self, identity: str, **changes: Any) -> Record | None:
        """The model with some of it changed; None if it was deleted meanwhile."""
        with self._lock:
            record = self._known.get(identity)
            if record is None:
                return None
            record = replace(record, updated=written(self._now().replace(microsecond=0)), **changes)
            self._write(record)
            self._known[identity] = record
            return record

    def get(self, identity: str) -> Record:
        """A model by its id.

        Raises
        ------
        ServiceFailure
            404: there is none.
        """
        with self._lock:
            record = self._known.get(identity)
            if record is None and self._folder is not None and _is_id(identity):
                # Another process with the same folder may have trained it.
                record = self._read(self._folder / f"{identity}.json")
                if record is not None:
                    self._known[identity] = record
        if record is None:
            raise ServiceFailure(f"Model with 'id={identity[:64]}' not found.", status=404, code="ModelNotExist")
        return record

    def ready(self, identity: str) -> tuple[Record, Fitted]:
        """A model that can be used.

        Raises
        ------
        ServiceFailure
            404: there is none. 400: it is not trained, or its training failed.
        """
        record = self.get(identity)
        if record.status != "READY" or record.fitted is None:
            failed = "; its training failed" if record.status == "FAILED" else ""
            raise ServiceFailure(f"The model is not ready yet{failed}.", code="ModelNotReady")
        return record, record.fitted

    def delete(self, identity: str) -> None:
        """Forget a model.

        Raises
        ------
        ServiceFailure
            404: there is none.
        """
        self.get(identity)
        with self._lock:
            self._known.pop(identity, None)
            if self._folder is not None:
                (self._folder / f"{identity}.json").unlink(missing_ok=True)

    def all(self) -> list[Record]:
        """Every model, the newest first."""
        with self._lock:
            return sorted(self._known.values(), key=lambda record: (record.created, record.id), reverse=True)

    def _write(self, record: Record) -> None:
        if self._folder is None:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{record.id}.json"
        fresh = path.with_suffix(".new")
        fresh.write_bytes(orjson.dumps(record.exported()))
        fresh.replace(path)

    @staticmethod
    def _read(path: Path) -> Record | None:
        """A model from disk; None if the file is gone or is no model."""
        try:
            return record_of(orjson.loads(path.read_bytes()))
        except (OSError, ValueError):
            return None


def record_of(written: object) -> Record:
    """A model from its JSON.

    Raises
    ------
    ValueError
        It is no model.
    """
    if not isinstance(written, Mapping):
        raise ValueError("not an object")
    identity, info, names = written.get("modelId"), written.get("modelInfo"), written.get("variables")
    created, updated = written.get("createdTime"), written.get("lastUpdatedTime")
    if not isinstance(identity, str) or not _is_id(identity) or not isinstance(info, Mapping):
        raise ValueError("modelId and modelInfo are not a model's")
    if not isinstance(created, str) or not isinstance(updated, str):
        raise ValueError("its times are none")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("its variables are none")
    status: Status | None = next((known for known in get_args(Status) if known == info.get("status")), None)
    errors = info.get("errors")
    if status is None or not isinstance(errors, list):
        raise ValueError("its status is none")
    fitted = None if written.get("fitted") is None else restored(written["fitted"])
    if fitted is not None and fitted.variables != len(names):
        raise ValueError("it has other variables than arrays")
    given = {key: value for key, value in info.items() if key not in ("status", "errors", "diagnosticsInfo")}
    return Record(
        identity, created, updated, given, tuple(names), status, tuple(errors), info.get("diagnosticsInfo"), fitted
    )


def _is_id(identity: str) -> bool:
    try:
        return str(uuid.UUID(identity)) == identity
    except ValueError:
        return False
