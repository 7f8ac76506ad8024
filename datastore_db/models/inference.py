"""The inference document: the mirror of sql/documents/inference.v1.json."""

# ruff: noqa: N815  (the attributes are named as the keys)

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from datastore_db.errors import DocumentError
from datastore_db.models.box import Corners, corner_rules
from datastore_db.models.document import Document, Section
from datastore_db.models.limits import MAX_GUESSES
from datastore_db.models.values import (
    Color,
    Integer,
    Integers,
    NaturalNumber,
    NonEmptyText,
    Number,
    Uuid,
    Version,
    at_most,
    bounds,
)
from datastore_db.models.wording import worded

_BOX = ("inference", "properties", "boxes", "items", "properties")
Score = Annotated[Number, AfterValidator(bounds(least=0, most=1))]


class Guess(Section):
    """A model's guess: a species and its score."""

    label: NonEmptyText
    score: Score


class InferenceBox(Section):
    """A seed that a model found. Without `topN` its label and score are its only guess."""

    box: Corners
    label: NonEmptyText
    score: Score
    topN: Annotated[list[Guess], at_most(*_BOX, "topN")] = Field(default_factory=list)
    overlapping: bool = False
    overlappingIndices: Integers = Field(default_factory=list)
    color: Color = ""


class ModelReference(Section):
    """A version of a model."""

    name: str
    version: Version


class Inference(Document):
    """A pipeline's inference about one picture."""

    kind: ClassVar[str] = "inference"

    filename: str | None = None
    boxes: Annotated[list[InferenceBox], at_most("inference", "properties", "boxes")]
    labelOccurrence: Annotated[dict[str, NaturalNumber], at_most("inference", "properties", "labelOccurrence")] = Field(
        default_factory=dict
    )
    totalBoxes: Integer
    models: Annotated[list[ModelReference], at_most("inference", "properties", "models")] = Field(default_factory=list)
    pipeline_name: str = ""
    pipeline_id: Uuid = ""

    def rules(self) -> Iterator[DocumentError]:
        """`totalBoxes`: not the number of boxes. `maxItems`: too many guesses. `corners`: a top beyond its bottom."""
        if self.totalBoxes != len(self.boxes):
            yield {
                "instance_path": "/totalBoxes",
                "keyword": "totalBoxes",
                "message": worded("totalBoxes", len(self.boxes), self.totalBoxes),
            }
        guesses = sum(len(box.topN) for box in self.boxes)
        if guesses > MAX_GUESSES:
            yield {
                "instance_path": "/boxes",
                "keyword": "maxItems",
                "message": worded("guesses", MAX_GUESSES, guesses),
            }
        yield from corner_rules(self.boxes)
