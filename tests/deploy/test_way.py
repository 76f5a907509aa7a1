"""The way from a worker to an engine elsewhere, as the pages describe it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import trustme

import dfai
from engine.server import serving


def test_a_key_from_the_environment_reaches_a_guarded_engine_over_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    certificate, private_key, known = (tmp_path / name for name in ("tls.crt", "tls.key", "authority.pem"))
    certificate.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(private_key))
    authority.cert_pem.write_to_path(str(known))
    monkeypatch.setenv("SSL_CERT_FILE", str(known))
    monkeypatch.setenv("DFAI_SERVE_KEY", "open sesame")
    frame = pd.DataFrame({"text": ["Das Frühstück war kalt.", "The room was lovely."]})

    with serving(key="open sesame", tls=(certificate, private_key)) as url:
        target = dfai.container(url.replace("http://", "https://"), key=dfai.env("DFAI_SERVE_KEY"))
        answered = frame.ai.detect_language("text", target=target)

    assert answered["language"].tolist() == ["de", "en"]
    assert answered["language_error"].isna().all()
