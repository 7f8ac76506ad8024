"""What models say about pictures, what experts say about that, and how good the models are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from datastore_db.database import Document
from datastore_db.errors import DocumentError, InvalidDocument, NotFound
from datastore_db.ids import Id, to_uuid
from datastore_db.json_codec import JsonObject
from datastore_db.models import Feedback, Inference
from datastore_db.performance import Performance, Review, Training
from datastore_db.store.base import StoreBase


class Inferences(StoreBase):
    """The inferences of a store, and the species that they name."""

    async def import_inference(
        self, picture_id: Id, document: JsonObject | Inference, *, user_id: Id | None = None
    ) -> JsonObject:
        """Store what a pipeline of models said about a picture; answers the document with its ids.

        Raises `InvalidDocument`, or `NotFound` for the picture.
        """
        said = Document(Inference.read(document).as_json())
        answer = await self._call("import_inference", user_id, picture_id=to_uuid(picture_id), document=said)
        return cast(JsonObject, answer)

    async def import_inferences(
        self, inferences: Iterable[tuple[Id, JsonObject | Inference]], *, user_id: Id | None = None
    ) -> list[JsonObject]:
        """Store many inferences at once, all or none: pairs of a picture's id and a document.

        Answers `{inference_id, picture_id}` in order. Raises `InvalidDocument`, whose paths begin with the place in
        the list, or `NotFound` for a picture.
        """
        said: list[JsonObject] = []
        errors: list[DocumentError] = []
        for place, (picture_id, document) in enumerate(inferences):
            try:
                said.append({"picture_id": str(to_uuid(picture_id)), "document": Inference.read(document).as_json()})
            except InvalidDocument as refused:
                path = f"/{place}/document"
                errors += [error | {"instance_path": path + error["instance_path"]} for error in refused.errors]
        if errors:
            raise InvalidDocument(errors, "the inferences")
        return cast(list[JsonObject], await self._call("import_inferences", user_id, documents=Document(said)))

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
        """Take what an expert says about the boxes of an inference, all of it or nothing; answers the inference.

        Raises `InvalidDocument`, `NotAllowed` when `userId` is not the acting user, `NotFound` for an inference, a box
        or a species, or `Conflict` for another verdict on a verified inference.
        """
        said = Document(Feedback.read(document).as_json())
        return cast(JsonObject, await self._call("record_feedback", user_id, document=said))

    async def reopen_inference(self, inference_id: Id, *, user_id: Id | None = None) -> JsonObject:
        """Open a verified inference for other verdicts; this is recorded. Raises `NotFound`."""
        return cast(JsonObject, await self._call("reopen_inference", user_id, inference_id=to_uuid(inference_id)))

    async def verdicts(self, inference_id: Id, *, user_id: Id | None = None) -> list[JsonObject]:
        """Everything that experts said about an inference, in order. Raises `NotFound`."""
        return cast(list[JsonObject], await self._call("rebuild_verdicts", user_id, inference_id=to_uuid(inference_id)))

    # Species, and the review of what documents brought

    async def seeds(self, *, user_id: Id | None = None) -> JsonObject:
        """All species: `{"seeds": [{seed_id, seed_name, status}]}`."""
        return cast(JsonObject, await self._call("rebuild_seeds", user_id))

    async def unreviewed_seeds(self, *, user_id: Id | None = None) -> JsonObject:
        """The species that wait for a person's look: `{"seeds": [{seed_id, seed_name, labels, …}]}`."""
        return cast(JsonObject, await self._call("unreviewed_seeds", user_id))

    async def find_species(self, name_or_id: str, *, user_id: Id | None = None) -> JsonObject:
        """The species with this id, this name or this label: `{seed_id, seed_name, status}`. Raises `NotFound`."""
        return cast(JsonObject, await self._call("find_species", user_id, name_or_id=name_or_id))

    async def accept_seed(self, seed_id: Id, *, user_id: Id | None = None) -> JsonObject:
        """Accept an unreviewed species as known. Raises `NotFound`, or `Conflict` for one that was merged."""
        return cast(JsonObject, await self._call("accept_seed", user_id, seed_id=to_uuid(seed_id)))

    async def merge_seed(self, seed_id: Id, into_seed_id: Id, *, user_id: Id | None = None) -> JsonObject:
        """Say that an unreviewed species is a known one; answers that one. Raises `NotFound` or `Conflict`."""
        answer = await self._call("merge_seed", user_id, seed_id=to_uuid(seed_id), into_seed_id=to_uuid(into_seed_id))
        return cast(JsonObject, answer)

    async def unknown_models(self, *, user_id: Id | None = None) -> list[JsonObject]:
        """The models that inferences name and that nobody knows: `[{name, version, inferences}]`."""
        return cast(list[JsonObject], await self._call("unknown_models", user_id))

    async def recognise_models(self, *, user_id: Id | None = None) -> int:
        """Tie inferences to models that were not known when they came; answers how many."""
        return cast(int, await self._call("recognise_models", user_id))

    # What the team asks

    async def performance(
        self,
        *,
        per: str = "month",
        pipeline_id: Id | None = None,
        model_version_id: Id | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        user_id: Id | None = None,
    ) -> Performance:
        """How good pipelines and models are, as experts found: figures of verified boxes alone.

        per: day, week, month, quarter or year, for what is told over time. The rest asks of one pipeline, of
        inferences that one model version took part in, of verdicts at or after `since` and before `until`. Raises
        `NotFound` for a pipeline or a model version.
        """
        answer = await self._call(
            "rebuild_performance",
            user_id,
            per=per,
            pipeline_id=None if pipeline_id is None else to_uuid(pipeline_id),
            model_version_id=None if model_version_id is None else to_uuid(model_version_id),
            since=since,
            until=until,
        )
        return cast(Performance, answer)

    async def training(self, *, user_id: Id | None = None) -> Training:
        """How many labelled pictures there are of each species, those with the fewest first."""
        return cast(Training, await self._call("rebuild_training", user_id))

    async def review(self, *, results: int = 20, newest: int = 1000, user_id: Id | None = None) -> Review:
        """Which pictures most deserve an expert's eye, among the newest inferences that are not verified."""
        return cast(Review, await self._call("rebuild_review", user_id, results=results, newest=newest))
