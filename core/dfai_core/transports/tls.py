"""Whose certificates are trusted, and what to say of those that are not."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

__all__ = ["distrust", "tls_context"]

# OpenSSL's verdicts on a chain that ends in an authority that this machine does not know.
_UNKNOWN_AUTHORITY = frozenset({18, 19, 20, 21})


def tls_context() -> ssl.SSLContext:
    """The system's authorities, or those that SSL_CERT_FILE and SSL_CERT_DIR name; certificate and name are checked.

    Made by ourselves, when it is first needed: the library makes its own when it is imported, and a variable that
    is set later, as in a notebook, would change nothing.
    """
    return ssl.create_default_context()


def distrust(host: str, error: Exception) -> str:
    """Why the certificate of *host* was not accepted, and what to do where an authority is missing.

    >>> distrust("me.example", ValueError("certificate has expired"))
    'the certificate of me.example was not accepted: certificate has expired'
    """
    reason = getattr(error, "verify_message", "") or str(error)
    message = f"the certificate of {host} was not accepted: {reason}"
    if getattr(error, "verify_code", None) not in _UNKNOWN_AUTHORITY:
        return message
    named = os.environ.get("SSL_CERT_FILE")
    if named and not Path(named).is_file():
        return f"{message}. SSL_CERT_FILE names {named}, which is no file here"
    return f"{message}. Where a company has an authority of its own, SSL_CERT_FILE names the file that holds it"
