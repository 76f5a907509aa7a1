"""Vision: what pictures show, say and look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

from dfai._verbs.base import Columns, IfExists, R, VerbBase
from dfai_core import Col, Settings, services

__all__ = ["VisionVerbs"]

Fetch = Literal["worker", "service"]


class VisionVerbs(VerbBase[R]):
    """Verbs of the Vision family. Each adds its columns and two more: ``_error`` and ``_error_message``."""

    def tag_image(
        self,
        image: Columns,
        *,
        language: str | Col = "en",
        fetch: Fetch | Col = "worker",
        include: Sequence[Literal["confidence", "error_detail"]] | Literal["all"] = (),
        output: str = "tags",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Say in single words what each picture shows.

        Parameters
        ----------
        image
            Column of pictures, or several: bytes, paths or URLs, PIL images, uint8 arrays of height × width (× 3 or 4),
            and Spark's binary files and image structs. Paths and URLs are read on the worker, in turn, so that a folder
            of any size passes through; a null stays null and costs no request.
        language
            ISO 639-1 code of the tags, or a column of them (``dfai.col``).
        fetch
            Who reads http and https URLs: the "worker", which sends their bytes, or the "service" itself.
        include
            More columns: "confidence" (list of float64 in [0, 1], in the order of the tags), "error_detail".
        output
            Name of the tags' column (list of string), and prefix of ``_confidence``, ``_error`` and ``_error_message``.
        if_exists
            As in `sentiment`.
        **settings
            How the call is made: ``target``, ``concurrency``, ``on_error``, … (see ``dfai.Settings``).
            ``api_version="v3.2"`` asks Computer Vision instead of Image Analysis 4.0.

        Returns
        -------
        The same kind of frame with the new columns.

        Notes
        -----
        Errors of a row: ``unreadable`` (no such file, no image), ``too_large`` (20 MiB, 4 MiB with v3.2), ``empty``,
        ``unsupported`` (a format or a kind of value that is not served).

        Examples
        --------
        >>> dfai.files("photos/**/*.jpg").ai.tag_image("path")  # doctest: +SKIP
        """
        return self._call(
            services()["tag_image"],
            (image,),
            {"language": language, "fetch": fetch},
            include,
            output,
            if_exists,
            settings,
        )
