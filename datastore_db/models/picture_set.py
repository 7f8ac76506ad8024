"""The picture set document: the mirror of sql/documents/picture_set.v1.json."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from datastore_db.models.camel_case import InCamelCase
from datastore_db.models.client_data import ClientData


class PictureSet(InCamelCase):
    """A folder of pictures: photographer, purpose and settings."""

    kind: ClassVar[str] = "picture_set"

    name: Annotated[str, Field(min_length=1, max_length=255)] = ""
    project_name: str | None = None
    submitter_name: str | None = None
    client_data: ClientData | None = None
    acquisition: dict[str, Any] = Field(default_factory=dict)
