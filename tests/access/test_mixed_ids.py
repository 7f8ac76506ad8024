"""Ids of one container in calls for another lead nowhere."""

from __future__ import annotations

import psycopg
from psycopg.types.json import Jsonb

from tests.access.sessions import acts, refused, rows
from tests.support.people import World


class TestMixedIds:
    """A document, or a row, that names things of two containers."""

    def test_a_row_cannot_point_to_another_container(self, backend: psycopg.Connection, world: World) -> None:
        stranger = world.users["stranger"]
        points_across = [
            ("picture_set_id", "picture (container_id, picture_set_id) values (%s, %s)"),
            ("picture_id", "inference (container_id, picture_id, document) values (%s, %s, '{\"boxes\": []}')"),
            ("inference_id", "box (container_id, inference_id, position, document) values (%s, %s, 1, '{}')"),
        ]  # fmt: skip
        for key, statement in points_across:
            with backend.transaction(force_rollback=True), refused("23503", "23514"):
                acts(backend, world, "stranger")
                backend.execute(
                    f"insert into datastore.{statement}".encode(), [stranger["container_id"], world.anas[key]]
                )

    def test_a_batch_cannot_mix_containers(self, backend: psycopg.Connection, world: World) -> None:
        with backend.transaction():
            acts(backend, world, "stranger")
            row = backend.execute(
                "select datastore.announce_pictures(%s, '[{}]') #>> '{0,picture_id}'",
                [world.users["stranger"]["picture_set_id"]],
            ).fetchone()
        assert row is not None
        both = [row[0], world.anas["picture_id"]]
        documents = [{"picture_id": id_, "document": {"boxes": [], "totalBoxes": 0}} for id_ in both]
        feedback = {"inferenceId": world.pias["inference_id"], "boxes": [{"boxId": world.anas["box_id"]}]}
        for function, document in [
            ("confirm_pictures", [{"picture_id": id_} for id_ in both]),
            ("import_inferences", documents),
            ("record_feedback", {"inferenceId": world.anas["inference_id"], "boxes": []}),
        ]:
            with backend.transaction(force_rollback=True), refused("DS404"):
                acts(backend, world, "stranger")
                backend.execute(f"select datastore.{function}(%s)".encode(), [Jsonb(document)])
        with backend.transaction(force_rollback=True), refused("DS404"):
            acts(backend, world, "publisher")
            backend.execute("select datastore.record_feedback(%s)", [Jsonb(feedback)])
        assert rows(
            backend,
            "select datastore.rebuild_picture(%s) from datastore.act_as(%s)",
            row[0],
            world.users["stranger"]["user_id"],
        )

    def test_an_id_of_another_container_than_the_named_one_is_not_found(
        self, backend: psycopg.Connection, world: World
    ) -> None:
        call = "select datastore.rebuild_picture(%s, %s) from datastore.act_as(%s)"
        stranger = world.users["stranger"]
        with refused("DS404"):
            backend.execute(call, [world.anas["picture_id"], stranger["container_id"], stranger["user_id"]])
