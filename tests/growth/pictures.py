"""Calls that write pictures and sets of them, in the states that make them work."""

from __future__ import annotations

from typing import Any

from datastore_db.json_codec import dumps
from tests.growth.cases import case, query, spread
from tests.growth.documents import MD5, ids, inspections, long_label
from tests.growth.session import Call, Session


def announce(session: Session, documents: list[Any], found: list[Any] | None = None, *more: object) -> Call:
    return query("announce_pictures", session.picture_set_id, documents, found, *more)


def other_bytes(n: int) -> list[dict[str, Any]]:
    """What inspections find where other bytes came under the same paths."""
    found = inspections(n)
    for one in found:
        one["quality_check"] = {"image_checksum": "other " + one["quality_check"]["image_checksum"]}
    return found


@case("announce_pictures")
def announce_paths(session: Session, n: int) -> Call:
    return announce(session, [{}] * n, inspections(n))


@case("announce_pictures")
def announce_paths_alone(session: Session, n: int) -> Call:
    return announce(session, [{"metadata": {"relative_path": str(place)}} for place in range(n)])


@case("announce_pictures")
def announce_bytes(session: Session, n: int) -> Call:
    return announce(session, [{"quality_check": {"image_checksum": str(place)}} for place in range(n)])


@case("announce_pictures")
def announce_without_anything(session: Session, n: int) -> Call:
    return announce(session, [{}] * n)


@case("announce_pictures")
def announce_again(session: Session, n: int) -> Call:
    session.ask(*spread(announce(session, [{}] * n, inspections(n))))
    return announce(session, [{"n": place} for place in range(n)], inspections(n))


@case("announce_pictures")
def announce_other_bytes(session: Session, n: int) -> Call:
    """Of paths that are pending: the announcements before make way."""
    session.ask(*spread(announce(session, [{}] * n, inspections(n))))
    return announce(session, [{}] * n, other_bytes(n))


@case("announce_pictures")
def announce_claims(session: Session, n: int) -> Call:
    return announce(session, [{"labels": [], "audit_trail": 1}] * n)


@case("announce_pictures")
def announce_new_species(session: Session, n: int) -> Call:
    return announce(session, [{"seed": f"new species {place}"} for place in range(n)])


@case("announce_pictures")
def announce_personal_tags(session: Session, n: int) -> Call:
    tags = {"gps": {"GPSLatitude": 1}, "exif": {"Make": "x", "Artist": "y"}}
    return announce(session, [{"image_data": {"tags": tags}}] * n)


@case("announce_pictures")
def announce_invalid(session: Session, n: int) -> Call:
    return announce(session, [{"seed": 5}] * n)


@case("overtaken_pictures")
def find_overtaken(session: Session, n: int) -> Call:
    session.ask(*spread(announce(session, [{}] * n, inspections(n))))
    return query("overtaken_pictures", session.container_id, session.picture_set_id, [{}] * n, other_bytes(n))


@case("add_pictures")
def add(session: Session, n: int) -> Call:
    return query("add_pictures", session.container_id, session.picture_set_id, [{}] * n, inspections(n), False)


def announced(session: Session, n: int) -> list[str]:
    """The ids of pictures that were announced."""
    return [one["picture_id"] for one in session.ask(*spread(announce(session, [{}] * n, inspections(n))))]


@case("confirm_pictures")
def confirm(session: Session, n: int) -> Call:
    return query("confirm_pictures", [{"picture_id": one, "size": 5, "md5": MD5} for one in announced(session, n)])


@case("confirm_pictures")
def confirm_replacing(session: Session, n: int) -> Call:
    session.ask(*spread(confirm(session, n)))
    answer = session.ask(*spread(announce(session, [{}] * n, other_bytes(n), True)))
    return query("confirm_pictures", [{"picture_id": one["picture_id"], "etag": "e"} for one in answer])


@case("confirm_pictures")
def confirm_unknown(session: Session, n: int) -> Call:
    return query("confirm_pictures", [{"picture_id": one} for one in ids(n)])


@case("update_picture")
def update_keys(session: Session, n: int) -> Call:
    return query("update_picture", session.picture_id, {f"k{place}": place for place in range(n)})


@case("update_picture")
def update_claims(session: Session, n: int) -> Call:
    keys = {f"k{place}": place for place in range(n)}
    return query("update_picture", session.picture_id, {"image_data": keys, "labels": [keys], "audit_trail": keys})


@case("create_picture_set")
def create_keys(session: Session, n: int) -> Call:
    return query("create_picture_set", {f"k{place}": {"metaData": place} for place in range(n)})


@case("open_picture_set")
def open_keys(session: Session, n: int) -> Call:
    return query("open_picture_set", "root", "path", {f"k{place}": place for place in range(n)})


@case("write_image_data")
def write_tags(session: Session, n: int) -> Call:
    tags = {"exif": {f"t{place}": "x" for place in range(n)}}
    return query("write_image_data", session.picture_id, session.container_id, {"parent": "", "tags": tags})


@case("rewrite_pictures")
def rewrite(session: Session, n: int) -> Call:
    return (
        "select datastore.rewrite_pictures(%s::uuid[], %s, %s::jsonb)",
        (announced(session, n), session.container_id, dumps([{"n": place} for place in range(n)])),
    )


@case("remember_picture_claims")
def remember_picture_claims(session: Session, n: int) -> Call:
    pictures = [{"picture_id": one} for one in announced(session, n)]
    return query("remember_picture_claims", [{"labels": [1]}] * n, pictures)


@case("remember_claims")
def remember_claims(session: Session, n: int) -> Call:
    claims = [{"container_id": session.container_id, "entity_id": one, "claimed": {"k": 1}} for one in ids(n)]
    return query("remember_claims", "picture", claims)


@case("label_known")
def label_known(session: Session, n: int) -> Call:
    pictures = [{"seed": f"new species {place}"} for place in range(n)]
    found = session.ask(*spread(announce(session, pictures)))
    return "select datastore.label_known(%s::uuid[], %s)", ([one["picture_id"] for one in found], session.container_id)


@case("labels_text")
def labels_text(session: Session, n: int) -> Call:
    return "select datastore.labels_text(%s::uuid[])", (announced(session, n),)


@case("remove_pending_pictures")
def remove_pending(session: Session, n: int) -> Call:
    return "select datastore.remove_pending_pictures(%s::uuid[], %s)", (announced(session, n), session.container_id)


@case("learn_labels", 10_000)
def learn_labels(session: Session, n: int) -> Call:
    return "select datastore.learn_labels(%s::text[])", ([f"new label {place}" for place in range(n)],)


@case("learn_labels")
def learn_long_labels(session: Session, n: int) -> Call:
    return "select datastore.learn_labels(%s::text[])", ([long_label(place) for place in range(n)],)
