"""A folder that is uploaded again, grown, corrected, or downloaded before."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import cast

import psycopg

from datastore_db import Store, UploadReport
from datastore_db.aio import User
from datastore_db.json_codec import JsonObject
from tests.support.pictures import EXAMPLE, picture, write_folder
from tests.support.storage import blobs
from tests.upload.documents import by_path, client_part, picture_at, section


def test_uploading_again_sends_nothing(
    report: UploadReport, acting: Store, ana: User, storage_connection_string: str, database: psycopg.Connection
) -> None:
    before = blobs(storage_connection_string, ana["container_name"])
    state = "select (select count(*) from datastore.picture), (select count(*) from datastore.history)"
    rows = database.execute(state).fetchone()
    again = acting.upload_folder(EXAMPLE)
    assert set(by_path(again).values()) == {"unchanged", "refused"}
    after = blobs(storage_connection_string, ana["container_name"])
    assert {name: blob.etag for name, blob in after.items()} == {name: blob.etag for name, blob in before.items()}
    assert database.execute(state).fetchone() == rows


def test_a_corrected_yaml_updates_its_pictures_and_is_remembered(
    acting: Store, tmp_path: Path, database: psycopg.Connection
) -> None:
    folder = write_folder(tmp_path / "lot", {"index.yaml": "seed: Lolium temulentum\n", "1.tiff": picture(1)})
    acting.upload_folder(folder)
    (folder / "index.yaml").write_text("seed: Ambrosia trifida\nuserData: {zoom: 1.50}\n")
    report = acting.upload_folder(folder)
    assert by_path(report) == {"1.tiff": "updated"}
    document = picture_at(acting, report, "1.tiff")
    assert document["seed"] == "Ambrosia trifida"
    assert str(section(document, "user_data")["zoom"]) == "1.50"
    assert [label["seed_name"] for label in cast(list[JsonObject], document["labels"])] == ["Ambrosia trifida"]
    assert section(document, "audit_trail")["change_log"] == "picture changed"
    remembered = database.execute("select before from datastore.history where action = 'changed'").fetchall()
    assert remembered == [({"seed": "Lolium temulentum"},)]


def test_only_new_files_of_a_folder_are_uploaded(acting: Store, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "lot", {"1.tiff": picture(1)})
    acting.upload_folder(folder)
    write_folder(folder, {"2.png": picture(2, "PNG"), "more/3.tiff": picture(3)})
    report = acting.upload_folder(folder)
    assert by_path(report) == {"1.tiff": "unchanged", "2.png": "uploaded", "more/3.tiff": "uploaded"}


def test_changed_bytes_are_a_conflict_unless_they_are_to_replace(
    acting: Store, tmp_path: Path, database: psycopg.Connection
) -> None:
    folder = write_folder(tmp_path / "lot", {"1.tiff": picture(1), "2.tiff": picture(2)})
    first = acting.upload_folder(folder)
    old = picture_at(acting, first, "1.tiff")
    (folder / "1.tiff").write_bytes(picture(11))
    conflict = acting.upload_folder(folder)
    assert by_path(conflict) == {"1.tiff": "conflict", "2.tiff": "unchanged"}
    assert [problem.file for problem in conflict.problems] == ["1.tiff"]
    assert picture_at(acting, conflict, "1.tiff") == old

    replaced = acting.upload_folder(folder, replace=True)
    assert by_path(replaced) == {"1.tiff": "uploaded", "2.tiff": "unchanged"}
    new = picture_at(acting, replaced, "1.tiff")
    assert new["picture_id"] != old["picture_id"]
    assert acting.read_picture(str(new["picture_id"]))[0] == picture(11)
    assert acting.picture_set(str(new["picture_set_id"]))["image_data_picture_set"] == {"number_of_images": 2}
    # The old picture can still be asked for, and the history says what became of it.
    assert acting.read_picture(str(old["picture_id"]))[0] == picture(1)
    remembered = database.execute("select entity_id::text from datastore.history where action = 'replaced'").fetchall()
    assert remembered == [(old["picture_id"],)]
    assert by_path(acting.upload_folder(folder)) == {"1.tiff": "unchanged", "2.tiff": "unchanged"}


def test_the_same_bytes_under_two_paths_are_two_pictures(acting: Store, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "lot", {"1.tiff": picture(1), "2.tiff": picture(1)})
    report = acting.upload_folder(folder)
    assert by_path(report) == {"1.tiff": "uploaded", "2.tiff": "uploaded"}
    assert len({result.picture_id for result in report.results}) == 2


def test_sets_of_the_same_name_in_different_directories_are_different_sets(acting: Store, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "lot", {"a/s/1.tiff": picture(1), "b/s/1.tiff": picture(2)})
    report = acting.upload_folder(folder)
    assert len({set_id for set_id, _ in report.picture_sets}) == 2
    assert [folder["folder_name"] for folder in acting.folders()] == ["General", "s", "s"]


def test_a_download_can_be_uploaded_again(report: UploadReport, acting: Store, tmp_path: Path) -> None:
    for set_id, path in report.picture_sets:
        downloaded = acting.download(set_id, tmp_path / "copy" / Path(path).name)
        assert downloaded.complete
    copied = acting.upload_folder(tmp_path / "copy")
    assert copied.complete
    assert set(by_path(copied).values()) == {"uploaded"}
    for (old_id, _), (new_id, _) in zip(report.picture_sets, copied.picture_sets, strict=True):
        old, new = acting.picture_set(old_id), acting.picture_set(new_id)
        for key in ("name", "project_name", "submitter_name", "client_data", "acquisition"):
            assert new.get(key) == old.get(key)
        pairs = zip(cast(list[JsonObject], old["pictures"]), cast(list[JsonObject], new["pictures"]), strict=True)
        for old_picture, new_picture in pairs:
            assert client_part(new_picture) == client_part(old_picture)
            assert (
                section(new_picture, "quality_check")["image_checksum"]
                == section(old_picture, "quality_check")["image_checksum"]
            )


# Keys that mean something in the files that people write, and nothing in a document
OF_FILES: JsonObject = {
    "info": {"uploadDate": "then"},
    "UserData": {"zoom": 1},
    "user_data": {"zoom": 30, "UserData": None},
    "client_feedback": {"levelOfExpertise": "expert", "comparison": "as ever"},
    "quality_check": {"dataQualityScore": Decimal("0.5")},
    "project_name": "mine",
    "submitterName": None,
    "acquisition": {},
    "picture_set": {"name": "x"},
    "imageDataPictureSet": 1,
}


def test_a_download_uploaded_again_changes_nothing(acting: Store, tmp_path: Path) -> None:
    acting.upload_folder(write_folder(tmp_path / "lot", {"1.tiff": picture(1), "2.png": picture(2, "PNG")}))
    lot = acting.folders()[1]
    ids = [str(item["picture_id"]) for item in cast("list[JsonObject]", lot["pictures"])]
    acting.update_picture(ids[0], OF_FILES)
    acting.update_picture(ids[1], {"client_feedback": {"level_of_expertise": "novice"}, "client_data": None})
    before = [acting.picture(id_) for id_ in ids]
    assert section(before[0], "quality_check")["dataQualityScore"] == Decimal("0.5")

    acting.download(str(lot["picture_set_id"]), tmp_path / "copy")
    again = acting.upload_folder(tmp_path / "copy", name="lot")
    assert (again.problems, again.counts) == ([], {"unchanged": 2})
    assert [acting.picture(id_) for id_ in ids] == before

    copied = picture_at(acting, acting.upload_folder(tmp_path / "copy"), "1.tiff")
    assert client_part(copied) == client_part(before[0])
    assert section(copied, "quality_check") == section(before[0], "quality_check")


def test_a_download_does_not_overwrite_other_files(report: UploadReport, acting: Store, tmp_path: Path) -> None:
    set_id, _ = report.picture_sets[0]
    acting.download(set_id, tmp_path)
    (tmp_path / "1.tiff").write_bytes(b"mine")
    again = acting.download(set_id, tmp_path)
    assert [problem.file for problem in again.problems] == ["1.tiff"]
    assert again.unchanged == ["2.tiff"]
    assert (tmp_path / "1.tiff").read_bytes() == b"mine"
