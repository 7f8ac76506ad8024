"""The picture document: the mirror of sql/documents/picture.v1.json."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, model_validator
from pydantic_core import PydanticCustomError

from datastore_db.models.camel_case import InCamelCase
from datastore_db.models.client_data import ClientData
from datastore_db.models.document import Section
from datastore_db.models.values import NaturalNumber, NonEmptyText, Number, TextOrObject, Uuid, bounds


class UserData(Section):
    """Section `user_data`: the user's description of the picture."""

    description: str | None = None
    number_of_seeds: NaturalNumber | None = None
    zoom: Annotated[Number, AfterValidator(bounds(above=0))] | None = None


class ClientFeedback(Section):
    """Section `client_feedback`."""

    correct_identification: bool | None = None
    historical_comparison: str | None = None


class SeedReference(Section):
    """A species, by its id or its name, or both where they agree."""

    seed_id: Uuid = ""
    seed_name: NonEmptyText = ""

    @model_validator(mode="after")
    def _has_a_value(self) -> Self:
        if not self.model_fields_set & {"seed_id", "seed_name"}:
            raise PydanticCustomError("anyOf", "expected seed_id or seed_name")
        return self


class Picture(InCamelCase):
    """People's data on a picture. The datastore's own sections stand beside it, untyped, when it comes back."""

    kind: ClassVar[str] = "picture"

    user_data: UserData | None = None
    seed: TextOrObject[SeedReference] | None = None
    client_data: ClientData | None = None
    client_feedback: ClientFeedback | None = None
