"""Pictures are announced, confirmed, updated and rebuilt by SQL alone."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

import psycopg
import pytest

from tests.pictures.announcing import confirmation, inspection
from tests.support.calls import Call
from tests.support.errors import errors_of, refused


class TestPictures:
    DOCUMENT: ClassVar[dict[str, Any]] = {
        "user_data": {"description": None, "number_of_seeds": 6, "zoom": 30, "lens": {"a": None}},
        "seed": "14  ambrosia TRIFIDA",
        "client_data": None,
        "client_feedback": {"correct_identification": True},
        "unknown": [None, {"a": ""}],
        "schema_version": 1,
    }

    def announce(self, call: Call, ana: dict[str, str], *files: tuple[bytes, str | None], **more: Any) -> Any:
        documents = more.get("documents", [{} for _ in files])
        inspections = [inspection(content, path) for content, path in files]
        return call(
            "announce_pictures",
            ana["picture_set_id"],
            documents,
            inspections,
            more.get("replace", False),
            acting=ana["user_id"],
        )

    def test_a_picture_is_announced_confirmed_and_rebuilt(self, call: Call, ana: dict[str, str]) -> None:
        (picture,) = self.announce(call, ana, (b"one", "a/1.tiff"), documents=[self.DOCUMENT])
        assert picture["blob_name"] == f"{ana['picture_set_id']}/{picture['picture_id']}.tiff"
        assert picture["state"] == "announced"
        pending = call("rebuild_picture", picture["picture_id"])
        assert pending["quality_check"]["upload_check"] is False
        assert call("rebuild_picture_set", ana["picture_set_id"])["pictures"] == []
        assert call("rebuild_folders", acting=ana["user_id"])[0]["nb_pictures"] == 0

        sent = [confirmation(picture, b"one")]
        stored = [{"picture_id": picture["picture_id"], "state": "stored"}]
        assert call("confirm_pictures", sent, acting=ana["user_id"]) == stored
        assert call("confirm_pictures", sent, acting=ana["user_id"]) == stored
        rebuilt = call("rebuild_picture", picture["picture_id"], acting=ana["user_id"])
        assert {key: rebuilt[key] for key in self.DOCUMENT} == self.DOCUMENT
        assert rebuilt["image_data"]["source"] == f"{ana['container_name']}/{picture['blob_name']}"
        assert rebuilt["image_data"]["size"] == 3
        assert [label["seed_name"] for label in rebuilt["labels"]] == ["Ambrosia trifida"]
        assert call("rebuild_picture_set", ana["picture_set_id"])["pictures"] == [rebuilt]

    def test_documents_alone_are_enough(self, call: Call, ana: dict[str, str]) -> None:
        document = {"image_data": {"format": "PNG", "width": 5}, "metadata": {"file_name": "x.png"}, "labels": []}
        (picture,) = call("announce_pictures", ana["picture_set_id"], [document], acting=ana["user_id"])
        assert picture["blob_name"].endswith(".png")
        call("confirm_pictures", [{"picture_id": picture["picture_id"]}], acting=ana["user_id"])
        rebuilt = call("rebuild_picture", picture["picture_id"])
        assert (rebuilt["image_data"]["width"], rebuilt["metadata"]["file_name"]) == (5, "x.png")

    def test_a_claim_cannot_choose_the_blobs_name(self, call: Call, ana: dict[str, str]) -> None:
        for format_ in ("../../etc", "a/b", "", "%2e", None, 5):
            (picture,) = call("announce_pictures", ana["picture_set_id"], [{"image_data": {"format": format_}}])
            assert picture["blob_name"] == f"{ana['picture_set_id']}/{picture['picture_id']}"

    def test_five_hundred_in_one_call_and_in_order(self, call: Call, ana: dict[str, str]) -> None:
        files = [(str(n).encode(), f"s/{n}.tiff") for n in range(500)]
        pictures = self.announce(call, ana, *files, documents=[{"n": n} for n in range(500)])
        sent = [confirmation(picture, content) for picture, (content, _) in zip(pictures, files, strict=True)]
        call("confirm_pictures", sent, acting=ana["user_id"])
        rebuilt = call("rebuild_picture_set", ana["picture_set_id"])
        assert [document["n"] for document in rebuilt["pictures"]] == list(range(500))
        assert rebuilt["image_data_picture_set"] == {"number_of_images": 500}

    def test_a_picture_announced_again_is_known(self, call: Call, ana: dict[str, str]) -> None:
        (first,) = self.announce(call, ana, (b"one", "1.tiff"))
        (again,) = self.announce(call, ana, (b"one", "1.tiff"))
        assert (again["picture_id"], again["state"], again["changed"]) == (first["picture_id"], "pending", False)
        call("confirm_pictures", [confirmation(first, b"one")])
        (third,) = self.announce(call, ana, (b"one", "1.tiff"), documents=[{"a": 1}])
        assert (third["picture_id"], third["state"], third["changed"]) == (first["picture_id"], "stored", True)

    def test_bytes_without_a_path_give_the_picture_that_exists(self, call: Call, ana: dict[str, str]) -> None:
        (named,) = self.announce(call, ana, (b"one", "1.tiff"))
        (bare,) = self.announce(call, ana, (b"one", None))
        assert bare["picture_id"] == named["picture_id"]
        twice = self.announce(call, ana, (b"two", None), (b"two", None))
        assert twice[0]["picture_id"] == twice[1]["picture_id"]

    def test_other_bytes_under_a_stored_path_are_a_conflict(self, call: Call, ana: dict[str, str]) -> None:
        (old,) = self.announce(call, ana, (b"one", "1.tiff"))
        call("confirm_pictures", [confirmation(old, b"one")])
        (conflict,) = self.announce(call, ana, (b"other", "1.tiff"))
        assert (conflict["state"], conflict["picture_id"]) == ("conflict", old["picture_id"])

        (new,) = self.announce(call, ana, (b"other", "1.tiff"), replace=True)
        assert call("rebuild_picture_set", ana["picture_set_id"])["pictures"][0]["picture_id"] == old["picture_id"]
        call("confirm_pictures", [confirmation(new, b"other")])
        assert call("rebuild_picture_set", ana["picture_set_id"])["pictures"][0]["picture_id"] == new["picture_id"]

    def test_other_bytes_under_a_pending_path_replace_it(
        self, call: Call, ana: dict[str, str], database: psycopg.Connection
    ) -> None:
        (old,) = self.announce(call, ana, (b"one", "1.tiff"))
        (new,) = self.announce(call, ana, (b"other", "1.tiff"))
        assert (new["state"], new["picture_id"] != old["picture_id"]) == ("announced", True)
        outbox = database.execute(
            "select name, blob_name from datastore.blob_deletion join datastore.container using (container_id)"
        ).fetchall()
        assert outbox == [(ana["container_name"], old["blob_name"])]
        with refused("DS404"):
            call("confirm_pictures", [confirmation(old, b"one")])

    def test_a_blob_that_differs_from_its_announcement_is_refused(self, call: Call, ana: dict[str, str]) -> None:
        one, two = self.announce(call, ana, (b"one", "1.tiff"), (b"two", "2.tiff"))
        with refused("DS409") as error:
            call("confirm_pictures", [confirmation(one, b"one"), confirmation(two, b"xxx")])
        assert errors_of(error) == [("/1", "conflict")]
        assert call("rebuild_picture_set", ana["picture_set_id"])["pictures"] == []

    @pytest.mark.parametrize("confirmations", [{}, [5], [{"picture_id": "x"}], [{"picture_id": None}], [{}]])
    def test_invalid_confirmations_are_refused(self, call: Call, confirmations: object) -> None:
        with pytest.raises(psycopg.Error, check=lambda error: error.sqlstate in ("DS400", "DS404")):
            call("confirm_pictures", confirmations)

    @pytest.mark.parametrize(
        ("document", "expected"),
        [
            (5, [("/1", "type")]),
            ({"user_data": {"number_of_seeds": -1}}, [("/1/user_data/number_of_seeds", "minimum")]),
            ({"user_data": {"number_of_seeds": 1.5}}, [("/1/user_data/number_of_seeds", "type")]),
            ({"user_data": {"zoom": 0}}, [("/1/user_data/zoom", "exclusiveMinimum")]),
            ({"userData": {}, "user_data": {}}, [("/1/userData", "spelling")]),
            ({"user_data": {"numberOfSeeds": 1}}, [("/1/user_data/numberOfSeeds", "spelling")]),
            ({"seed": {"seed_id": str(uuid.uuid4())}}, [("/1/seed/seed_id", "seed")]),
            ({"seed": {}}, [("/1/seed", "anyOf")]),
            ({"a": {"b": [10**400]}}, [("/1/a/b/0", "numberRange")]),
            ({"schema_version": "1"}, [("/1/schema_version", "const")]),
        ],
    )
    def test_one_invalid_document_stops_the_batch(
        self, call: Call, ana: dict[str, str], document: object, expected: list[tuple[str, str]]
    ) -> None:
        with refused("DS400") as error:
            call("announce_pictures", ana["picture_set_id"], [{}, document], acting=ana["user_id"])
        assert errors_of(error) == expected
        assert call("rebuild_picture_set", ana["picture_set_id"])["image_data_picture_set"] == {"number_of_images": 0}

    def test_the_depth_of_a_document_is_limited(self, call: Call, ana: dict[str, str]) -> None:
        def nested(levels: int) -> object:
            return [] if levels == 1 else {"a": nested(levels - 1)}

        call("announce_pictures", ana["picture_set_id"], [nested(64)])
        with refused("DS400") as error:
            call("announce_pictures", ana["picture_set_id"], [nested(65)])
        assert errors_of(error) == [("/0" + "/a" * 64, "maxDepth")]

    def test_one_path_twice_in_a_batch_is_refused(self, call: Call, ana: dict[str, str]) -> None:
        with refused("DS400") as error:
            self.announce(call, ana, (b"one", "1.tiff"), (b"two", "1.tiff"))
        assert errors_of(error) == [("/1/metadata/relative_path", "uniqueItems")]

    def test_invalid_inspections_are_refused(self, call: Call, ana: dict[str, str]) -> None:
        wrong: list[Any] = [[], {}, [{}, {}], [{"size": 0}], [{"md5": "x"}], [{"image_data": {"width": "5"}}]]
        for inspections in wrong:
            with refused("DS400"):
                call("announce_pictures", ana["picture_set_id"], [{}], inspections)

    def test_a_species_is_found_by_id_and_by_name(self, call: Call, ana: dict[str, str]) -> None:
        known = {seed["seed_name"]: seed["seed_id"] for seed in call("rebuild_seeds")["seeds"]}
        assert len(known) == 15
        agreed = {"seed": {"seed_id": known["Solanum nigrum"], "seed_name": "'solanum  nigrum'"}}
        (picture,) = call("announce_pictures", ana["picture_set_id"], [agreed])
        assert call("rebuild_picture", picture["picture_id"])["seed"] == agreed["seed"]
        with refused("DS400") as error:
            agreed["seed"]["seed_name"] = "Solanum rostratum"
            call("announce_pictures", ana["picture_set_id"], [agreed])
        assert errors_of(error) == [("/0/seed/seed_id", "seed")]

    def test_an_unknown_species_is_registered_for_review(self, call: Call, ana: dict[str, str]) -> None:
        documents = [{"seed": '"3 Zea mays"'}, {"seed": "zea  MAYS"}, {"seed": None}]
        pictures = call("announce_pictures", ana["picture_set_id"], documents)
        labels = [call("rebuild_picture", picture["picture_id"])["labels"] for picture in pictures]
        assert labels[0][0]["seed_id"] == labels[1][0]["seed_id"]
        assert labels[2] == []
        unreviewed = [seed for seed in call("rebuild_seeds")["seeds"] if seed["status"] == "unreviewed"]
        assert len(unreviewed) == 1

    def test_an_update_replaces_the_clients_data(
        self, call: Call, ana: dict[str, str], database: psycopg.Connection
    ) -> None:
        (picture,) = self.announce(call, ana, (b"one", "1.tiff"), documents=[self.DOCUMENT])
        rebuilt = call("rebuild_picture", picture["picture_id"])
        assert call("update_picture", picture["picture_id"], rebuilt, acting=ana["user_id"]) == rebuilt
        changes = "select before, acted_by::text from datastore.history where action = 'changed'"
        assert database.execute(changes).fetchall() == []
        updated = call("update_picture", picture["picture_id"], {"seed": None}, acting=ana["user_id"])
        assert updated.keys().isdisjoint({"user_data", "client_data", "unknown"})
        assert (updated["seed"], updated["labels"]) == (None, [])
        before = dict(self.DOCUMENT)
        assert database.execute(changes).fetchall() == [(before, ana["user_id"])]
