"""Evaluation: how good models are by experts' verdicts, and the pictures to review next."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from datastore_db.evaluation.answers import Evaluation, Review, Training
from datastore_db.ids import Id, to_uuid
from datastore_db.store.base import StoreBase


class EvaluationOfStore(StoreBase):
    """The evaluation of the models of a store."""

    async def evaluation(
        self,
        *,
        per: str = "month",
        pipeline_id: Id | None = None,
        model_version_id: Id | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        user_id: Id | None = None,
    ) -> Evaluation:
        """How good pipelines and models are, as experts found: figures of verified boxes alone.

        per: day, week, month, quarter or year, for what is given over time. The rest asks of one pipeline, of
        inferences that one model version took part in, of verdicts at or after `since` and before `until`. Raises
        `NotFound` for a pipeline or a model version.
        """
        answer = await self._call(
            "rebuild_evaluation",
            user_id,
            per=per,
            pipeline_id=None if pipeline_id is None else to_uuid(pipeline_id),
            model_version_id=None if model_version_id is None else to_uuid(model_version_id),
            since=since,
            until=until,
        )
        return cast(Evaluation, answer)

    async def training(self, *, user_id: Id | None = None) -> Training:
        """How many labelled pictures there are of each species, those with the fewest first."""
        return cast(Training, await self._call("rebuild_training", user_id))

    async def review(self, *, results: int = 20, newest: int = 1000, user_id: Id | None = None) -> Review:
        """Which pictures most deserve an expert's eye, among the newest inferences that are not verified."""
        return cast(Review, await self._call("rebuild_review", user_id, results=results, newest=newest))
