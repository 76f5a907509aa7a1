"""Batch synthesis: a document of any length, spoken by a job whose sounds come in a ZIP file."""

from __future__ import annotations

import io
import re
import uuid
import zipfile
from collections.abc import Sequence

import orjson

from dfai_core.service import Ask, Body, Document, Exchange, Failure, Progress, Values, Wiring
from dfai_core.services.speech.speaking import CODES, speaking_of
from dfai_core.services.speech.wire import ACCEPTED, json_of, unread, unused
from dfai_core.transports.base import Answer

__all__ = ["BATCH", "batch_synthesis", "sound_in"]

BATCH = "2024-04-01"
_JOBS = "/texttospeech/batchsyntheses/"
_VERSION = f"?api-version={BATCH}"
# Source: the contract of 2024-04-01.
_MOST_BYTES = 2_000_000
# Should nobody be left to delete it.
_KEPT_HOURS = 24
# Of one sound, unpacked: as much as an answer may have that is not packed.
_MOST_SOUND_BYTES = 512 << 20
_SOUND = re.compile(r"\d{4}\.(?!.*json$)[\w.]+")


def batch_synthesis(wiring: Wiring) -> Exchange:
    """The exchange of one document's job.

    Its requests: create; ask until it has ended; read the ZIP file; delete.
    """
    speaking = speaking_of(wiring, long=True)

    def said(documents: Sequence[Document], answers: Sequence[Answer]) -> Ask | Sequence[Values | Failure | None]:
        if not answers:
            (document,) = documents
            made = speaking.document(document)
            if isinstance(made, Failure):
                return [made]
            properties = {"outputFormat": speaking.sound.name, "timeToLiveInHours": _KEPT_HOURS}
            body = {"inputKind": "SSML", "inputs": [{"content": made.decode()}], "properties": properties}
            written = orjson.dumps(body)
            if len(written) > _MOST_BYTES:
                return [Failure("too_large", f"the job has {len(written):,} bytes, of {_MOST_BYTES:,} at most")]
            # Sent again it is the same job: its name is made once.
            return Ask(f"{_JOBS}{uuid.uuid4()}{_VERSION}", Body(written, "application/json"), "PUT")
        job = json_of(answers[0])
        delete = Ask(f"{_JOBS}{job['id']}{_VERSION}", method="DELETE", optional=True)
        if job["status"] != "Succeeded":
            return delete if len(answers) == 1 else [_failure(job.get("properties", {}).get("error") or {})]
        if len(answers) == 1:
            return Ask("", method="GET", url=job["outputs"]["result"], private=wiring.private_urls)
        if len(answers) == 2:
            return delete
        data = sound_in(answers[1].body)
        return [data if isinstance(data, Failure) else speaking.heard(data)]

    return Exchange(
        _JOBS,
        unused,
        unread,
        speaking.merge,
        finish=speaking.finish,
        headers={},
        codes=CODES,
        accepts=ACCEPTED,
        whole=True,
        steps=said,
        begun=lambda answer: f"{json_of(answer)['id']}{_VERSION}",
        progress=_progress,
        cancel=lambda url: ("DELETE", url),
    )


def _progress(answer: Answer) -> Progress:
    """A job that failed has ended as well: it too is deleted."""
    return Progress("done" if json_of(answer)["status"] in ("Succeeded", "Failed") else "running")


def sound_in(packed: bytes) -> bytes | Failure:
    """The one sound in a ZIP file, unpacked in memory: no name in it is ever a path of this machine's.

    Raises
    ------
    ValueError
        It is no ZIP file, or holds neither a sound nor a reason.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            names = [name for name in archive.namelist() if _SOUND.fullmatch(name)]
            if not names:
                return _why_not(archive)
            if archive.getinfo(names[0]).file_size > _MOST_SOUND_BYTES:
                return Failure("too_large", f"the sound has more than {_MOST_SOUND_BYTES >> 20} MB")
            with archive.open(names[0]) as file:
                data = file.read(_MOST_SOUND_BYTES + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise ValueError(f"the results are no ZIP file that can be read ({type(error).__name__})") from None
    # What a file says of its own size need not be true.
    return data if len(data) <= _MOST_SOUND_BYTES else Failure("too_large", "the sound is larger than it says")


def _why_not(archive: zipfile.ZipFile) -> Failure:
    if "summary.json" not in archive.namelist():
        raise ValueError("the results hold no sound")
    with archive.open("summary.json") as file:
        (result,) = orjson.loads(file.read(1 << 20))["results"]
    return _failure({"message": result.get("error")})


def _failure(error: dict[str, str | None]) -> Failure:
    code = error.get("code")
    return Failure(CODES.get(str(code), "refused"), str(error.get("message") or "it failed"), 200, False, code)
