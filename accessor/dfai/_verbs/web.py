"""Any web service: requests made from a frame's columns."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal, Unpack

from dfai._verbs.base import Columns, IfExists, R, VerbBase
from dfai_core import Batch, Col, Pages, Poll, Secret, Settings, services
from dfai_core.errors import ConfigError
from dfai_core.services.web.arguments import masked
from dfai_core.services.web.own import Service

__all__ = ["WebVerbs"]


class WebVerbs(VerbBase[R]):
    """Verbs that ask wherever their rows say."""

    def http(
        self,
        url: Hashable,
        *,
        method: str = "GET",
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        json: Any = None,
        data: Mapping[str, Any] | None = None,
        content: str | bytes | Col | None = None,
        files: Mapping[str, Any] | None = None,
        auth: str | Secret | tuple[str, str | Secret] | None = None,
        parse: Any = None,
        ok: str | int | Sequence[str | int] = "2xx",
        pages: str | Pages | None = None,
        poll: Poll | None = None,
        batch: Batch | None = None,
        origins: str | Sequence[str] = (),
        idempotent: bool | None = None,
        include: Sequence[Literal["headers", "content", "error_detail"]] | Literal["all"] = (),
        output: str = "response",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Ask any web service, with a request made from each row.

        Arguments are called as in httpx. Anywhere in *params*, *headers*, *json*, *data*, *content* and *files*
        ``dfai.col("name")`` takes the row's value, of whatever type; everything else is the same for all rows.

        Parameters
        ----------
        url
            The name of a column that holds whole URLs, or a template: ``{name}`` is replaced by the row's value,
            percent-escaped, ``{{`` and ``}}`` are braces. A string that is the name of a column is that column. Where a
            column of the URL is null, the row stays null and costs no request.
        method
            In any case of letters.
        params, headers, data, files
            Mappings. A null is left out; in *params* and *data* a list stands for several of a name. *params* are
            added to those in the URL. A file is its content, or (name, content) or (name, content, type).
        json, content
            A body as JSON, where a null is null; a body as it stands, text or bytes.
        auth
            A bearer token, or (user, password): secrets, best as references (``dfai.env("TOKEN")``), which may stand in
            *headers* and *params* as well. They are read where the request leaves, travel over TLS or inside one
            machine only, and go to hosts that are written down: in the template, or in *origins*.
        parse
            Columns to read from a JSON answer: ``{"name": ("$.country.name", "string")}``, with the types "string",
            "int", "float", "bool", "json" or pyarrow's; or a pyarrow schema, read by name from a JSON object. What is
            missing is null; what does not fit is the row's error.
        ok
            Which statuses are answers: "2xx", 404, or a list of such. Others are the row's error.
        pages
            "link" or a JSON path to the link of the next page, or `Pages`: all pages are one answer.
        poll
            `Poll`, for services that accept with 202 and are asked until they are done.
        batch
            `Batch`, for several rows in one request.
        origins
            The only places that may be asked, by redirects too: ``["https://api.example"]``.
        idempotent
            Whether equal rows may share a request, answers may be kept in a store, and what may have been carried out
            may be sent again. By default GET and HEAD are all of these, and of the others PUT, DELETE, OPTIONS and
            TRACE may be sent again.
        include
            More columns: "headers" (list of struct: name, value), "content" (the body's bytes), "error_detail".
        output
            Name of the answer's column (string), and prefix of ``_status`` (int64), of a column for each name in
            *parse*, of ``_error`` and ``_error_message``.
        if_exists, **settings
            As in `sentiment`; ``target`` does not apply. ``concurrency`` and ``rate_per_s`` hold for the whole call,
            over all hosts; pauses, breakers and learned rates for each host apart.

        Returns
        -------
        The same kind of frame with the new columns.

        Notes
        -----
        Source: RFC 9110, section 9.2.2. A request that is not idempotent is sent again only if it was certainly not
        carried out: no connection came about (refused, DNS, TLS), or the service said 429 (RFC 6585), or 503 with
        Retry-After. Otherwise its error says that it may have been carried out. Spark may evaluate a plan more than
        once, and then sends such requests again: persist the answer, or give each row a key that the service knows.

        Redirects of GET and HEAD are followed, ten at most; to another origin they carry no credentials.

        Examples
        --------
        >>> df = pd.DataFrame({"iso": ["br", "us"]})
        >>> df.ai.http(
        ...     "https://api.worldbank.org/v2/country/{iso}",
        ...     params={"format": "json"},
        ...     parse={"name": ("$[1][0].name", "string")},
        ...     output="bank",
        ...     concurrency=3,
        ... )  # doctest: +SKIP
        """
        # At once: a traceback shows variables.
        auth, headers, params = masked(auth, headers, params)
        options = {
            "method": method,
            "params": params,
            "headers": headers,
            "json": json,
            "data": data,
            "content": content,
            "files": files,
            "auth": auth,
            "parse": parse,
            "ok": ok,
            "pages": pages,
            "poll": poll,
            "batch": batch,
            "origins": origins,
            "idempotent": idempotent,
        }
        return self._call(services()["http"], (url,), options, include, output, if_exists, settings)

    def download(
        self,
        url: Columns,
        *,
        max_bytes: int | Col = 20_000_000,
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "content",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Fetch what stands at each URL.

        Parameters
        ----------
        url
            Column with whole URLs, http or https. A null stays null and costs no request; equal URLs are fetched once.
        max_bytes
            Of one content, at most 125,000,000. A larger one is not read to its end: the row has the error
            "too_large".
        include
            "error_detail" for what is known of each error.
        output
            Name of the content's column (bytes), and prefix of ``_type`` (string: the media type that the server says),
            ``_size_bytes`` (int64), ``_error`` and ``_error_message``.
        if_exists, **settings
            As in `sentiment`; ``target`` does not apply. Contents are not kept in a store.
            With ``private_urls="refuse"``, the default, no address of a private network, of this machine, or of a
            cloud's metadata service is asked, whether the URL names it, a name leads to it, or a redirect; such a row
            has the error "refused". "allow" asks wherever the rows say.

        Returns
        -------
        The same kind of frame with the new columns.

        Notes
        -----
        Redirects are followed, ten at most, each checked as the URL itself is. No key and no cookie is ever sent.
        Behind a proxy it is the proxy that looks names up, and its rules decide where they may lead.

        Examples
        --------
        >>> import warnings
        >>> df = pd.DataFrame({"link": ["http://169.254.169.254/latest/meta-data"]})
        >>> with warnings.catch_warnings(action="ignore"):
        ...     df.ai.download("link")["content_error"].tolist()
        ['refused']
        """
        options = {"max_bytes": max_bytes}
        return self._call(services()["download"], (url,), options, include, output, if_exists, settings)

    def call(
        self,
        service: Service,
        *inputs: Hashable,
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str | None = None,
        if_exists: IfExists = "raise",
        **arguments: Any,
    ) -> R:
        """Ask a service of your own, declared by `dfai.Service`.

        Parameters
        ----------
        service
            What is asked, and how.
        *inputs
            The columns that it reads, of any type, in the order of its ``inputs``.
        include
            "error_detail" for what is known of each error.
        output
            Name of the headline's column, and prefix of the others; by default the headline's own.
        if_exists
            As in `sentiment`.
        **arguments
            The service's own options, each a value or ``dfai.col("name")``, and settings as in `sentiment`.

        Returns
        -------
        The same kind of frame with the service's columns, ``_error`` and ``_error_message``.
        """
        if not isinstance(service, Service):
            raise ConfigError(f"call(…) takes a dfai.Service first, not a {type(service).__name__}.")
        if len(inputs) != len(service.inputs):
            named = ", ".join(service.inputs)
            raise ConfigError(f"{service.name} reads {len(service.inputs)} columns ({named}), not {len(inputs)}.")
        options = {name: arguments.pop(name, default) for name, default in service.options.items()}
        settings: Any = arguments
        noun = next(iter(service.columns))
        return self._call(
            service.declared(), inputs, options, include, noun if output is None else output, if_exists, settings
        )
