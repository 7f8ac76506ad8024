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
from tests.upload.documents import by_path, client_part, picture_at, section


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


def test_claims_about_system_keys_are_kept_in_the_history(
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
