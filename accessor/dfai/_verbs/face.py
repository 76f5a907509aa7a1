"""Face: where faces are in pictures, and whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol, Unpack

from dfai._verbs.base import Columns, Groups, IfExists, R, VerbBase
from dfai_core import Col, Settings, services
from dfai_core.errors import ConfigError

__all__ = ["FaceVerbs", "Kept"]

Attribute = Literal["quality", "head_pose", "blur", "exposure", "noise", "mask", "glasses", "occlusion", "accessories"]


class Kept(Protocol):
    """A list of faces or a group of persons, as ``dfai.faces`` gives it back."""

    @property
    def id(self) -> str:
        """Its name in the service."""

    @property
    def kind(self) -> str:
        """What it is, as it stands in the service's URLs."""


class FaceVerbs(VerbBase[R]):
    """Verbs of the Face family. Each adds its columns and two more: ``_error`` and ``_error_message``."""

    def detect_faces(
        self,
        image: Columns,
        *,
        attributes: Attribute | Sequence[Attribute] = ("quality",),
        include: Sequence[Literal["landmarks", "error_detail"]] | Literal["all"] = (),
        output: str = "faces",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Find the faces of each picture. Whose they are is neither asked nor kept.

        Parameters
        ----------
        image
            Column of pictures, or several, as in `tag_image`: bytes, paths or URLs, PIL images, arrays.
        attributes
            What is told of each face: "quality" ("low", "medium", "high": how well it can be recognised), "head_pose"
            (``pitch_degrees``, ``roll_degrees``, ``yaw_degrees``), "blur", "exposure", "noise" (float64, 0 to 1);
            on Azure also "mask", "glasses", "occlusion", "accessories". Age, gender, emotion and the like are
            withdrawn, and refused.
        include
            More columns: "landmarks" (``_landmarks``: for each face a list of points ``name, x_px, y_px``),
            "error_detail".
        output
            Name of the faces' column (list of struct: ``x_px, y_px, width_px, height_px``, then the attributes, null
            where they were not asked for; the largest face first), and prefix of ``_error`` and ``_error_message``.
        if_exists, **settings
            As for every verb.

        Returns
        -------
        The same kind of frame with the new columns. A picture without a face has an empty list.

        Examples
        --------
        >>> dfai.files("photos/**/*.jpg").ai.detect_faces("path")  # doctest: +SKIP
        """
        return self._call(
            services()["detect_faces"], (image,), {"attributes": attributes}, include, output, if_exists, settings
        )

    def verify_faces(
        self,
        image: Columns,
        other: Columns,
        *,
        threshold: float | Col | None = None,
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "same_person",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Tell whether two pictures show the same person.

        Parameters
        ----------
        image, other
            Columns of pictures, as in `tag_image`. Of several faces in one picture the largest counts.
        threshold
            From which confidence on two faces are one person's, 0 to 1. Default: the service decides (the embedded
            engine: 0.5). A higher one finds fewer strangers alike, and misses more of the same.
        include
            "error_detail" for what is known of each error.
        output
            Name of the column with the answer (bool), and prefix of ``_confidence`` (float64, 0 to 1: how alike they
            are, no probability), ``_error`` and ``_error_message``.
        if_exists, **settings
            As for every verb.

        Returns
        -------
        The same kind of frame with the new columns. A picture without a face is the row's error ``nothing_found``.

        Notes
        -----
        Three requests a row: each picture is detected, then the faces are compared. On Azure this needs an approval
        (Limited Access).

        Examples
        --------
        >>> df.ai.verify_faces("selfie", "passport")  # doctest: +SKIP
        """
        options = {"threshold": threshold}
        return self._call(services()["verify_faces"], (image, other), options, include, output, if_exists, settings)

    def find_similar_faces(
        self,
        image: Columns,
        *,
        among: Kept | str | Col | None = None,
        top: int | Col = 20,
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "similar_faces",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Find the faces of a list that are the same person's as the largest face of each picture.

        Parameters
        ----------
        image
            Column of pictures, or several, as in `tag_image`.
        among
            The list to search, made and trained with ``dfai.faces``: what that gave back, the id of a large face list,
            or "facelists/id".
        top
            At most so many faces, 1 to 1,000.
        include
            "error_detail" for what is known of each error.
        output
            Name of the column with the faces (list of struct: ``face_id, confidence``, best first), and prefix of
            ``_error`` and ``_error_message``.
        if_exists, **settings
            As for every verb.

        Returns
        -------
        The same kind of frame with the new columns. Where nobody is alike the list is empty; a picture without a face
        is the row's error ``nothing_found``.

        Notes
        -----
        Two requests a row. On Azure this needs an approval (Limited Access).

        Examples
        --------
        >>> df.ai.find_similar_faces("photo", among="visitors")  # doctest: +SKIP
        """
        if among is None:
            raise ConfigError(
                "find_similar_faces: say among whom to search, among=…: the list of faces, made with dfai.faces."
            )
        options: dict[str, Any] = {"among": among, "top": top}
        return self._call(services()["find_similar_faces"], (image,), options, include, output, if_exists, settings)

    def group_faces(
        self,
        image: Columns,
        *,
        by: Columns | None = None,
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "face_group",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Number the people in a set of pictures: the same number is the same person.

        Parameters
        ----------
        image
            Column of pictures, or several, as in `tag_image`. Of several faces in one picture the largest counts.
        by
            Column or columns: rows with equal values are a set of their own. Default: all rows are one. A set has at
            most 1,000 rows, 10,000 with the embedded engine.
        include
            "error_detail" for what is known of each error.
        output
            Name of the column with the numbers (int, from 0 on in each set, the most frequent person first; who is seen
            once has a number too), and prefix of ``_error`` and ``_error_message``.
        if_exists, **settings
            As for every verb.

        Returns
        -------
        The same kind of frame with the new columns. A picture without a face is the row's error ``nothing_found``, and
        costs no other row.

        Notes
        -----
        A request a row, and one a set. Two persons who look alike may get one number, and one person two. On Azure
        this needs an approval (Limited Access).

        Examples
        --------
        >>> df.ai.group_faces("path", by="album")  # doctest: +SKIP
        """
        return self._call(services()["group_faces"], (image,), {}, include, output, if_exists, settings, Groups(by))

    def identify_faces(
        self,
        image: Columns,
        *,
        among: Kept | str | Col | None = None,
        threshold: float | Col | None = None,
        top: int | Col = 1,
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "people",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Say who the people in each picture are, among the persons of a group.

        Parameters
        ----------
        image
            Column of pictures, or several, as in `tag_image`.
        among
            The group to search, made and trained with ``dfai.faces``: what that gave back, the id of a large person
            group, or "persongroups/id".
        threshold
            From which confidence on a person counts, 0 to 1. Default: the service decides (the embedded engine: 0.5).
        top
            At most so many persons for each face, 1 to 100.
        include
            "error_detail" for what is known of each error.
        output
            Name of the column with the people (list of struct: ``name, person_id, confidence``, and the face's box
            ``x_px, y_px, width_px, height_px``; the largest face first), and prefix of ``_error`` and
            ``_error_message``.
        if_exists, **settings
            As for every verb.

        Returns
        -------
        The same kind of frame with the new columns. Faces that nobody in the group has are not in the list; a picture
        without a face is the row's error ``nothing_found``. Of more than ten faces the ten largest are looked at.

        Notes
        -----
        Two requests a row, and one for each person's name, once. On Azure this needs an approval (Limited Access).

        Examples
        --------
        >>> df.ai.identify_faces("photo", among="staff", threshold=0.7)  # doctest: +SKIP
        """
        if among is None:
            raise ConfigError(
                "identify_faces: say among whom to search, among=…: the group of persons, made with dfai.faces."
            )
        options: dict[str, Any] = {"among": among, "threshold": threshold, "top": top}
        return self._call(services()["identify_faces"], (image,), options, include, output, if_exists, settings)
