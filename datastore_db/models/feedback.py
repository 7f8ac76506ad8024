"""The feedback document: the mirror of sql/documents/feedback.v1.json."""

# ruff: noqa: N815  (the attributes are named as the keys)

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from datastore_db.errors import DocumentError
from datastore_db.models.box import Corners, corner_rules
from datastore_db.models.document import Document, Section
from datastore_db.models.values import Uuid, UuidOrEmpty, at_most
from datastore_db.models.wording import worded


class FeedbackBox(Section):
    """An expert's feedback on one box. `null` is the same as absent."""

    boxId: UuidOrEmpty | None = None
    classId: UuidOrEmpty | None = None
    label: str | None = None
    box: Corners | None = None
    comment: str | None = None

    def rules(self) -> Iterator[tuple[str, str]]:
        """The rules that this box breaks, by keyword, each with its message."""
        if not self.boxId and (self.box is None or not (self.label or self.classId)):
            missing = "box" if self.box is None else "label or classId"
            yield (
                "drawnBox",
                worded("drawnBox", missing),
            )
        if (self.label is None) != (self.classId is None) and not (self.label or self.classId):
            absent, empty = ("label", "classId") if self.label is None else ("classId", "label")
            yield (
                "seed",
                worded("seed", absent, empty),
            )


class Feedback(Document):
    """An expert's feedback on the boxes of an inference."""

    kind: ClassVar[str] = "feedback"

    userId: Uuid | None = None
    inferenceId: Uuid
    boxes: Annotated[list[FeedbackBox], at_most("feedback", "properties", "boxes")]

    def rules(self) -> Iterator[DocumentError]:
        """`corners`, `drawnBox`, `seed`, and `uniqueBoxId`: a box twice."""
        yield from corner_rules(self.boxes)
        places: dict[str, int] = {}
        for place, box in enumerate(self.boxes):
            for keyword, message in box.rules():
                yield {"instance_path": f"/boxes/{place}", "keyword": keyword, "message": message}
            if box.boxId and (first := places.setdefault(box.boxId.lower(), place)) != place:
                yield {
                    "instance_path": f"/boxes/{place}/boxId",
                    "keyword": "uniqueBoxId",
                    "message": worded("uniqueBoxId", f'"{box.boxId}"', first),
                }
