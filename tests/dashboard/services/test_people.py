from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from dashboard.models import ApiToken, AuditEntry, User
from dashboard.services import people
from provisioning.errors import InvalidInput, NotPossible

GOOD = "correct horse battery staple"


def parts(link: str) -> tuple[str, str]:
    _, word, uid, token, end = link.split("/")
    assert (word, end) == ("welcome", "")
    return uid, token


def invited(admin: User) -> tuple[str, str]:
    link = people.invite(actor=admin, email="n@example.org", username="nia", role="member")
    return parts(link)


def test_the_first_admin_comes_in_by_a_link_once(db: None) -> None:
    uid, token = parts(people.setup_link())
    user = people.welcome(uidb64=uid, token=token, username="boss", password=GOOD)
    assert (user.username, user.role) == ("boss", "admin")
    assert user.check_password(GOOD)
    with pytest.raises(NotPossible):
        people.welcome(uidb64=uid, token=token, username="thief", password=GOOD)
    with pytest.raises(NotPossible):
        people.setup_link()
    assert people.first_admin_name() == "boss"


def test_setup_links_name_one_account(db: None) -> None:
    assert parts(people.setup_link())[0] == parts(people.setup_link())[0]
    assert User.objects.count() == 1


def test_a_password_from_the_environment_makes_the_admin(db: None) -> None:
    assert people.ensure_admin("short")
    assert User.objects.get(username="admin").check_password("short")
    assert not people.ensure_admin("another")  # it does not undo what people changed since
    assert User.objects.get(username="admin").check_password("short")


def test_an_invited_person_chooses_name_and_password(admin: User) -> None:
    uid, token = invited(admin)
    assert people.person_for_link(uid, token) == User.objects.get(username="nia")
    people.welcome(uidb64=uid, token=token, username="nia2", password=GOOD)
    assert User.objects.get(username="nia2").role == "member"
    assert people.person_for_link(uid, token) is None


@pytest.mark.parametrize(
    ("username", "password", "field"),
    [("nia", "short", "password"), ("nia", "password12", "password"), ("", GOOD, "username"),
     ("ada", GOOD, "username"), ("a b", GOOD, "username")],
)  # fmt: skip
def test_a_bad_choice_leaves_the_link_valid(
    admin: User, username: str, password: str, field: str
) -> None:
    uid, token = invited(admin)
    with pytest.raises(InvalidInput) as caught:
        people.welcome(uidb64=uid, token=token, username=username, password=password)
    assert [problem.field for problem in caught.value.problems] == [field]
    assert people.person_for_link(uid, token) is not None


@pytest.mark.parametrize("uid", ["", "x", "!!", "MQ", "OTk5", "4pyT"])
def test_forged_links_open_nothing(admin: User, uid: str) -> None:
    assert people.person_for_link(uid, "c0ffee-123") is None


def test_a_new_invitation_ends_the_old_one(admin: User) -> None:
    uid, token = invited(admin)
    again = people.invite_again(actor=admin, user=User.objects.get(username="nia"))
    assert people.person_for_link(*parts(again)) is not None
    assert people.person_for_link(uid, token) is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"username": "ada"}, "username"), ({"email": "no"}, "email"), ({"role": "god"}, "role")],
)
def test_bad_invitations_are_refused_at_their_field(
    admin: User, wrong: dict[str, str], field: str
) -> None:
    given = {"email": "n@example.org", "username": "nia", "role": "member"} | wrong
    with pytest.raises(InvalidInput) as caught:
        people.invite(actor=admin, **given)
    assert [problem.field for problem in caught.value.problems] == [field]


def test_only_admins_look_after_people(member: User, admin: User) -> None:
    for refused in (
        lambda: people.invite(actor=member, email="", username="x", role="admin"),
        lambda: people.invite_again(actor=member, user=admin),
        lambda: people.change_role(actor=member, user=member, role="admin"),
        lambda: people.deactivate(actor=member, user=admin),
        lambda: people.activate(actor=member, user=admin),
    ):
        with pytest.raises(PermissionDenied):
            refused()


def test_the_last_admin_stays_one(admin: User, member: User, stranger: User) -> None:
    people.invite(actor=admin, email="", username="pending", role="admin")
    for refused in (
        lambda: people.change_role(actor=admin, user=admin, role="member"),
        lambda: people.deactivate(actor=admin, user=admin),
    ):
        with pytest.raises(NotPossible, match="only admin"):
            refused()
    people.change_role(actor=admin, user=member, role="admin")
    people.change_role(actor=admin, user=admin, role="member")
    admin.refresh_from_db()
    assert admin.role == "member"
    entry = AuditEntry.objects.filter(action="person.change_role").first()
    assert entry and entry.detail == {"before": "admin", "after": "member"}


def test_deactivating_ends_all_ways_in(admin: User, member: User, sign_in: object) -> None:
    text = people.create_token(member, "laptop")
    browser = sign_in(member)
    people.deactivate(actor=admin, user=member)
    assert people.user_for_token(text) is None
    assert "_auth_user_id" in browser.session  # the session is there, its user is not
    assert not ApiToken.objects.exists()
    with pytest.raises(NotPossible):
        people.invite_again(actor=admin, user=member)
    assert people.activate(actor=admin, user=member).is_active


def test_only_the_digest_of_a_token_is_kept(member: User) -> None:
    text = people.create_token(member, "laptop")
    row = ApiToken.objects.get()
    assert text.startswith("sky_")
    assert text not in (row.digest, row.name)
    assert people.user_for_token(text) == member
    assert people.user_for_token(text + "x") is None
    assert people.user_for_token("") is None


def test_using_a_token_is_noted_once_a_minute(
    member: User, django_assert_num_queries: object
) -> None:
    text = people.create_token(member, "laptop")
    people.user_for_token(text)
    assert ApiToken.objects.get().last_used_at
    with django_assert_num_queries(1):
        people.user_for_token(text)
    ApiToken.objects.update(last_used_at=timezone.now() - 2 * people.LAST_USED_STEP)
    with django_assert_num_queries(2):
        people.user_for_token(text)


def test_own_tokens_can_be_revoked_others_by_admins(admin: User, member: User) -> None:
    people.create_token(admin, "mine")
    token = ApiToken.objects.get()
    with pytest.raises(PermissionDenied):
        people.revoke_token(actor=member, token=token)
    people.revoke_token(actor=admin, token=token)
    assert not ApiToken.objects.exists()
