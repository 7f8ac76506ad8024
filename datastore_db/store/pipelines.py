"""Pipelines and their models."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from datastore_db.database.calls import Document
from datastore_db.ids import Id, to_uuid
from datastore_db.json_codec import JsonObject
from datastore_db.store.base import StoreBase

if TYPE_CHECKING:
    from datastore_db.models import Pipelines


class PipelinesOfStore(StoreBase):
    """The pipelines and models of a store."""

    async def import_pipelines(self, document: JsonObject | Pipelines, *, user_id: Id | None = None) -> JsonObject:
        """Register pipelines and models, or change them; answers the document with their ids, without secrets.

        `api_key` and `endpoint` of a model are text or sealed; text is sealed before the database sees it. Raises
        `InvalidDocument`, or `datastore_db.sealing.NoKey` when there is something to seal and no key to seal it with.
        """
        from datastore_db.sealing.model_secrets import sealed_pipelines

        sealed = await asyncio.to_thread(sealed_pipelines, document, self._settings.local_home)
        return cast(JsonObject, await self._call("import_pipelines", user_id, document=Document(sealed)))

    async def pipelines(self, *, include_inactive: bool = False, user_id: Id | None = None) -> JsonObject:
        """Pipelines, the acting user's own choice first, then the default one, and models, without their secrets.

        include_inactive: retired pipelines and old versions of models as well.
        """
        answer = await self._call("rebuild_pipelines", user_id, include_inactive=include_inactive)
        return cast(JsonObject, answer)

    async def endpoints(self, *, user_id: Id | None = None) -> list[JsonObject]:
        """The models that pipelines run, with `endpoint` and `api_key` opened; their repr does not show them.

        Raises `datastore_db.sealing.NoKey` or `datastore_db.sealing.CannotUnseal`.
        """
        from datastore_db.sealing.model_secrets import opened_models

        document = cast(JsonObject, await self._call("rebuild_pipelines", user_id, with_keys=True))
        return await asyncio.to_thread(opened_models, document, self._settings.local_home)

    async def choose_pipeline(self, pipeline_id: Id | None, *, user_id: Id | None = None) -> JsonObject | None:
        """Make a pipeline the acting user's own choice, and answer it; None gives the choice up.

        Raises `NotAllowed` without an acting user, `NotFound`, or `Conflict` for a retired pipeline.
        """
        chosen = None if pipeline_id is None else to_uuid(pipeline_id)
        return cast("JsonObject | None", await self._call("choose_pipeline", user_id, pipeline_id=chosen))

    async def retire_pipeline(self, pipeline_id: Id, *, retired: bool = True, user_id: Id | None = None) -> JsonObject:
        """Retire a pipeline, or bring it back, and answer it. Raises `NotFound`."""
        answer = await self._call("retire_pipeline", user_id, pipeline_id=to_uuid(pipeline_id), retired=retired)
        return cast(JsonObject, answer)

    async def unknown_models(self, *, user_id: Id | None = None) -> list[JsonObject]:
        """The unregistered models that inferences name: `[{name, version, inferences}]`."""
        return cast(list[JsonObject], await self._call("unknown_models", user_id))

    async def recognise_models(self, *, user_id: Id | None = None) -> int:
        """Tie inferences to models that were not known when they came; answers how many."""
        return cast(int, await self._call("recognise_models", user_id))
