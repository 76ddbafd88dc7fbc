"""Service accounts, policies, and who may do what."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.google.conftest import (
    OTHER_PROJECT,
    PROJECT,
    SandboxGoogle,
    grant,
    make_account,
    refused,
)

NAME = f"projects/{PROJECT}"


def accounts(google: SandboxGoogle, **more: Any) -> Any:
    return google.api("iam", "v1", **more).projects().serviceAccounts()


def test_accounts_are_made_shown_changed_and_deleted(google: SandboxGoogle) -> None:
    email = make_account(google, "trainer")
    name = f"{NAME}/serviceAccounts/{email}"
    found = accounts(google).get(name=f"projects/-/serviceAccounts/{email}").execute()
    assert (found["name"], found["projectId"], found["displayName"]) == (name, PROJECT, "trainer")

    body = {"serviceAccount": {"description": "Trains."}, "updateMask": "description"}
    changed = accounts(google).patch(name=name, body=body).execute()
    assert (changed["description"], changed["displayName"]) == ("Trains.", "trainer")
    accounts(google).delete(name=name).execute()
    assert refused(accounts(google).get(name=name))[0] == 404


def test_ids_have_rules_and_are_unique(google: SandboxGoogle) -> None:
    make_account(google, "trainer")
    again = accounts(google).create(name=NAME, body={"accountId": "trainer"})
    assert refused(again) == (
        409,
        f"Service account trainer already exists within project {NAME}.",
    )
    for id in ("short", "Trainer", "trainer-", "t" * 31):
        assert refused(accounts(google).create(name=NAME, body={"accountId": id}))[0] == 400


def test_whoever_has_no_role_is_denied(google: SandboxGoogle) -> None:
    email = make_account(google, "nobody")
    status, message = refused(accounts(google, caller=email).list(name=NAME))
    assert status == 403
    assert message == (
        "Permission 'iam.serviceAccounts.list' denied on resource "
        f"'//iam.googleapis.com/{NAME}' (or it may not exist)."
    )
    grant(google, "roles/iam.serviceAccountViewer", f"serviceAccount:{email}")
    assert accounts(google, caller=email).list(name=NAME).execute()["accounts"]


def test_an_owner_is_no_owner_elsewhere(google: SandboxGoogle) -> None:
    accounts(google).list(name=NAME).execute()
    assert refused(accounts(google, caller=OTHER_PROJECT).list(name=NAME))[0] == 403


@pytest.mark.parametrize("caller", ["No Project", "nobody@nowhere.iam.gserviceaccount.com"])
def test_tokens_of_nobody_are_no_tokens(google: SandboxGoogle, caller: str) -> None:
    assert refused(accounts(google, caller=caller).list(name=NAME))[0] == 401


def test_a_disabled_account_cannot_enter(google: SandboxGoogle) -> None:
    email = make_account(google, "trainer", "roles/viewer")
    assert accounts(google, caller=email).list(name=NAME).execute()
    accounts(google).disable(name=f"{NAME}/serviceAccounts/{email}").execute()
    assert refused(accounts(google, caller=email).list(name=NAME))[0] == 401


def test_policies_refuse_what_they_cannot_mean(google: SandboxGoogle) -> None:
    projects = google.api("cloudresourcemanager", "v1").projects()

    def wish(role: str, member: str) -> Any:
        binding = {"role": role, "members": [member]}
        return projects.setIamPolicy(resource=PROJECT, body={"policy": {"bindings": [binding]}})

    missing = f"gone@{PROJECT}.iam.gserviceaccount.com"
    projects.get(projectId=PROJECT).execute()
    assert refused(wish("roles/run.invoker", f"serviceAccount:{missing}")) == (
        400,
        f"Service account {missing} does not exist.",
    )
    assert refused(wish("roles/run.inwoker", "user:a@b.c"))[0] == 400
    assert refused(wish("roles/run.invoker", "a@b.c"))[0] == 400


def test_two_who_change_a_policy_at_once_cannot_undo_each_other(google: SandboxGoogle) -> None:
    projects = google.api("cloudresourcemanager", "v3").projects()
    stale = projects.getIamPolicy(resource=NAME, body={}).execute()
    grant(google, "roles/viewer", "user:first@example.com")
    stale["bindings"].append({"role": "roles/viewer", "members": ["user:second@example.com"]})
    status, message = refused(projects.setIamPolicy(resource=NAME, body={"policy": stale}))
    assert status == 409
    assert "concurrent policy changes" in message


def test_a_deleted_accounts_roles_do_not_pass_to_its_successor(google: SandboxGoogle) -> None:
    email = make_account(google, "trainer", "roles/viewer")
    accounts(google).delete(name=f"{NAME}/serviceAccounts/{email}").execute()
    assert make_account(google, "trainer") == email

    assert refused(accounts(google, caller=email).list(name=NAME))[0] == 403
    policy = (
        google.api("cloudresourcemanager", "v1").projects().getIamPolicy(resource=PROJECT, body={})
    ).execute()
    members = [member for binding in policy["bindings"] for member in binding["members"]]
    assert any(member.startswith(f"deleted:serviceAccount:{email}?uid=") for member in members)


def test_a_project_goes_by_its_number_too(google: SandboxGoogle) -> None:
    found = google.api("cloudresourcemanager", "v1").projects().get(projectId=PROJECT).execute()
    number = found["projectNumber"]
    named = google.api("cloudresourcemanager", "v3").projects().get(name=f"projects/{number}")
    assert named.execute()["projectId"] == PROJECT
    agent = google.storage().get_service_account_email()
    assert agent == f"service-{number}@gs-project-accounts.iam.gserviceaccount.com"
    grant(google, "roles/pubsub.publisher", f"serviceAccount:{agent}")


def test_bodies_are_held_against_the_published_schema(google: SandboxGoogle) -> None:
    body = {"accountId": "trainer", "serviceAccount": {"displayname": "x"}}
    assert refused(accounts(google).create(name=NAME, body=body)) == (
        400,
        "Invalid JSON payload received. Unknown name \"displayname\" at 'service_account': "
        "Cannot find field.",
    )
