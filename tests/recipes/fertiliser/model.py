"""The label of a fertiliser: the mirror of sql/documents/fertiliser_label.v1.json."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from datastore_db.errors import DocumentError
from datastore_db.models.document import Document, Section
from datastore_db.models.schema import pointer
from datastore_db.models.values import Email, NonEmptyText, Number, Uuid, at_most, bounds, text_that

_PLACE = ("fertiliser_label", "properties")
RegistrationNumber = Annotated[
    str,
    text_that("pattern", "a registration number such as 2018029A", re.compile("[0-9]{4,7}[A-Z]?", re.ASCII).fullmatch),
]
Unit = Annotated[str, text_that("pattern", "%, ppm, mg/kg or g/kg", re.compile("%|ppm|mg/kg|g/kg").fullmatch)]


class Company(Section):
    """Section `company`."""

    name: NonEmptyText
    address: str | None = None
    email: Email | None = None


class Nutrient(Section):
    """The guarantee of a label for one nutrient."""

    name: NonEmptyText
    amount: Annotated[Number, AfterValidator(bounds(least=0))]
    unit: Unit


class LabelText(Section):
    """The text of a label in one language."""

    composition: str | None = None
    instructions: str | None = None
    cautions: str | None = None


class LabelTexts(Section):
    """Section `text`, by language."""

    en: LabelText | None = None
    fr: LabelText | None = None


class Review(Section):
    """Why a field needs review."""

    note: NonEmptyText


class FertiliserLabel(Document):
    """An inspector's record of the label of a fertiliser."""

    kind: ClassVar[str] = "fertiliser_label"

    company: Company
    registration_number: RegistrationNumber
    pictures: Annotated[list[Uuid], Field(min_length=1), at_most(*_PLACE, "pictures")]
    nutrients: Annotated[list[Nutrient], at_most(*_PLACE, "nutrients")] = Field(default_factory=list)
    text: LabelTexts = Field(default_factory=LabelTexts)
    needs_review: Annotated[dict[str, Review], at_most(*_PLACE, "needs_review")] = Field(default_factory=dict)

    def rules(self) -> Iterator[DocumentError]:
        """`reviewedField`: a note on what is not in the label. `uniqueName`: a nutrient twice."""
        known = self.model_fields_set | (self.model_extra or {}).keys()
        for field in self.needs_review:
            start, *steps = field.split("/")
            if start or not steps or steps[0].replace("~1", "/").replace("~0", "~") not in known:
                yield {
                    "instance_path": pointer("/needs_review", field),
                    "keyword": "reviewedField",
                    "message": f'expected a JSON Pointer into this label, found "{field}"',
                }
        places: dict[str, int] = {}
        for place, nutrient in enumerate(self.nutrients):
            if (first := places.setdefault(nutrient.name, place)) != place:
                yield {
                    "instance_path": f"/nutrients/{place}/name",
                    "keyword": "uniqueName",
                    "message": f'expected each nutrient once, found "{nutrient.name}" at /nutrients/{first}, too',
                }
