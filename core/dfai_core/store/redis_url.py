"""A Redis's URL, taken apart: what the client gets, what people may see, and how long answers are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from dfai_core.errors import ConfigError

__all__ = ["RedisUrl"]

_DAY_S = 86_400.0
_LONGEST_S = 36_500 * _DAY_S
_TLS_SETTINGS = {"ssl_ca_certs", "ssl_certfile", "ssl_cert_reqs", "ssl_check_hostname", "ssl_keyfile"}


@dataclass(frozen=True, slots=True)
class RedisUrl:
    """Where a Redis is. *url* may hold a password, *shown* does not."""

    url: str = field(repr=False)
    shown: str
    expiry_s: float

    @classmethod
    def of(cls, url: str) -> RedisUrl:
        """Takes *url* apart.

        Raises
        ------
        ConfigError
            Which does not quote the URL: in a wrong one a password may stand anywhere.

        >>> RedisUrl.of("redis://:hush@cache/0?expiry_s=3600")
        RedisUrl(shown='redis://cache:6379/0', expiry_s=3600.0)
        """
        try:
            parts = urlsplit(url)
            port, database = parts.port or 6379, parts.path.strip("/")
            query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
            expiry_s = float(query.pop("expiry_s", 30 * _DAY_S))
        except ValueError:
            raise _unreadable() from None
        known = {"redis": set(), "rediss": _TLS_SETTINGS}.get(parts.scheme)
        if known is None or not parts.hostname or not query.keys() <= known or not 0 < expiry_s <= _LONGEST_S:
            raise _unreadable()
        if database and not (database.isascii() and database.isdigit()):
            raise _unreadable()
        plain = urlunsplit(parts._replace(query=urlencode(query)))
        return cls(plain, f"{parts.scheme}://{parts.hostname}:{port}/{database or 0}", expiry_s)


def _unreadable() -> ConfigError:
    return ConfigError(
        "store= holds a Redis URL that cannot be read. Expected redis://[user:password@]host[:port][/database]"
        "[?expiry_s=seconds], with special characters in the password percent-encoded. rediss:// also takes "
        f"{', '.join(sorted(_TLS_SETTINGS))}."
    )
