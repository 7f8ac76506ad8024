"""Personal data of pictures: access, places of storage, and no loss for its owner."""

from __future__ import annotations

import copy
from typing import Any

import psycopg
import pytest

from tests.access.sessions import acts, refused, rows
from tests.support.calls import Call
from tests.support.inferences import Document
from tests.support.people import World

PLACE, PERSON, DEVICE = "45.5017", "Quentin Personal", "SERIAL-4711"
TAGS: Document = {
    "tiff": {"Make": "Leica", "Artist": PERSON, "XResolution": 100, "65000": {"base64": "UGVyc29u"}},
    "exif": {"BodySerialNumber": DEVICE, "ExposureTime": 1, "MakerNote": {"base64": "AAAA"}},
    "gps": {"GPSLatitude": [45, PLACE], "GPSLatitudeRef": "N"},
    "tiff_pages": {"2": {"Artist": PERSON, "NewSubfileType": 1}, "3": {"HostComputer": PERSON}},
    "tiff_sub_ifds": [{"Artist": PERSON}, {"ImageWidth": 3}],
    "npy": {"shape": [1, 2]},
    "empty": {},
}
PUBLIC: Document = {
    "tiff": {"Make": "Leica", "XResolution": 100},
    "exif": {"ExposureTime": 1},
    "tiff_pages": {"2": {"NewSubfileType": 1}},
    "tiff_sub_ifds": [{}, {"ImageWidth": 3}],
    "npy": {"shape": [1, 2]},
    "empty": {},
}
INSPECTION: Document = {
    "size": 10,
    "metadata": {"relative_path": "personal.tiff"},
    "image_data": {"format": "TIFF", "width": 3, "height": 4, "tags": TAGS},
}


@pytest.fixture
def picture_id(call: Call, world: World) -> str:
    """A picture of Ana's whose file tells of people and places; Rob and Cora see her container."""
    owner = world.users["owner"]["user_id"]
    set_id = world.anas["picture_set_id"]
    (announced,) = call("announce_pictures", set_id, [{"user_data": {"zoom": 3}}], [INSPECTION], acting=owner)
    call("confirm_pictures", [{"picture_id": announced["picture_id"]}], acting=owner)
    return str(announced["picture_id"])


def tags_for(call: Call, world: World, kind: str, picture_id: str) -> Any:
    acting = world.users[kind]["user_id"]
    document = call("rebuild_picture", picture_id, acting=acting)
    listed = call("rebuild_picture_set", world.anas["picture_set_id"], acting=acting)["pictures"]
    assert [picture for picture in listed if picture["picture_id"] == picture_id] == [document]
    assert document["audit_trail"]["privacy_flag"] is True
    assert document["image_data"]["width"] == 3
    return document["image_data"]["tags"]


def test_the_owner_sees_every_tag_of_the_file(call: Call, world: World, picture_id: str) -> None:
    assert tags_for(call, world, "owner", picture_id) == TAGS


@pytest.mark.parametrize("kind", ["reader", "contributor"])
def test_other_users_see_personal_data_that_the_owner_shows(
    call: Call, world: World, picture_id: str, kind: str
) -> None:
    owner = world.users["owner"]["user_id"]
    assert tags_for(call, world, kind, picture_id) == PUBLIC
    assert call("share_personal_data", acting=owner)["shows_personal_data"] is True
    assert tags_for(call, world, kind, picture_id) == TAGS
    assert call("share_personal_data", False, acting=owner)["shows_personal_data"] is False
    assert tags_for(call, world, kind, picture_id) == PUBLIC
    entries = [(entry["action"], entry["entity"]) for entry in call("rebuild_audit", acting=owner)]
    assert entries[:2] == [("unshared", "personal_data_share"), ("shared", "personal_data_share")]


@pytest.mark.parametrize("kind", ["reader", "contributor", "stranger"])
def test_no_other_user_shows_personal_data(call: Call, world: World, picture_id: str, kind: str) -> None:
    with refused("DS403", "DS404"):
        call("share_personal_data", True, world.anas["container_id"], acting=world.users[kind]["user_id"])


@pytest.mark.parametrize("kind", ["reader", "contributor", "stranger", None])
def test_no_relation_shows_personal_data_to_others(
    backend: psycopg.Connection, world: World, picture_id: str, kind: str | None
) -> None:
    names = rows(
        backend, "select oid::regclass::text from pg_class where relnamespace = 'datastore'::regnamespace"
        " and relkind in ('r', 'v') and has_table_privilege(oid, 'select')",
    )  # fmt: skip
    with backend.transaction():
        if kind is not None:
            acts(backend, world, kind)
        for (relation,) in names:
            for secret in (PLACE, PERSON, DEVICE):
                found = rows(backend, f"select count(*) from {relation} as it where it::text like %s", f"%{secret}%")
                assert found == [(0,)], (relation, secret)


def test_analysts_see_the_personal_data_that_owners_show(
    urls: dict[str, str], database: psycopg.Connection, call: Call, world: World, picture_id: str
) -> None:
    with psycopg.connect(urls["reader"], autocommit=True) as analyst:
        query = "select count(*) from datastore.picture_personal_data where picture_id = %s"
        assert rows(analyst, query, picture_id) == [(0,)]
        assert rows(database, query, picture_id) == [(1,)]
        call("share_personal_data", acting=world.users["owner"]["user_id"])
        assert rows(analyst, query, picture_id) == [(1,)]


def test_neither_claims_nor_the_history_have_personal_data(
    database: psycopg.Connection, call: Call, world: World, picture_id: str
) -> None:
    owner = world.users["owner"]["user_id"]
    document = call("rebuild_picture", picture_id, acting=owner)
    claimed = copy.deepcopy(document)
    claimed["image_data"]["tags"]["tiff"] |= {"Artist": PERSON + "!", "Make": "Zeiss"}
    for acting, sent in [("contributor", document), ("owner", document), ("owner", claimed), ("contributor", claimed)]:
        call("update_picture", picture_id, sent, acting=world.users[acting]["user_id"])
    claims = rows(database, "select claimed from datastore.claim where entity_id = %s", picture_id)
    tiff = PUBLIC["tiff"] | {"Make": "Zeiss"}
    assert [claim["image_data"]["tags"] for (claim,) in claims] == [PUBLIC | {"tiff": tiff}]  # type: ignore[index]
    database.execute("delete from datastore.picture where picture_id = %s", [picture_id])
    for relation in ("history", "claim", "picture_personal_data"):
        for secret in (PLACE, PERSON, DEVICE):
            query = f"select count(*) from datastore.{relation} as it where it::text like %s"
            assert rows(database, query, f"%{secret}%") == [(0,)], relation
    entries = rows(
        database,
        "select action, after - 'noted_at', before - 'noted_at' from datastore.history"
        " where entity = 'picture_personal_data' and entity_id = %s order by history_id",
        picture_id,
    )
    assert entries == [("created", {}, None), ("deleted", None, {})]


def test_the_flag_is_computed_for_pictures_and_their_sets(call: Call, world: World) -> None:
    owner = world.users["owner"]["user_id"]
    made = call("create_picture_set", {"name": "plain", "audit_trail": {"privacy_flag": True}}, acting=owner)
    set_id = made["picture_set_id"]
    assert made["audit_trail"]["privacy_flag"] is False

    def add(tags: Document) -> list[bool]:
        inspection = {"image_data": {"format": "TIFF", "tags": tags}}
        document = {"audit_trail": {"privacy_flag": not tags}}
        (picture,) = call("announce_pictures", set_id, [document], [inspection], acting=owner)
        call("confirm_pictures", [{"picture_id": picture["picture_id"]}], acting=owner)
        rebuilt = call("rebuild_picture_set", set_id, acting=world.users["reader"]["user_id"])
        return [item["audit_trail"]["privacy_flag"] for item in [rebuilt, *rebuilt["pictures"]]]

    assert add({}) == [False, False]
    assert add({"tiff": {"Make": "Leica"}}) == [False, False, False]
    assert add({"gps": {"GPSLatitude": 1}}) == [True, False, False, True]


@pytest.mark.parametrize("tags", [{"tiff": {"Artist": "Ada", "Make": "Zeiss"}}, {"tiff": {"Make": "Zeiss"}}, {}])
def test_a_contributor_inspects_an_announced_picture_again(call: Call, world: World, tags: Document) -> None:
    """A contributor writes the tags of a file, without seeing those that others had read."""
    owner, acting = world.users["owner"]["user_id"], world.users["contributor"]["user_id"]
    container_id, set_id = world.anas["container_id"], world.anas["picture_set_id"]
    found = {"format": "TIFF", "width": 3, "tags": tags}
    (announced,) = call("announce_pictures", set_id, [{}], [INSPECTION], acting=owner)
    picture_id = announced["picture_id"]
    with refused("42501"):
        call("write_image_data", picture_id, container_id, found, acting=world.users["reader"]["user_id"])
    call("write_image_data", picture_id, container_id, found, acting=acting)
    call("confirm_pictures", [{"picture_id": picture_id}], acting=acting)
    document = call("rebuild_picture", picture_id, acting=owner)
    assert document["image_data"]["tags"] == tags
    assert document["audit_trail"]["privacy_flag"] is ("Ada" in str(tags))
    seen = call("rebuild_picture", picture_id, acting=acting)["image_data"]["tags"]
    assert seen == ({"tiff": {"Make": "Zeiss"}} if tags else {})
    # Stored data stays personal: a claim that there is none does not publish it.
    with refused("42501"):
        call("write_image_data", picture_id, container_id, {"format": "TIFF"}, acting=acting)


def test_tags_of_an_upload_by_link_are_divided_as_well(call: Call, world: World) -> None:
    owner, set_id = world.users["owner"]["user_id"], world.anas["picture_set_id"]
    (announced,) = call("announce_pictures", set_id, [{}], acting=owner)
    inspection = INSPECTION | {"quality_check": {"image_checksum": "2" * 64}, "md5": "XrY7u+Ae7tCTyyK7j1rNww=="}
    del inspection["metadata"]
    call("confirm_upload", announced["picture_id"], inspection, "0x1", acting=owner)
    assert tags_for(call, world, "owner", announced["picture_id"]) == TAGS
    assert tags_for(call, world, "contributor", announced["picture_id"]) == PUBLIC


def test_the_row_holds_no_personal_tag(database: psycopg.Connection, world: World, picture_id: str) -> None:
    query = "select tags, tags = datastore.public_tags(tags), image_data ? 'tags' from datastore.picture"
    assert (PUBLIC, True, False) in rows(database, query)
    assert {row[1:] for row in rows(database, query + " where tags is not null")} == {(True, False)}


@pytest.mark.parametrize(
    ("group", "tag", "value"),
    [
        ("gps", "GPSAltitude", 12), ("tiff", "Artist", "A"), ("tiff", "Copyright", "A"), ("exif", "UserComment", "A"),
        ("exif", "CameraOwnerName", "A"), ("exif", "BodySerialNumber", "1"), ("exif", "LensSerialNumber", "1"),
        ("exif", "XPAuthor", "A"), ("exif", "MakerNote", {"base64": "AA=="}), ("exif", "base64", "AAAA"),
        ("exif", "sha256", "00"), ("tiff", "HostComputer", "ana-laptop"), ("tiff", "ImageDescription", "by Ana"),
        ("tiff", "ImageDescription", {"size": 1, "sha256": "00"}), ("tiff", "ImageDescription", "<OME Experimenter>"),
        ("tiff", "ImageDescription", "ImageJ=1.53\nimages=3\nowner=Ana\n"), ("tiff", "XMLPacket", "<x/>"),
        ("tiff", "IptcNaaInfo", {"base64": "AA=="}), ("tiff", "51123", "{}"), ("tiff", "65001", 4),
        ("imagej", "info", "by Ana"), ("imagej", "labels", ["Ana"]), ("imagej", "patient", 5),
        ("imagej", "unit", "Ana Analyst, Room 5, the seed laboratory"), ("ome", "image_name", "ana's picture"),
        ("ome", "microscopes", [{"Model": "S9i", "SerialNumber": "1"}]), ("png", "Author", "Ana"),
        ("png", "pHYs", [{"x": 1}, "Ana"]), ("png", "color_type", "Ana"), ("png", "XML:com.adobe.xmp", "<x/>"),
        ("png", "tIME", "Ana"), ("jpeg", "comment", "Ana"), ("jpeg", "xmp", "<x/>"), ("jpeg", "APP13", {"base64": ""}),
        ("gif", "comment", "Ana"), ("webp", "xmp", "<x/>"), ("unheard-of", "x", 1),
    ],
)  # fmt: skip
def test_personal_tags_are_found(call: Call, group: str, tag: str, value: object) -> None:
    tags = {group: {tag: value}}
    assert call("public_tags", tags) == {}


def test_other_tags_are_not_personal(call: Call) -> None:
    tags = {
        "tiff": {"Make": "Leica", "Model": "S9i", "Software": "LAS", "DateTime": "2024:05:01 14:03:21", "Artist": "",
                 "XResolution": 100, "BitsPerSample": [8, 8, 8], "ImageDescription": '{"shape": [3, 4]}'},
        "exif": {"ExposureTime": 1, "ExifVersion": "0232", "OffsetTimeOriginal": "+02:00", "FNumber": None},
        "imagej": {"ImageJ": "1.11a", "images": 3, "unit": "µm", "loop": False, "ranges": [0, 1]},
        "ome": {"creator": "tifffile", "pixels": {"SizeX": "3"}, "microscopes": [{"Model": "S9i"}], "images": 1},
        "png": {"color_type": "rgb", "interlaced": False, "pHYs": {"x": 1, "y": 1, "unit": "metre"},
                "tIME": "2024-05-01T14:03:21Z", "Software": "x"},
        "jpeg": {"jfif": {"version": "1.01"}, "progressive": True, "icc_profile": {"base64": "AA=="}},
        "gif": {"version": "89a", "loop": 0}, "webp": {"lossless": True}, "bmp": {"compression": 0},
    }  # fmt: skip
    assert call("public_tags", tags) == tags
    stack = {"tiff": {"ImageDescription": "ImageJ=1.11a\nimages=3\nslices=3\nunit=micron\nmin=0.0\n"}}
    assert call("public_tags", stack) == stack
