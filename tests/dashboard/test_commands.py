from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dashboard.models import Connection, Pipeline, User
from dashboard.services import people


def output(name: str, *args: str) -> str:
    text = StringIO()
    call_command(name, *args, stdout=text, stderr=text)
    return text.getvalue().strip()


def test_the_first_start_prints_a_set_up_link(
    db: None, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.delenv("SKYCLOCK_ADMIN_PASSWORD", raising=False)
    settings.PORT = 8123
    said = output("ensure_admin")
    assert "\n" not in said
    _, _, link = said.partition("http://127.0.0.1:8123")
    uid, token = link.split("/")[2:4]
    assert people.person_for_link(uid, token) == User.objects.get()


def test_a_password_in_the_environment_needs_no_link(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYCLOCK_ADMIN_PASSWORD", "of the environment")
    assert output("ensure_admin").endswith("as admin.")
    user = User.objects.get()
    assert user.check_password("of the environment")
    assert user.role == "admin"
    assert "environment" not in output("ensure_admin")


def test_once_an_admin_can_sign_in_nothing_changes(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYCLOCK_ADMIN_PASSWORD", "another")
    assert output("ensure_admin").endswith("as ada.")
    assert User.objects.count() == 1


def test_the_sandbox_connection_is_made_once(db: None, settings: Any) -> None:
    made = output("ensure_sandbox").splitlines()
    assert made == [f"Made the connection Sandbox {name}." for name in ("AWS", "Azure", "Google")]
    assert output("ensure_sandbox") == ""
    row = Connection.objects.get(cloud="aws")
    assert (row.sandbox, row.account, row.region) == (True, "111122223333", "eu-west-1")


def test_without_a_sandbox_there_is_no_such_connection(db: None, settings: Any) -> None:
    settings.SANDBOX_CONTROL_URL = ""
    assert output("ensure_sandbox") == ""
    assert not Connection.objects.exists()


def test_a_token_is_printed_alone(member: User) -> None:
    assert people.user_for_token(output("token", "mel")) == member


@pytest.mark.parametrize("name", ["nobody", "sten"])
def test_no_token_for_who_cannot_sign_in(stranger: User, name: str) -> None:
    with pytest.raises(CommandError, match=name):
        output("token", name)


def test_sync_says_which_pipelines_it_could_not_pull(deployed: Pipeline) -> None:
    with pytest.raises(CommandError, match="Not pulled: churn"):
        output("sync")
    with pytest.raises(CommandError, match="unknown: other"):
        output("sync", "other")
    deployed.refresh_from_db()
    assert "sandbox does not answer" in deployed.sync_error
    assert deployed.sync_due_at - deployed.created_at > timedelta(seconds=10)
