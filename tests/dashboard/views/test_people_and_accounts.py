from __future__ import annotations

import re

from django.test import Client

from dashboard.models import ApiToken, User
from dashboard.services import people

PASSWORD = "correct horse battery staple"


def text_of(browser: Client, path: str) -> str:
    return browser.get(path).content.decode()


# ── Signing in and out ──────────────────────────────────────────────────────────────


def test_signing_in_leads_where_one_wanted_to_go(anonymous: Client, member: User) -> None:
    typed = {"username": "mel", "password": PASSWORD, "next": "/runs?status=failed"}
    answer = anonymous.post("/sign-in", typed)
    assert (answer.status_code, answer["Location"]) == (303, "/runs?status=failed")


def test_signing_in_leads_to_no_other_site(anonymous: Client, member: User) -> None:
    typed = {"username": "mel", "password": PASSWORD, "next": "https://evil.example/"}
    assert anonymous.post("/sign-in", typed)["Location"] == "/"


def test_a_wrong_password_says_so_and_no_more(anonymous: Client, member: User) -> None:
    for name in ("mel", "nobody"):
        answer = anonymous.post("/sign-in", {"username": name, "password": "wrong"})
        assert "The username or the password is not correct." in answer.content.decode()


def test_a_deactivated_account_does_not_open(anonymous: Client, stranger: User) -> None:
    answer = anonymous.post("/sign-in", {"username": "sten", "password": PASSWORD})
    assert answer.status_code == 200 and "_auth_user_id" not in anonymous.session


def test_signing_out_needs_a_form(as_member: Client) -> None:
    assert as_member.get("/sign-out").status_code == 405
    assert as_member.post("/sign-out")["Location"] == "/sign-in"
    assert as_member.get("/").status_code == 302


# ── Invitations ─────────────────────────────────────────────────────────────────────


def invite(browser: Client, **more: str) -> str:
    typed = {"username": "nia", "email": "nia@example.org", "role": "member"} | more
    found = re.search(
        r"/welcome/[^/]+/[^/]+/", browser.post("/people/invite", typed).content.decode()
    )
    assert found
    return found.group(0)


def test_an_invited_person_chooses_a_password_once(as_admin: Client, anonymous: Client) -> None:
    link = invite(as_admin)
    assert "Invited" in text_of(as_admin, "/people")
    assert 'value="nia"' in text_of(anonymous, link)
    chosen = {"username": "nia", "password": "a-long-enough-one", "again": "a-long-enough-one"}
    assert anonymous.post(link, chosen)["Location"] == "/"
    assert anonymous.get("/pipelines").status_code == 200
    ended = Client().get(link)
    assert ended.status_code == 410 and "This link has ended" in ended.content.decode()


def test_a_weak_password_is_refused_at_its_field(as_admin: Client, anonymous: Client) -> None:
    link = invite(as_admin)
    for password, again, field in (("short", "short", "password"), ("long-enough-1", "x", "again")):
        answer = anonymous.post(link, {"username": "nia", "password": password, "again": again})
        assert list(answer.context["form"].errors) == [field]
    assert not User.objects.get(username="nia").has_usable_password()


def test_a_name_that_is_taken_is_refused(as_admin: Client) -> None:
    typed = {"username": "ada", "email": "x@example.org", "role": "member"}
    answer = as_admin.post("/people/invite", typed)
    assert answer.status_code == 400 and list(answer.context["form"].errors) == ["username"]


def test_a_new_link_ends_the_password(as_admin: Client, member: User) -> None:
    answer = as_admin.post(f"/people/{member.pk}/link")
    assert "/welcome/" in answer.content.decode()
    member.refresh_from_db()
    assert not member.has_usable_password()


# ── Roles ───────────────────────────────────────────────────────────────────────────


def test_roles_are_changed(as_admin: Client, member: User) -> None:
    as_admin.post(f"/people/{member.pk}/role", {"role": "admin"})
    member.refresh_from_db()
    assert member.is_admin


def test_the_only_admin_stays_one(as_admin: Client, admin: User) -> None:
    text = as_admin.post(f"/people/{admin.pk}/role", {"role": "member"}, follow=True)
    assert "only admin" in text.content.decode()
    admin.refresh_from_db()
    assert admin.is_admin


def test_an_odd_role_is_refused(as_admin: Client, member: User) -> None:
    as_admin.post(f"/people/{member.pk}/role", {"role": "king"})
    member.refresh_from_db()
    assert member.role == "member"


def test_deactivating_ends_the_session(as_admin: Client, as_member: Client, member: User) -> None:
    as_admin.post(f"/people/{member.pk}/deactivate")
    assert as_member.get("/").status_code == 302
    as_admin.post(f"/people/{member.pk}/activate")
    member.refresh_from_db()
    assert member.is_active


# ── One's own account ───────────────────────────────────────────────────────────────


def test_a_token_is_shown_once_and_works(as_member: Client, member: User) -> None:
    text = as_member.post("/account/tokens", {"name": "export"}).content.decode()
    found = re.search(r'value="(sky_[^"]+)"', text)
    assert found and people.user_for_token(found.group(1)) == member
    again = text_of(as_member, "/account")
    assert found.group(1) not in again and "export" in again


def test_a_token_is_revoked_by_its_owner_only(
    as_member: Client, as_admin: Client, member: User
) -> None:
    people.create_token(member, "export")
    token = ApiToken.objects.get()
    assert as_admin.post(f"/account/tokens/{token.pk}/revoke").status_code == 404
    assert as_member.post(f"/account/tokens/{token.pk}/revoke").status_code == 303
    assert not ApiToken.objects.exists()


def test_the_time_zone_is_chosen_from_a_list(as_member: Client, member: User) -> None:
    assert as_member.post("/account/zone", {"timezone": "Asia/Kolkata"}).status_code == 303
    member.refresh_from_db()
    assert member.timezone == "Asia/Kolkata"
    assert as_member.post("/account/zone", {"timezone": "Mars/Olympus"}).status_code == 400


def test_a_new_password_needs_the_present_one(as_member: Client, member: User) -> None:
    new = {"password": "another-long-one", "again": "another-long-one"}
    wrong = as_member.post("/account/password", {"present": "wrong", **new})
    assert wrong.status_code == 400
    assert list(wrong.context["password_form"].errors) == ["present"]
    assert as_member.post("/account/password", {"present": PASSWORD, **new}).status_code == 303
    assert as_member.get("/account").status_code == 200  # still signed in
    member.refresh_from_db()
    assert member.check_password("another-long-one")
