"""A folder of pictures goes in, its JSON comes back."""

from __future__ import annotations

import hashlib
import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest

from datastore_db import Store, UploadReport
from datastore_db.aio import User
from datastore_db.json_codec import JsonObject
from tests.support.pictures import EXAMPLE, picture, write_folder
from tests.support.storage import blobs

CLIENT_KEYS = {"user_data", "seed", "client_data", "client_feedback"}


def by_path(report: UploadReport) -> dict[str, str]:
    return {result.file: result.state for result in report.results}


def client_part(document: JsonObject) -> JsonObject:
    return {key: value for key, value in document.items() if key in CLIENT_KEYS}


def section(document: JsonObject, name: str) -> JsonObject:
    return cast(JsonObject, document[name])


@pytest.fixture
def report(acting: Store) -> UploadReport:
    """The example folder, uploaded."""
    return acting.upload_folder(EXAMPLE)


def picture_at(store: Store, report: UploadReport, path: str) -> JsonObject:
    picture_id = next(result.picture_id for result in report.results if result.file == path)
    assert picture_id is not None
    return store.picture(picture_id)


def test_each_file_is_accounted_for(report: UploadReport) -> None:
    assert by_path(report) == {
        "pictures/session1/1.tiff": "uploaded",
        "pictures/session1/2.tiff": "uploaded",
        "pictures/session1/3.tiff": "refused",
        "pictures/session2/darnel-1.tif": "uploaded",
        "pictures/session2/darnel-2.ome.tif": "uploaded",
        "pictures/session2/overview.png": "uploaded",
    }
    assert [problem.file for problem in report.problems] == ["pictures/session1/3.tiff"]
    assert [left.file for left in report.not_processed] == ["pictures/session1/notes.txt"]
    assert not report.complete


def test_blobs_lie_under_their_final_names(
    report: UploadReport, acting: Store, ana: User, storage_connection_string: str
) -> None:
    assert ana["container_name"] == f"user-{ana['user_id']}"
    found = blobs(storage_connection_string, ana["container_name"])
    set_of = {path: str(set_id) for set_id, path in report.picture_sets}
    extensions = {".tiff": "tiff", ".tif": "tiff", ".png": "png"}
    expected = {
        f"{set_of[str(Path(result.file).parent)]}/{result.picture_id}.{extensions[Path(result.file).suffix]}": EXAMPLE
        / result.file
        for result in report.results
        if result.state == "uploaded"
    }
    assert found.keys() == expected.keys()
    for name, path in expected.items():
        content = path.read_bytes()
        assert found[name].size == len(content)
        md5 = found[name].content_settings.content_md5
        assert md5 is not None
        assert bytes(md5) == hashlib.md5(content).digest()


def test_the_json_comes_back(report: UploadReport, acting: Store, ana: User) -> None:
    document = picture_at(acting, report, "pictures/session1/1.tiff")
    assert client_part(document) == {
        "user_data": {
            "zoom": 30,
            "number_of_seeds": 6,
            "description": "six grains of chess from the barley's cleanings",
        },
        "seed": "Bromus secalinus",
        "client_data": {"client_email": "ana@example.org", "client_expertise": "seed analyst"},
        "client_feedback": {"correct_identification": True, "historical_comparison": "like the 2019 lot"},
    }
    image = section(document, "image_data")
    assert {key: image[key] for key in ("format", "width", "height", "camera", "capture_date")} == {
        "format": "TIFF",
        "width": 320,
        "height": 240,
        "camera": "Leica S9i",
        "capture_date": "2024-05-01T14:03:21+02:00",
    }
    assert str(image["source"]).startswith(f"user-{ana['user_id']}/")
    assert section(document, "quality_check") == {
        "image_checksum": hashlib.sha256((EXAMPLE / "pictures/session1/1.tiff").read_bytes()).hexdigest(),
        "upload_check": True,
        "valid_data": True,
        "error_type": "",
    }
    assert section(document, "metadata")["relative_path"] == "pictures/session1/1.tiff"
    assert section(document, "audit_trail")["edited_by"] == ana["user_id"]
    label = cast(list[JsonObject], document["labels"])[0]
    assert (label["seed_name"], label["origin"], label["by"]) == ("Bromus secalinus", "known", ana["user_id"])


def test_a_set_is_counted_and_carries_its_pictures(report: UploadReport, acting: Store) -> None:
    set_id = next(set_id for set_id, path in report.picture_sets if path == "pictures/session1")
    document = acting.picture_set(set_id)
    assert document["name"] == "session1"
    assert document["project_name"] == "barley-2024"
    assert document["image_data_picture_set"] == {"number_of_images": 2}
    names = [section(cast(JsonObject, one), "metadata")["file_name"] for one in cast(list[Any], document["pictures"])]
    assert names == ["1.tiff", "2.tiff"]


def test_folders_are_listed(report: UploadReport, acting: Store) -> None:
    folders = {str(folder["folder_name"]): folder for folder in acting.folders()}
    assert folders.keys() == {"General", "session1", "session2"}
    assert folders["General"]["pictures"] == []
    assert folders["session2"]["nb_pictures"] == 3
    listed = cast(list[JsonObject], folders["session1"]["pictures"])[0]
    assert (listed["name"], listed["is_validated"], listed["inference_exist"]) == ("1.tiff", True, False)


def test_bytes_and_media_type_come_back(report: UploadReport, acting: Store) -> None:
    document = picture_at(acting, report, "pictures/session2/overview.png")
    content, media_type = acting.read_picture(str(document["picture_id"]))
    assert content == (EXAMPLE / "pictures/session2/overview.png").read_bytes()
    assert media_type == "image/png"


def test_again_uploads_nothing(
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


def test_a_folder_that_has_grown_uploads_what_is_new(acting: Store, tmp_path: Path) -> None:
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


def as_zip(tmp_path: Path) -> Path:
    path = tmp_path / "upload.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(EXAMPLE.rglob("*.*")):
            archive.write(file, f"barley-2024/{file.relative_to(EXAMPLE)}")
    return path


@pytest.mark.parametrize("kind", ["zip", "pairs"])
def test_a_zip_and_a_browsers_folder_are_the_same_folder(
    report: UploadReport, acting: Store, kind: str, tmp_path: Path
) -> None:
    if kind == "zip":
        again = acting.upload_folder(as_zip(tmp_path))
    else:
        files = [file for file in sorted(EXAMPLE.rglob("*.*")) if file.is_file()]
        again = acting.upload_folder(
            [(f"barley-2024/{file.relative_to(EXAMPLE).as_posix()}", file.open("rb")) for file in files]
        )
    assert set(by_path(again).values()) == {"unchanged", "refused"}
    assert again.picture_sets == report.picture_sets
    assert [str(problem) for problem in again.problems] == [str(problem) for problem in report.problems]
    assert again.not_processed == report.not_processed


def test_what_was_downloaded_can_be_uploaded_again(report: UploadReport, acting: Store, tmp_path: Path) -> None:
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


def test_numbers_keep_every_digit_and_nulls_stay(acting: Store, tmp_path: Path) -> None:
    user_data = '{"zoom": 30.10, "n": 1234567890.12345678901234567890, "big": 1e300}'
    sent = f'{{"user_data": {user_data}, "x": null, "y": {{"z": [null]}}}}'
    folder = write_folder(tmp_path / "lot", {"1.tiff": picture(1), "1.json": sent})
    document = picture_at(acting, acting.upload_folder(folder), "1.tiff")
    assert document["x"] is None
    assert document["y"] == {"z": [None]}
    rebuilt = section(document, "user_data")
    assert str(rebuilt["zoom"]) == "30.10"
    assert rebuilt["n"] == Decimal("1234567890.12345678901234567890")
    assert Decimal(str(rebuilt["big"])) == Decimal("1e300")


def test_what_a_client_claims_of_the_systems_keys_is_kept_in_the_history(
    acting: Store, tmp_path: Path, database: psycopg.Connection
) -> None:
    claimed = {
        "image_data": {"width": 1, "station": "B"},
        "labels": ["mine"],
        "qualityCheck": {"dataQualityScore": 0.5},
    }
    folder = write_folder(tmp_path / "lot", {"1.tiff": picture(1), "1.json": json.dumps(claimed)})
    document = picture_at(acting, acting.upload_folder(folder), "1.tiff")
    image = section(document, "image_data")
    # The known key is the system's, the unknown one the client's.
    assert (image["width"], image["station"]) == (16, "B")
    assert document["labels"] == []
    rows = database.execute("select claimed from datastore.history where action = 'claimed'").fetchall()
    assert rows == [({"image_data": {"width": 1}, "labels": ["mine"], "quality_check": {"quality_score": 0.5}},)]
