"""Language: what a text says, feels, names and gives away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

from dfai._verbs.base import Columns, IfExists, R, VerbBase
from dfai_core import Col, Settings, services

__all__ = ["LanguageVerbs"]


class LanguageVerbs(VerbBase[R]):
    """Verbs of the Language family. Each adds its columns and two more: ``_error`` and ``_error_message``."""

    def sentiment(
        self,
        text: Columns,
        *,
        language: str | Col = "auto",
        include: Sequence[Literal["sentences", "opinions", "error_detail"]] | Literal["all"] = (),
        output: str = "sentiment",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Label each text positive, neutral, negative or mixed.

        Parameters
        ----------
        text
            Column to read, or several. A null stays null and costs no request.
        language
            ISO 639-1 code, a column of them (``dfai.col``), or "auto".
        include
            More columns: "sentences" (list of struct: text, sentiment, positive, neutral, negative, offset,
            length), "opinions" (list of struct: target, sentiment, scores, place, and its assessments),
            "error_detail". Offsets and lengths count Unicode code points.
        output
            Name of the label's column (string) and prefix of the others: ``_positive``, ``_neutral`` and
            ``_negative`` (float64 in [0, 1], summing to 1), then ``_error`` (a code, null on success) and
            ``_error_message``.
        if_exists
            What to do where the frame already has such columns: "raise"; "replace"; or "fill": ask only for
            rows without an answer.
        **settings
            How the call is made: ``target``, ``concurrency``, ``on_error``, … (see ``dfai.Settings``).

        Returns
        -------
        The same kind of frame: same rows, same order, same index or partitions, with the new columns. A lazy
        frame stays lazy; nothing is sent before it is computed.

        Raises
        ------
        ColumnNotFound, ColumnExists, ConfigError
            At once, before any request.
        CallError
            Only with ``on_error="raise"``; otherwise the row's error columns tell.

        Examples
        --------
        >>> df = pd.DataFrame({"review": ["Lovely room, friendly staff.", None]})
        >>> df.ai.sentiment("review")["sentiment"].tolist()
        ['positive', nan]
        """
        return self._call(
            services()["sentiment"], (text,), {"language": language}, include, output, if_exists, settings
        )

    def key_phrases(
        self,
        text: Columns,
        *,
        language: str | Col = "auto",
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "key_phrases",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """List the phrases that say what each text is about.

        Parameters
        ----------
        text
            Column to read, or several. A null stays null and costs no request.
        language
            ISO 639-1 code, a column of them (``dfai.col``), or "auto".
        include
            "error_detail" for what is known of each error.
        output
            Name of the phrases' column (list of string), and prefix of ``_error`` and ``_error_message``.
        if_exists, **settings
            As in `sentiment`.

        Returns
        -------
        The same kind of frame with the new columns.

        Examples
        --------
        >>> df = pd.DataFrame({"review": ["The hotel had a rooftop pool."]})
        >>> df.ai.key_phrases("review")["key_phrases"][0]
        ['hotel', 'rooftop pool']
        """
        return self._call(
            services()["key_phrases"], (text,), {"language": language}, include, output, if_exists, settings
        )

    def detect_language(
        self,
        text: Columns,
        *,
        country: str | Col = "",
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "language",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Tell the language of each text.

        Parameters
        ----------
        text
            Column to read, or several. A null stays null and costs no request.
        country
            Where the text comes from, if known: an ISO 3166-1 code of two letters, or a column of them.
            It decides where a text could be in several languages.
        include
            "error_detail" for what is known of each error.
        output
            Name of the code's column (string: ISO 639-1; "zh-Hans" and "zh-Hant" for Chinese), and prefix of
            ``_name`` (its English name), ``_confidence`` (float64 in [0, 1]), ``_error`` and
            ``_error_message``. A text of no language at all has the error "nothing_found".
        if_exists, **settings
            As in `sentiment`.

        Returns
        -------
        The same kind of frame with the new columns.

        Examples
        --------
        >>> df = pd.DataFrame({"text": ["Wo ist der nächste Bahnhof?"]})
        >>> df.ai.detect_language("text")[["language", "language_name"]].values.tolist()
        [['de', 'German']]
        """
        return self._call(
            services()["detect_language"], (text,), {"country": country}, include, output, if_exists, settings
        )

    def entities(
        self,
        text: Columns,
        *,
        language: str | Col = "auto",
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "entities",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Find people, places, organizations, dates, quantities and more in each text.

        Parameters
        ----------
        text
            Column to read, or several. A null stays null and costs no request.
        language
            ISO 639-1 code, a column of them (``dfai.col``), or "auto".
        include
            "error_detail" for what is known of each error.
        output
            Name of the entities' column (list of struct: text, category, subcategory, confidence, offset,
            length; places in Unicode code points), and prefix of ``_error`` and ``_error_message``.
        if_exists, **settings
            As in `sentiment`.

        Returns
        -------
        The same kind of frame with the new columns.

        Notes
        -----
        The local target needs ``pip install "dfai[nlp]"``.
        """
        return self._call(services()["entities"], (text,), {"language": language}, include, output, if_exists, settings)

    def linked_entities(
        self,
        text: Columns,
        *,
        language: str | Col = "auto",
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "linked_entities",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Link what each text names to its article in an encyclopedia.

        Parameters
        ----------
        text
            Column to read, or several. A null stays null and costs no request.
        language
            ISO 639-1 code, a column of them (``dfai.col``), or "auto".
        include
            "error_detail" for what is known of each error.
        output
            Name of the links' column (list of struct: name, url, source, id, language, matches), and prefix
            of ``_error`` and ``_error_message``.
        if_exists, **settings
            As in `sentiment`.

        Returns
        -------
        The same kind of frame with the new columns.

        Notes
        -----
        No offline model links to an encyclopedia: the local target refuses; use ``target=dfai.azure(…)``.
        """
        return self._call(
            services()["linked_entities"], (text,), {"language": language}, include, output, if_exists, settings
        )

    def redact_pii(
        self,
        text: Columns,
        *,
        language: str | Col = "auto",
        categories: Sequence[str] = (),
        domain: Literal["none", "phi"] | Col = "none",
        include: Sequence[Literal["entities", "error_detail"]] | Literal["all"] = (),
        output: str = "redacted",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Mask personal data in each text: names, numbers, addresses.

        Parameters
        ----------
        text
            Column to read, or several. A null stays null and costs no request.
        language
            ISO 639-1 code, a column of them (``dfai.col``), or "auto".
        categories
            Only these, such as ``["Email", "PhoneNumber"]``; default: all that the service masks by itself.
        domain
            "phi" for health data.
        include
            "entities" (list of struct: text, category, subcategory, confidence, offset, length),
            "error_detail".
        output
            Name of the masked text's column (string), and prefix of the others.
        if_exists, **settings
            As in `sentiment`.

        Returns
        -------
        The same kind of frame with the new columns.

        Examples
        --------
        >>> df = pd.DataFrame({"note": ["Mail me at jo@example.com today."]})
        >>> df.ai.redact_pii("note")["redacted"][0]
        'Mail me at ************** today.'
        """
        options = {"language": language, "categories": categories, "domain": domain}
        return self._call(services()["redact_pii"], (text,), options, include, output, if_exists, settings)

    def extract_summary(
        self,
        text: Columns,
        *,
        language: str | Col = "auto",
        max_sentences: int | Col = 3,
        order: Literal["offset", "rank"] | Col = "offset",
        include: Sequence[Literal["sentences", "error_detail"]] | Literal["all"] = (),
        output: str = "summary",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Pick the sentences that tell most of each text.

        Parameters
        ----------
        text
            Column to read, or several. A null stays null and costs no request.
        language
            ISO 639-1 code, a column of them (``dfai.col``), or "auto".
        max_sentences
            At most this many, from 1 to 20.
        order
            "offset": as they stand in the text; "rank": the most telling first.
        include
            "sentences" (list of struct: text, rank in [0, 1], offset, length), "error_detail".
        output
            Name of the summary's column (string: the sentences joined by spaces), and prefix of the others.
        if_exists, **settings
            As in `sentiment`.

        Returns
        -------
        The same kind of frame with the new columns.
        """
        options = {"language": language, "max_sentences": max_sentences, "order": order}
        return self._call(services()["extract_summary"], (text,), options, include, output, if_exists, settings)
