"""Verbs of the search family: documents of an index, and images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

from dfai._verbs.base import Columns, IfExists, R, VerbBase
from dfai_core import Col, Settings, services
from dfai_core.errors import ConfigError

__all__ = ["SearchVerbs"]


class SearchVerbs(VerbBase[R]):
    """Verbs that find something."""

    def search_images(
        self,
        query: Columns,
        *,
        top: int | Col = 10,
        offset: int | Col = 0,
        market: str | Col | None = None,
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "images",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Find, for each text, images that answer it.

        Parameters
        ----------
        query
            Column with what to look for.
        top
            At most this many images, from 1 to 1,000. The service gives 150 a page: more take several requests.
        offset
            How many of the best are left out.
        market
            For a service that knows more than one: a language and a country, such as "en-US".
        include
            "error_detail" for what is known of each error.
        output
            Name of the images' column (list of struct: name, content_url, thumbnail_url, host_page_url, width, height,
            encoding_format, size_bytes, date_published, image_id, insights_token), and prefix of ``_count`` (int64: how
            many there may be in all), ``_error`` and ``_error_message``.
        if_exists, **settings
            As in `sentiment`. Images are not kept in a store: what is found changes.

        Returns
        -------
        The same kind of frame with the new columns. No image is an empty list.

        Notes
        -----
        The embedded engine finds the pictures of folders of your own, which ``DFAI_IMAGES`` names: by their names, by
        what their makers noted in them, and, once ``dfai index`` has looked at them, by what they show.

        Examples
        --------
        >>> df = pd.DataFrame({"wish": ["cat on a sofa"]})
        >>> df.ai.search_images("wish", top=3).explode("images")  # doctest: +SKIP
        """
        options = {"top": top, "offset": offset, "market": market}
        return self._call(services()["search_images"], (query,), options, include, output, if_exists, settings)

    def find_similar_images(
        self,
        image: Columns,
        *,
        top: int | Col = 10,
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "similar_images",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Find, for each picture, images that look like it.

        Parameters
        ----------
        image
            Column with pictures, as in `tag_image`: paths, URLs, bytes, pixels.
        top
            At most this many images, from 1 to 150.
        include
            "error_detail" for what is known of each error.
        output
            Name of the images' column (list of struct, as in `search_images`, the most alike first), and prefix of
            ``_error`` and ``_error_message``.
        if_exists, **settings
            As in `sentiment`. What is found is not kept in a store: it changes.

        Returns
        -------
        The same kind of frame with the new columns. A picture that is itself among the images is the first of them.

        Notes
        -----
        The embedded engine compares with those pictures below the folders in ``DFAI_IMAGES`` that ``dfai index`` has
        looked at.

        Examples
        --------
        >>> df = pd.DataFrame({"path": ["photos/sofa.jpg"]})
        >>> df.ai.find_similar_images("path", top=3).explode("similar_images")  # doctest: +SKIP
        """
        service = services()["find_similar_images"]
        return self._call(service, (image,), {"top": top}, include, output, if_exists, settings)

    def search_index(
        self,
        query: Columns,
        *,
        among: str | Col | None = None,
        top: int | Col = 10,
        filter: str | Col | None = None,
        match: Literal["any", "all"] | Col = "any",
        select: Sequence[str] = (),
        key: str | None = None,
        include: Sequence[Literal["count", "error_detail"]] | Literal["all"] = (),
        output: str = "hits",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Find, for each text, the documents that a search index has for it.

        Parameters
        ----------
        query
            Column with what to look for, in the simple query syntax: words, ``"phrases"``, ``prefix*``, and between
            them ``+`` (and), ``|`` (or), ``-`` (not), ``( )``. ``*`` alone finds everything.
        among
            The index: its name, or a column of names.
        top
            At most this many hits, from 1 to 1,000.
        filter
            A condition that documents must meet, in OData's syntax: ``"rating ge 4 and tags/any(t: t eq 'spa')"``.
        match
            Whether a document must have "any" or "all" of the words that no operator joins.
        select
            Fields that a hit's document has; all by default.
        key
            The name of the index's key field: then hits have a ``key``.
        include
            More columns: "count" (int64: how many documents are found in all), "error_detail".
        output
            Name of the hits' column (list of struct: score, key, document, the last as JSON), and prefix of ``_count``,
            ``_error`` and ``_error_message``.
        if_exists, **settings
            As in `sentiment`. Hits are not kept in a store: the index may change.

        Returns
        -------
        The same kind of frame with the new columns. No hit is an empty list.

        Examples
        --------
        >>> df = pd.DataFrame({"wish": ["quiet +pool"]})
        >>> df.ai.search_index("wish", among="hotels", key="id", top=3)  # doctest: +SKIP
        """
        if among is None:
            raise ConfigError('search_index: say in which index, among="name".')
        options = {"among": among, "top": top, "filter": filter, "match": match, "select": select, "key": key}
        return self._call(services()["search_index"], (query,), options, include, output, if_exists, settings)
