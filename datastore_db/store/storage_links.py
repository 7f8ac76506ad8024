"""Links to single pictures in storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from datastore_db.ids import Id, to_uuid
from datastore_db.json_codec import JsonObject
from datastore_db.store.storage_revocation import Revocation, RevokedLinks

if TYPE_CHECKING:
    from datastore_db.storage.links import Link

# How long a link is good unless the caller says otherwise
MINUTES = 15


class Links(Revocation):
    """The links of a store."""

    async def link(
        self, picture_id: Id, *, minutes: int = MINUTES, personal_data: bool = False, user_id: Id | None = None
    ) -> Link:
        """A link that lets any holder read one picture from storage itself, for a time; it is recorded.

        A file with personal data is not handed out: the link is to a copy without it, made once, with the same pixels.
        personal_data: to the original nevertheless, for a user with access to its personal data.
        Raises `NotFound`, `NotAllowed` without that access or where there can be no copy, `Conflict` while its bytes
        have not arrived, or `CannotSign` where the storage account's credentials are not.
        """
        from datastore_db.storage.links import read_link

        account = self._needed_account("signs a link")
        assert self._copies is not None
        return await read_link(
            self._database,
            account,
            to_uuid(picture_id),
            minutes,
            self._acting(user_id),
            personal_data=personal_data,
            make_copy=self._copies.make,
        )

    async def upload_link(self, picture_id: Id, *, minutes: int = MINUTES, user_id: Id | None = None) -> Link:
        """A link that lets any holder upload the bytes of one announced picture, for a time; it is recorded.

        The file is stored by `confirm_upload`, within an hour after the link ended. Raises `NotFound`, `Conflict` for
        a picture that is stored, or `CannotSign`.
        """
        from datastore_db.storage.links import write_link

        account = self._needed_account("signs a link")
        return await write_link(self._database, account, to_uuid(picture_id), minutes, self._acting(user_id))

    async def confirm_upload(self, picture_id: Id, *, user_id: Id | None = None) -> JsonObject:
        """Inspect the file that was uploaded by a link, and store it; answers the picture's document.

        Raises `NotFound`, `NotAllowed`, `Conflict` where nothing came, or other bytes than were announced,
        `BrokenPicture` or `NotAPicture`.
        """
        from datastore_db.upload.link import confirm_upload

        return await confirm_upload(
            self._database, self._containers, to_uuid(picture_id), self._acting(user_id), self._uploads
        )

    async def links(
        self, container: str | None = None, *, include_past: bool = False, user_id: Id | None = None
    ) -> list[JsonObject]:
        """The links to pictures of a container (its name, its id, or its user's email address), or of all.

        Not the links themselves. include_past: also those that open nothing any more. Raises `NotFound`.
        """
        ids = await self._named(container, user_id)
        answer = await self._call("list_links", user_id, container_ids=ids, include_past=include_past)
        return cast(list[JsonObject], answer)

    async def revoke_links(self, container: str, *, user_id: Id | None = None) -> RevokedLinks:
        """End all open links to read pictures of a container; links to upload end by themselves.

        Azure takes up to 30 seconds. Without the storage account's credentials the answer's `in_storage` is False: run
        `renew_keys` where they are. Raises `NotFound`.
        """
        ids = await self._named(container, user_id)
        answer = cast(JsonObject, await self._call("revoke_links", user_id, container_ids=ids))
        if self._renewals is not None:
            for container_id in cast(list[str], answer["container_ids"]):
                await self._renewals.make(container_id)
        to_do = self._to_do([{"has_policy": True}] if answer["container_ids"] else [])
        return {"links": int(str(answer["links"])), "in_storage": to_do is None, "to_do": to_do}
