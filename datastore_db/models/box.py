"""Boxes on a picture, which inferences and feedback share."""

# ruff: noqa: N815  (the attributes are named as the keys)

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Protocol

from pydantic import AfterValidator

from datastore_db.errors import DocumentError
from datastore_db.models.document import Section
from datastore_db.models.values import Number, bounds, exact
from datastore_db.models.wording import worded

Coordinate = Annotated[Number, AfterValidator(bounds(least=0))]


class Corners(Section):
    """Pixels of the stored picture from its top left. Equal corners are a valid, empty box."""

    topX: Coordinate
    topY: Coordinate
    bottomX: Coordinate
    bottomY: Coordinate


class HasCorners(Protocol):
    """A box of a document, which says where it is, or not."""

    @property
    def box(self) -> Corners | None: ...


def corner_rules(boxes: Sequence[HasCorners]) -> Iterator[DocumentError]:
    """`corners`: the top left corner of a box is beyond its bottom right one."""
    for place, corners in enumerate(box.box for box in boxes):
        if corners is None:
            continue
        for axis, top, bottom in (
            ("X", corners.topX, corners.bottomX),
            ("Y", corners.topY, corners.bottomY),
        ):
            if exact(top) > exact(bottom):
                yield {
                    "instance_path": f"/boxes/{place}/box/top{axis}",
                    "keyword": "corners",
                    "message": worded("corners", f"bottom{axis}", bottom, top),
                }
