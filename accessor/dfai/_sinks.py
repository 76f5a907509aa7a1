"""What writes a frame's rows somewhere, and gives them back with what became of each."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from os import PathLike
from typing import Any, Literal, TypeVar, Unpack

from dfai._inputs import find
from dfai._search_index import rows_for
from dfai._verbs import IfExists
from dfai._verbs.base import VerbBase
from dfai_core import Backend, Col, Settings
from dfai_core.services.files.names import file_name
from dfai_core.services.files.write_files import write_files

__all__ = ["Sinks"]

F = TypeVar("F")


class Sinks(VerbBase[F]):
    """The sinks of one frame."""

    _frame: F
    _backend: Backend

    def write_files(
        self,
        content: Hashable,
        path: str | PathLike[str],
        *,
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "written",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> F:
        """Write each row's content into a file of its own.

        Parameters
        ----------
        content
            Column of bytes, such as thumbnails, or of text, which is written as UTF-8. A null writes nothing.
        path
            Where it goes, with columns in braces: ``"out/{id}.jpg"``; on an object store ``"s3://bucket/{id}.jpg"``.
            Folders are made. A file that is there is replaced.
        include
            "error_detail" for what is known of each error.
        output
            Name of the column with the file's path (string), and prefix of ``_size_bytes`` (int64), ``_error`` and
            ``_error_message``.
        if_exists, **settings
            As in `sentiment`; ``concurrency`` is how many files a partition writes at a time. No target is asked.

        Returns
        -------
        The same rows with the new columns. A lazy frame stays lazy: files are written when these columns are computed,
        by the workers, on their machines. Writing one twice is writing it once.

        Raises
        ------
        ColumnNotFound, ConfigError
            At once.

        Notes
        -----
        Errors of a row: ``refused`` where a value would lead out of its folder or is empty, ``unavailable`` where the
        file cannot be written. Where two rows have the same path, one of them stays.

        Examples
        --------
        >>> df.ai.thumbnail("path").ai.write_files("thumbnail", "small/{id}.jpg")  # doctest: +SKIP
        """
        name = file_name(path)
        columns = tuple(find(self._backend, self._frame, column) for column in name.columns)
        return self._call(write_files(name), (content, *columns), {}, include, output, if_exists, settings)

    def write_search_index(
        self,
        name: str,
        *,
        key: Hashable,
        columns: Sequence[Hashable] | Mapping[Hashable, str] | None = None,
        action: Literal["upload", "merge", "mergeOrUpload", "delete"] | Col = "upload",
        fields: Mapping[str, str | Mapping[str, Any]] | None = None,
        nulls: Literal["write", "skip"] = "write",
        keys: Literal["check", "encode"] = "check",
        create: Literal["missing", "never"] = "missing",
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "indexed",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> F:
        """Write each row into a search index, as a document.

        Parameters
        ----------
        name
            The index. Where there is none of this name, one is made for the columns written, at once.
        key
            Column with the documents' keys: letters, digits, ``_``, ``-``, ``=``. Numbers become text.
        columns
            What is written besides the key: columns, or a mapping of columns to fields. Default: all.
        action
            "upload" puts the document in the place of one with the same key; "merge" changes the fields that are
            written, "mergeOrUpload" adds the document where there is none, "delete" takes it out. Or a column of these.
        fields
            What a new index needs to know besides: by field, a type such as "Collection(Edm.String)", or the field's
            own properties, such as ``{"dimensions": 384}`` for a column of vectors or ``{"filterable": False}`` for
            long texts.
        nulls
            Whether a null is written, or left out: with "merge" a field that is left out stays as it is.
        keys
            "check": a row whose key has other characters has an error. "encode": every key is written as URL-safe
            Base64 of its UTF-8.
        create
            "missing" looks for the index, holds the columns against it, or makes it; "never" does neither, for keys
            that may only write documents.
        include
            "error_detail" for what is known of each error.
        output
            Name of the column with the document's key as the index has it (string), and prefix of ``_status`` (int64:
            201 for a new document, 200 for others), ``_error`` and ``_error_message``.
        if_exists, **settings
            As in `sentiment`; "fill" writes the rows that failed, and those that are new.

        Returns
        -------
        The same rows with the new columns. A lazy frame stays lazy: documents are written when these columns are
        computed. Writing one twice is writing it once.

        Raises
        ------
        ConfigError
            At once, for columns that no index can have, or that this index has otherwise.

        Notes
        -----
        Source: Azure AI Search documentation, "Add, Update or Delete Documents": up to 1,000 documents and 16 MB a
        request, each with a status of its own.

        Examples
        --------
        >>> df = pd.DataFrame({"id": ["1"], "title": ["Old mill"], "tags": [["art", "oil"]]})
        >>> df.ai.write_search_index("art", key="id")  # doctest: +SKIP
        """
        rows = rows_for(
            self._backend,
            self._frame,
            name,
            key=key,
            columns=columns,
            action=action,
            fields=fields,
            nulls=nulls,
            keys=keys,
            create=create,
            output=output,
            settings=settings,
        )
        return self._call(rows.service, rows.columns, {}, include, output, if_exists, settings)
