"""The four kinds of collections, and the words in which the protocol speaks of each."""

from __future__ import annotations

from dataclasses import dataclass

from dfai_engine.failures import ServiceFailure

__all__ = ["FACE_LISTS", "KINDS", "LARGE_FACE_LISTS", "LARGE_PERSON_GROUPS", "PERSON_GROUPS", "Kind"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of collection: *path* is its part of a URL, *id_name* what its id is called in JSON."""

    path: str
    id_name: str
    code: str  # with which its errors begin
    words: str
    most: int  # faces of a list, persons of a group
    persons: bool = False
    trained: bool = True  # whether it must be trained before it is searched

    def missing(self) -> ServiceFailure:
        """There is no such collection."""
        return ServiceFailure(f"{self.words} is not found.", status=404, code=f"{self.code}NotFound")

    def exists(self) -> ServiceFailure:
        """There is one of this id already."""
        return ServiceFailure(f"{self.words} already exists.", status=409, code=f"{self.code}Exists")

    def untrained(self) -> ServiceFailure:
        """It is to be searched, and was never trained."""
        return ServiceFailure(f"{self.words} is not trained.", code=f"{self.code}NotTrained")

    def outdated(self, earlier: str, now: str) -> ServiceFailure:
        """Its faces were described by an earlier network; their pictures were not kept."""
        return ServiceFailure(
            f"The faces of this {self.words.lower()} were described by an earlier release ({earlier}), and are not "
            f"compared with those of this one ({now}). Pictures are not kept: delete the faces and add them again.",
            code="DescriptorOutdated",
        )

    def full(self) -> ServiceFailure:
        """No more fits in."""
        what = "Persons" if self.persons else "Persisted faces"
        return ServiceFailure(f"{what} reached the limit of {self.most:,}.", status=403, code="QuotaExceeded")


# Source of the sizes: Face, references of the four collections' "Create" and "Add Face", read 2026-11-22.
FACE_LISTS = Kind("facelists", "faceListId", "FaceList", "Face list", 1_000, trained=False)
LARGE_FACE_LISTS = Kind("largefacelists", "largeFaceListId", "LargeFaceList", "Large face list", 1_000_000)
PERSON_GROUPS = Kind("persongroups", "personGroupId", "PersonGroup", "Person group", 10_000, persons=True)
LARGE_PERSON_GROUPS = Kind(
    "largepersongroups", "largePersonGroupId", "LargePersonGroup", "Large person group", 1_000_000, persons=True
)
KINDS = (FACE_LISTS, LARGE_FACE_LISTS, PERSON_GROUPS, LARGE_PERSON_GROUPS)
