"""Inferences of models about pictures, and feedback of experts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from datastore_db.database.calls import Document
from datastore_db.errors import DocumentError, InvalidDocument, NotFound
from datastore_db.ids import Id, to_uuid
from datastore_db.json_codec import JsonObject
from datastore_db.store.base import StoreBase

if TYPE_CHECKING:
    from datastore_db.models import Feedback, Inference


class Inferences(StoreBase):
    """The inferences of a store, and the feedback on them."""

    async def import_inference(
        self, picture_id: Id, document: JsonObject | Inference, *, user_id: Id | None = None
    ) -> JsonObject:
        """Store a pipeline's inference about a picture; answers the document with its ids.

        Raises `InvalidDocument`, or `NotFound` for the picture.
        """
        from datastore_db.models import Inference

        sent = Document(Inference.read(document).as_json())
        answer = await self._call("import_inference", user_id, picture_id=to_uuid(picture_id), document=sent)
        return cast(JsonObject, answer)

    async def import_inferences(
        self, inferences: Iterable[tuple[Id, JsonObject | Inference]], *, user_id: Id | None = None
    ) -> list[JsonObject]:
        """Store many inferences at once, all or none: pairs of a picture's id and a document.

        Answers `{inference_id, picture_id}` in order. Raises `InvalidDocument`, whose paths begin with the place in
        the list, or `NotFound` for a picture.
        """
        from datastore_db.models import Inference

        sent: list[JsonObject] = []
        errors: list[DocumentError] = []
        for place, (picture_id, document) in enumerate(inferences):
            try:
                sent.append({"picture_id": str(to_uuid(picture_id)), "document": Inference.read(document).as_json()})
            except InvalidDocument as refused:
                path = f"/{place}/document"
                errors += [error | {"instance_path": path + error["instance_path"]} for error in refused.errors]
        if errors:
            raise InvalidDocument(errors, "the inferences")
        return cast(list[JsonObject], await self._call("import_inferences", user_id, documents=Document(sent)))

    async def inference(self, inference_id: Id, *, as_sent: bool = False, user_id: Id | None = None) -> JsonObject:
        """An inference's document as it holds now; as_sent: the model's answer alone. Raises `NotFound`."""
        answer = await self._call("rebuild_inference", user_id, inference_id=to_uuid(inference_id), as_sent=as_sent)
        return cast(JsonObject, answer)

    async def inference_of(
        self, picture_id: Id, *, as_sent: bool = False, user_id: Id | None = None
    ) -> JsonObject | None:
        """The document of a picture's newest inference, None if it has none. Raises `NotFound` for the picture."""
        answer = await self._call("rebuild_inference_of", user_id, picture_id=to_uuid(picture_id), as_sent=as_sent)
        return cast("JsonObject | None", answer)

    async def show_inference(
        self, inference_or_picture_id: Id, *, as_sent: bool = False, user_id: Id | None = None
    ) -> JsonObject:
        """The document of the inference with this id, or of the newest one of the picture with this id.

        Raises `NotFound`.
        """
        try:
            return await self.inference(inference_or_picture_id, as_sent=as_sent, user_id=user_id)
        except NotFound:
            try:
                newest = await self.inference_of(inference_or_picture_id, as_sent=as_sent, user_id=user_id)
            except NotFound:
                raise NotFound(f"there is no inference and no picture {inference_or_picture_id}") from None
        if newest is None:
            raise NotFound(f"picture {inference_or_picture_id} has no inference")
        return newest

    async def record_feedback(self, document: JsonObject | Feedback, *, user_id: Id | None = None) -> JsonObject:
        """Store an expert's feedback on the boxes of an inference, all of it or nothing; answers the inference.

        Raises `InvalidDocument`, `NotAllowed` when `userId` is not the acting user, `NotFound` for an inference, a box
        or a species, or `Conflict` for another verdict on a verified inference.
        """
        from datastore_db.models import Feedback

        sent = Document(Feedback.read(document).as_json())
        return cast(JsonObject, await self._call("record_feedback", user_id, document=sent))

    async def reopen_inference(self, inference_id: Id, *, user_id: Id | None = None) -> JsonObject:
        """Open a verified inference for other verdicts; this is recorded. Raises `NotFound`."""
        return cast(JsonObject, await self._call("reopen_inference", user_id, inference_id=to_uuid(inference_id)))

    async def verdicts(self, inference_id: Id, *, user_id: Id | None = None) -> list[JsonObject]:
        """All verdicts of experts on an inference, in order. Raises `NotFound`."""
        return cast(list[JsonObject], await self._call("rebuild_verdicts", user_id, inference_id=to_uuid(inference_id)))
