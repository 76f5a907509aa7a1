"""Vision: what pictures show, say and look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Unpack

from dfai._verbs.base import Columns, IfExists, R, VerbBase
from dfai_core import Col, Settings, services

__all__ = ["VisionVerbs"]

Fetch = Literal["worker", "service"]
Feature = Literal[
    "tags",
    "caption",
    "dense_captions",
    "objects",
    "read",
    "people",
    "smart_crops",
    "categories",
    "color",
    "image_type",
    "adult",
    "brands",
]


class VisionVerbs(VerbBase[R]):
    """Verbs of the Vision family. Each adds its columns and two more: ``_error`` and ``_error_message``."""

    def analyze_image(
        self,
        image: Columns,
        *,
        features: Feature | Sequence[Feature] = ("tags", "objects"),
        language: str | Col = "en",
        fetch: Fetch | Col = "worker",
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "image",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Tell several things about each picture, in one request for each.

        Parameters
        ----------
        image
            Column of pictures, or several, as in `tag_image`.
        features
            What is asked for, each a column: "tags" (list of string), "caption" (string), "objects" (list of struct);
            of Image Analysis 4.0 "dense_captions", "people", "smart_crops" (lists of struct) and "read" (string); of
            Computer Vision v3.2 "categories", "brands" (lists of struct), "color", "image_type" and "adult" (structs).
            Those of one generation cannot be asked for together with those of the other.
        language
            ISO 639-1 code of the words, or a column of them (``dfai.col``).
        fetch
            Who reads http and https URLs: the "worker", which sends their bytes, or the "service" itself.
        include
            "error_detail" for what is known of each error.
        output
            Prefix of the columns: ``_tags``, ``_objects``, …, one for each feature in its order, ``_error`` and
            ``_error_message``. The first feature is the headline: where a picture has no answer it is null.
        if_exists, **settings
            As in `sentiment`; ``api_version`` as in `tag_image`.

        Returns
        -------
        The same kind of frame with the new columns.

        Notes
        -----
        Azure bills each feature of Image Analysis 4.0 as a transaction.

        Examples
        --------
        >>> df.ai.analyze_image("path", features=["caption", "people"])  # doctest: +SKIP
        """
        options: dict[str, Any] = {"features": features, "language": language, "fetch": fetch}
        return self._call(services()["analyze_image"], (image,), options, include, output, if_exists, settings)

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

    def describe_image(
        self,
        image: Columns,
        *,
        language: str | Col = "en",
        fetch: Fetch | Col = "worker",
        include: Sequence[Literal["dense", "error_detail"]] | Literal["all"] = (),
        output: str = "caption",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Say in a sentence what each picture shows.

        Parameters
        ----------
        image
            Column of pictures, or several, as in `tag_image`.
        language
            ISO 639-1 code of the sentences, or a column of them (``dfai.col``).
        fetch
            Who reads http and https URLs: the "worker", which sends their bytes, or the "service" itself.
        include
            More columns: "dense" (list of struct: text, confidence, x_px, y_px, width_px, height_px; Image Analysis
            4.0), "error_detail".
        output
            Name of the sentence's column (string), and prefix of ``_confidence`` (float64 in [0, 1]), ``_dense``,
            ``_error`` and ``_error_message``.
        if_exists, **settings
            As in `sentiment`; ``api_version`` as in `tag_image`.

        Returns
        -------
        The same kind of frame with the new columns.

        Notes
        -----
        Azure has captions in some regions only. The embedded engine has no model that writes: it names what it
        recognises, and is never surer than 0.5.

        Examples
        --------
        >>> df.ai.describe_image("path", target=dfai.azure("eastus"))  # doctest: +SKIP
        """
        options: dict[str, Any] = {"language": language, "fetch": fetch}
        return self._call(services()["describe_image"], (image,), options, include, output, if_exists, settings)

    def detect_objects(
        self,
        image: Columns,
        *,
        fetch: Fetch | Col = "worker",
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "objects",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Find the things in each picture, and where they are.

        Parameters
        ----------
        image
            Column of pictures, or several, as in `tag_image`.
        fetch
            Who reads http and https URLs: the "worker", which sends their bytes, or the "service" itself.
        include
            "error_detail" for what is known of each error.
        output
            Name of the objects' column (list of struct: name, confidence, x_px, y_px, width_px, height_px, parents),
            and prefix of ``_error`` and ``_error_message``. A box is its left upper corner and its size, in pixels of
            the picture as it is shown; *parents* are wider words, which v3.2 alone tells.
        if_exists, **settings
            As in `sentiment`; ``api_version`` as in `tag_image`.

        Returns
        -------
        The same kind of frame with the new columns.

        Examples
        --------
        >>> df.ai.detect_objects("path").explode("objects")  # doctest: +SKIP
        """
        options: dict[str, Any] = {"fetch": fetch}
        return self._call(services()["detect_objects"], (image,), options, include, output, if_exists, settings)

    def read_text(
        self,
        image: Columns,
        *,
        language: str | Col = "auto",
        pages: int | str | Col = "all",
        model: Literal["read", "ocr"] | Col = "read",
        fetch: Fetch | Col = "worker",
        include: Sequence[Literal["lines", "words", "pages", "error_detail"]] | Literal["all"] = (),
        output: str = "text",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Read the text in each picture or document: JPEG, PNG, BMP, and PDF and TIFF of many pages.

        Parameters
        ----------
        image
            Column of pictures, or several, as in `tag_image`.
        language
            Language code of the text, or a column of them (``dfai.col``); "auto" lets the service tell.
        pages
            Which pages of a document: "all", 1, "2-4", "1,3-5", or a column of such.
        model
            "read", or "ocr": Computer Vision's older one, for print in single pictures, answered at once. It tells no
            confidences, and its polygons are in the picture turned until its text is level.
        fetch
            Who reads http and https URLs: the "worker", which sends their bytes, or the "service" itself.
        include
            More columns: "lines" (list of struct: text, page, polygon), "words" (list of struct: text, confidence,
            page, line, polygon), "pages" (list of struct: page, text, width, height, unit, angle_degrees, language),
            "error_detail". A polygon is x and y of each corner in turn, in the page's unit: pixels, of PDF inches.
        output
            Name of the text's column (string; "" where there is none), and prefix of ``_lines``, ``_words``,
            ``_pages``, ``_error`` and ``_error_message``.
        if_exists, **settings
            As in `sentiment`; ``api_version`` as in `tag_image`.

        Returns
        -------
        The same kind of frame with the new columns.

        Notes
        -----
        Computer Vision's Read is a long-running operation: submitted, then asked about, many at a time.
        ``api_version="2024-02-01"`` has Image Analysis 4.0 read single pictures at once.

        Examples
        --------
        >>> dfai.files("scans/*.pdf").ai.read_text("path", pages=1)  # doctest: +SKIP
        """
        options: dict[str, Any] = {"language": language, "pages": pages, "model": model, "fetch": fetch}
        return self._call(services()["read_text"], (image,), options, include, output, if_exists, settings)

    def thumbnail(
        self,
        image: Columns,
        *,
        width_px: int | Col = 256,
        height_px: int | Col = 256,
        crop: Literal["smart", "center"] | Col = "smart",
        fetch: Fetch | Col = "worker",
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "thumbnail",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Make a small version of each picture, cut to what matters in it.

        Parameters
        ----------
        image
            Column of pictures, or several, as in `tag_image`.
        width_px, height_px
            Size of the small pictures, from 1 to 1,024 pixels.
        crop
            What to keep where the sides have another ratio: "smart", around what matters, or "center".
        fetch
            Who reads http and https URLs: the "worker", which sends their bytes, or the "service" itself.
        include
            "error_detail" for what is known of each error.
        output
            Name of the small pictures' column (bytes: a file each), and prefix of ``_error`` and ``_error_message``.
        if_exists, **settings
            As in `sentiment`; ``api_version`` as in `tag_image`.

        Returns
        -------
        The same kind of frame with the new columns.

        Examples
        --------
        >>> df.ai.thumbnail("path", width_px=128, height_px=128)  # doctest: +SKIP
        """
        options: dict[str, Any] = {"width_px": width_px, "height_px": height_px, "crop": crop, "fetch": fetch}
        return self._call(services()["thumbnail"], (image,), options, include, output, if_exists, settings)

    def area_of_interest(
        self,
        image: Columns,
        *,
        fetch: Fetch | Col = "worker",
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "area",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Find the part of each picture that matters most, as smart thumbnails are cut around it.

        Parameters
        ----------
        image
            Column of pictures, or several, as in `tag_image`.
        fetch
            Who reads http and https URLs: the "worker", which sends their bytes, or the "service" itself.
        include
            "error_detail" for what is known of each error.
        output
            Name of the areas' column (struct: x_px, y_px, width_px, height_px; left upper corner and size, in pixels),
            and prefix of ``_error`` and ``_error_message``.
        if_exists, **settings
            As in `sentiment`; ``api_version`` as in `tag_image`.

        Returns
        -------
        The same kind of frame with the new columns.

        Examples
        --------
        >>> df.ai.area_of_interest("path")["area"].str["width_px"]  # doctest: +SKIP
        """
        options: dict[str, Any] = {"fetch": fetch}
        return self._call(services()["area_of_interest"], (image,), options, include, output, if_exists, settings)

    def moderate_image(
        self,
        image: Columns,
        *,
        fetch: Fetch | Col = "worker",
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "flagged",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Tell whether each picture is fit to be shown.

        Parameters
        ----------
        image
            Column of pictures, or several, as in `tag_image`.
        fetch
            Who reads http and https URLs: the "worker", which sends their bytes, or the "service" itself.
        include
            "error_detail" for what is known of each error.
        output
            Name of the verdict's column (bool), and prefix of ``_adult``, ``_racy`` and ``_gory`` (float64 in [0, 1]),
            ``_error`` and ``_error_message``.
        if_exists, **settings
            As in `sentiment`; ``api_version`` as in `tag_image`.

        Returns
        -------
        The same kind of frame with the new columns.

        Notes
        -----
        The embedded engine has one score, ``_adult``: ``_racy`` and ``_gory`` are null there, not invented.

        Examples
        --------
        >>> df.ai.moderate_image("path").query("flagged")  # doctest: +SKIP
        """
        options: dict[str, Any] = {"fetch": fetch}
        return self._call(services()["moderate_image"], (image,), options, include, output, if_exists, settings)
