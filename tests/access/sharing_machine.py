"""The actions of five users, on the database and on the plain model alike."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.access.sharing_model import NO_PRIVILEGE, NOT_FOUND, Group, SharingModel
from tests.access.sharing_session import NAMES, USERS, Session, expected_look, in_terms_of_the_model
from tests.support.inferences import inference

UNKNOWN = "00000000-0000-4000-8000-000000000000"

user = st.sampled_from(USERS)
# Of the groups that were made, also of those that are gone
place = st.integers(0, 2)
ROLES = ("reader", "contributor")
member_role = st.sampled_from((*ROLES, "owner"))
SITE_ROLES = ("user", "verifier", "administrator")


class Sharing(RuleBasedStateMachine):
    """Each rule asks the database and the model the same."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.model = SharingModel(USERS)
        self.group_ids: list[str] = []
        self.last: tuple[str, str] | None = None
        self.cleanup = ExitStack()
        self.cleanup.enter_context(session.sequence())

    def teardown(self) -> None:
        with self.cleanup:
            if self.last is not None:
                self.look(*self.last)

    def group(self, place: int) -> str:
        return self.group_ids[place % len(self.group_ids)] if self.group_ids else UNKNOWN

    def thing(self, owner: str, name: str) -> str:
        return self.session.things[owner][name]

    def check(self, actor: str, expected: str | None, call: str, argument: object = None) -> Any:
        refused, answer = self.session.ask(actor, f"select to_jsonb(datastore.{call})", argument)
        assert refused == expected, f"{actor}: {call}: {answer}"
        return answer

    # Groups

    @rule(actor=user, name=st.sampled_from(NAMES))
    def create_group(self, actor: str, name: str) -> None:
        expected = self.model.create_group(actor, name)
        answer = self.check(actor, expected, f"create_group('{name}')")
        if expected is None:
            self.group_ids.append(answer["group_id"])
            self.model.made(actor, name, answer["group_id"])

    @initialize(
        actor=user,
        members=st.dictionaries(user, member_role, max_size=3),
        shares=st.booleans(),
        published=st.none() | user,
        site_roles=st.dictionaries(user, st.sampled_from(SITE_ROLES), max_size=2),
        last=st.tuples(user, user),
    )
    def begin(
        self,
        actor: str,
        members: dict[str, str],
        shares: bool,
        published: str | None,
        site_roles: dict[str, str],
        last: tuple[str, str],
    ) -> None:
        """With a group, and with what a DBA gives; last: the user of the final look, and the owner."""
        self.last = last
        self.create_group(actor, NAMES[0])
        for other in members.keys() - {actor}:
            self.a_dba_adds(0, other, members[other])
        for other, role in site_roles.items():
            self.a_dba_gives_a_site_role(other, role)
        if shares:
            self.share(actor, actor, 0, "contributor")
        if published:
            self.publish(published, published, is_public=True)

    @rule(actor=user, place=place, other=user, role=member_role)
    def invite(self, actor: str, place: int, other: str, role: str) -> None:
        group = self.group(place)
        expected = self.model.invite(actor, group, other, role)
        self.check(actor, expected, f"set_member('{group}', '{other}@example.org', '{role}')")

    @rule(actor=user, place=place)
    def join(self, actor: str, place: int) -> None:
        group = self.group(place)
        self.check(actor, self.model.join(actor, group), f"join_group('{group}')")

    @rule(actor=user, place=place, other=user)
    def remove(self, actor: str, place: int, other: str) -> None:
        group = self.group(place)
        expected = self.model.remove(actor, group, other)
        self.check(actor, expected, f"remove_member('{group}', '{other}@example.org')")

    @rule(actor=user, place=place)
    def leave_or_decline(self, actor: str, place: int) -> None:
        self.remove(actor, place, actor)

    @rule(actor=user, place=place)
    def delete_group(self, actor: str, place: int) -> None:
        group = self.group(place)
        expected = self.model.delete_group(actor, group)
        refused, answer = self.session.ask(actor, f"select null::jsonb from datastore.delete_group('{group}')")
        assert refused == expected, answer

    # Sharing: also of other users' containers

    @rule(actor=user, owner=user, place=place, role=st.sampled_from(ROLES))
    def share(self, actor: str, owner: str, place: int, role: str) -> None:
        group = self.group(place)
        expected = self.model.share(actor, owner, group, role)
        self.check(actor, expected, f"share_container('{group}', '{role}', '{self.thing(owner, 'container_id')}')")

    @rule(actor=user, place=place, role=st.sampled_from(ROLES))
    def share_own(self, actor: str, place: int, role: str) -> None:
        self.share(actor, actor, place, role)

    @rule(actor=user, owner=user, place=place, role=st.sampled_from(ROLES))
    def share_by_plain_sql(self, actor: str, owner: str, place: int, role: str) -> None:
        group = self.group(place)
        joined = group in self.model.groups and self.model.groups[group].is_joined_by(actor)
        refused, answer = self.session.ask(
            actor,
            "insert into datastore.container_share (container_id, group_id, role)"
            f" values ('{self.thing(owner, 'container_id')}', '{group}', '{role}') on conflict do nothing"
            " returning to_jsonb(role)",
        )
        assert refused == (None if actor == owner and joined else NO_PRIVILEGE), answer
        if answer is not None and refused is None:
            self.model.groups[group].shares[owner] = role

    @rule(actor=user, owner=user, place=place)
    def unshare(self, actor: str, owner: str, place: int) -> None:
        group = self.group(place)
        expected = self.model.unshare(actor, owner, group)
        self.check(actor, expected, f"unshare_container('{group}', '{self.thing(owner, 'container_id')}')")

    @rule(actor=user, owner=user, is_public=st.booleans())
    def publish(self, actor: str, owner: str, is_public: bool) -> None:
        expected = self.model.publish(actor, owner, is_public)
        self.check(actor, expected, f"publish_container({is_public}, '{self.thing(owner, 'container_id')}')")

    @rule(actor=user, owner=user, is_shown=st.booleans())
    def show_personal_data(self, actor: str, owner: str, is_shown: bool) -> None:
        expected = self.model.show_personal_data(actor, owner, is_shown)
        self.check(actor, expected, f"share_personal_data({is_shown}, '{self.thing(owner, 'container_id')}')")

    # Writing

    @rule(actor=user, owner=user, kind=st.sampled_from(("set", "picture", "update", "inference", "feedback", "reopen")))
    def write(self, actor: str, owner: str, kind: str) -> None:
        things = self.session.things[owner]
        picture, inferred = things["picture_id"], things["inference_id"]
        call, argument = {
            "set": (f"create_picture_set($1, '{things['container_id']}')", {}),
            "picture": (f"announce_pictures('{things['picture_set_id']}', $1)", [{}]),
            "update": (f"update_picture('{picture}', $1)", {"user_data": {"description": actor}}),
            "inference": (f"import_inference('{picture}', $1)", inference()),
            "feedback": ("record_feedback($1)", {"inferenceId": inferred, "boxes": []}),
            "reopen": (f"reopen_inference('{inferred}')", None),
        }[kind]
        of_container = kind in ("set", "picture")
        self.check(
            actor, (self.model.write if of_container else self.model.write_picture)(actor, owner), call, argument
        )

    @rule(actor=user, owner=user)
    def write_by_plain_sql(self, actor: str, owner: str) -> None:
        """A row that may not be changed is passed over."""
        refused, changed = self.session.ask(
            actor,
            "with changed as (update datastore.picture_set set kept = kept"
            f" where picture_set_id = '{self.thing(owner, 'picture_set_id')}' returning 1)"
            " select to_jsonb(count(*)) from changed",
        )
        assert (refused, changed) == (None, int(self.model.changes(actor, owner)))

    @rule(actor=user, owner=user)
    def add_by_plain_sql(self, actor: str, owner: str) -> None:
        refused, answer = self.session.ask(
            actor,
            "insert into datastore.picture (container_id, picture_set_id)"
            f" values ('{self.thing(owner, 'container_id')}', '{self.thing(owner, 'picture_set_id')}')"
            " returning null::jsonb",
        )
        assert refused == (None if self.model.changes(actor, owner) else NO_PRIVILEGE), answer

    @rule(actor=user, owner=user, personal_data=st.booleans())
    def hand_out_a_link(self, actor: str, owner: str, personal_data: bool) -> None:
        expected = self.model.link(actor, owner, personal_data)
        call = f"hand_out_link('{self.thing(owner, 'picture_id')}', personal_data => {personal_data})"
        self.check(actor, expected, call)

    @rule(actor=user, owner=user)
    def revoke_keys(self, actor: str, owner: str) -> None:
        containers = [self.thing(owner, "container_id")]
        self.check(actor, self.model.own(actor, owner), "revoke_keys(container_ids => $1)", containers)

    # What all containers share

    @rule(actor=user, other=user, role=st.sampled_from(SITE_ROLES))
    def set_site_role(self, actor: str, other: str, role: str) -> None:
        expected = self.model.set_site_role(actor, other, role)
        self.check(actor, expected, f"set_site_role('{other}@example.org', '{role}')")

    @rule(place=place, other=user, role=member_role)
    def a_dba_adds(self, place: int, other: str, role: str) -> None:
        """A user who is added without an acting user is a member at once; an invited one stays invited."""
        group = self.group(place)
        expected = self.model.add(group, other, role)
        refused, answer = self.session.ask(
            None, f"select datastore.set_member('{group}', '{other}@example.org', '{role}')"
        )
        assert refused == expected, answer

    @rule(other=user, role=st.sampled_from(SITE_ROLES))
    def a_dba_gives_a_site_role(self, other: str, role: str) -> None:
        refused, _ = self.session.ask(None, f"select datastore.set_site_role('{other}@example.org', '{role}')")
        assert refused is None
        self.model.site_roles[other] = role

    @rule(actor=user, kind=st.sampled_from(("accept", "merge", "pipelines")))
    def change_shared_data(self, actor: str, kind: str) -> None:
        """A verifier and an administrator get as far as a species that does not exist."""
        call, role, otherwise = {
            "accept": (f"accept_seed('{UNKNOWN}')", "verifier", NOT_FOUND),
            "merge": (f"merge_seed('{UNKNOWN}', '{UNKNOWN}')", "verifier", NOT_FOUND),
            "pipelines": ("import_pipelines($1)", "administrator", None),
        }[kind]
        expected = self.model.as_site(actor, role, "administrator") or otherwise
        self.check(actor, expected, call, {"pipelines": [], "models": []})

    # A DBA's own statements

    @rule(place=place, other=user, kind=st.sampled_from(("membership", "share", "group", "publication", "picture")))
    def a_dba_deletes(self, place: int, other: str, kind: str) -> None:
        group, things = self.group(place), self.session.things[other]
        of_group = self.model.groups.get(group, Group("", ""))
        condition = {
            "membership": f"membership where group_id = '{group}' and user_id = '{self.session.user_ids[other]}'",
            "share": f"container_share where group_id = '{group}' and container_id = '{things['container_id']}'",
            "group": f"user_group where group_id = '{group}'",
            "publication": f"container_publication where container_id = '{things['container_id']}'",
            "picture": f"picture where picture_id = '{things['picture_id']}'",
        }[kind]
        refused, answer = self.session.ask(None, f"delete from datastore.{condition} returning null::jsonb")
        assert refused is None, answer
        match kind:
            case "membership":
                of_group.members.pop(other, None)
            case "share":
                of_group.shares.pop(other, None)
            case "group":
                self.model.groups.pop(group, None)
            case "publication":
                self.model.published.discard(other)
            case "picture":
                self.model.without_pictures.add(other)

    # Reading

    @rule(actor=user, owner=user)
    def look(self, actor: str, owner: str) -> None:
        """All that functions and plain SQL tell a user, about everything."""
        answers = self.session.look(actor, owner)
        for kind, expected in expected_look(self.session, self.model, actor, owner, answers).items():
            assert in_terms_of_the_model(self.session, kind, answers) == expected, f"{actor} sees {kind}"
