"""What an identity may do: roles of Google and of projects, and the answer to who asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from google.api_core.exceptions import Forbidden
from google.cloud import storage
from googleapiclient.errors import HttpError

from provisioning.blueprints.google_data_pipeline.permissions import DEPLOY as OF_PIPELINES
from provisioning.blueprints.google_eventarc_retraining.permissions import DEPLOY as OF_SERVICES
from provisioning.sandbox.google import permissions
from tests.sandbox.google.conftest import (
    OTHER_PROJECT,
    PARENT,
    PROJECT,
    SandboxGoogle,
    grant,
    make_account,
    refused,
)
from tests.sandbox.google.entering import SCOPE, account_name, by_key, make_key

NAME = f"projects/{PROJECT}"


def roles(google: SandboxGoogle, **more: Any) -> Any:
    return google.api("iam", "v1", **more).projects().roles()


def make_role(google: SandboxGoogle, id: str, *held: str, **more: Any) -> str:
    role = {"title": id, "stage": "GA", "includedPermissions": list(held), **more}
    made = roles(google).create(parent=NAME, body={"roleId": id, "role": role}).execute()
    return str(made["name"])


def locations(api: Any) -> Any:
    return api.projects().locations()


# A list of every service that has one: its permission, and how it is asked for.
LISTS: dict[str, Callable[[SandboxGoogle, str], Any]] = {
    "datapipelines.pipelines.list": lambda google, who: (
        locations(google.api("datapipelines", "v1", caller=who)).pipelines().list(parent=PARENT)
    ),
    "datapipelines.jobs.list": lambda google, who: (
        locations(google.api("datapipelines", "v1", caller=who)).pipelines().jobs()
    ).list(parent=f"{PARENT}/pipelines/none"),
    "dataflow.jobs.list": lambda google, who: (
        locations(google.api("dataflow", "v1b3", caller=who)).jobs()
    ).list(projectId=PROJECT, location="europe-west1"),
    "eventarc.triggers.list": lambda google, who: (
        locations(google.api("eventarc", "v1", caller=who)).triggers().list(parent=PARENT)
    ),
    "run.services.list": lambda google, who: (
        locations(google.api("run", "v2", caller=who)).services().list(parent=PARENT)
    ),
    "workflows.workflows.list": lambda google, who: (
        locations(google.api("workflows", "v1", caller=who)).workflows().list(parent=PARENT)
    ),
    "workflows.executions.list": lambda google, who: (
        locations(google.api("workflowexecutions", "v1", caller=who)).workflows().executions()
    ).list(parent=f"{PARENT}/workflows/none"),
    "aiplatform.customJobs.list": lambda google, who: (
        locations(google.api("aiplatform", "v1", caller=who)).customJobs().list(parent=PARENT)
    ),
    "logging.logEntries.list": lambda google, who: (
        google.api("logging", "v2", caller=who)
        .entries()
        .list(body={"resourceNames": [NAME], "filter": 'timestamp>="2027-01-01T00:00:00Z"'})
    ),
    "logging.logs.list": lambda google, who: (
        google.api("logging", "v2", caller=who).projects().logs().list(parent=NAME)
    ),
    "pubsub.topics.list": lambda google, who: (
        google.api("pubsub", "v1", caller=who).projects().topics().list(project=NAME)
    ),
    "storage.buckets.list": lambda google, who: (
        google.api("storage", "v1", caller=who).buckets().list(project=PROJECT)
    ),
    "iam.serviceAccounts.list": lambda google, who: (
        google.api("iam", "v1", caller=who).projects().serviceAccounts().list(name=NAME)
    ),
    "iam.roles.list": lambda google, who: roles(google, caller=who).list(parent=NAME),
    "iam.workloadIdentityPools.list": lambda google, who: (
        locations(google.api("iam", "v1", caller=who)).workloadIdentityPools()
    ).list(parent=f"{NAME}/locations/global"),
}


@pytest.mark.parametrize("permission", LISTS)
def test_a_list_that_one_may_not_see_is_refused_and_never_empty(
    google: SandboxGoogle, permission: str
) -> None:
    nobody = make_account(google, "nobody")
    status, message = refused(LISTS[permission](google, nobody))
    assert status == 403 and permission in message
    role = make_role(google, "lister", permission)
    grant(google, role, f"serviceAccount:{nobody}")
    asked = LISTS[permission](google, nobody)
    if "none" in asked.uri:  # of a parent that there is not
        assert refused(asked)[0] == 404
    else:
        asked.execute()


def test_a_denial_names_the_permission_and_the_resource(google: SandboxGoogle) -> None:
    nobody = make_account(google, "nobody")
    asked = LISTS["run.services.list"](google, nobody)
    with pytest.raises(HttpError) as caught:
        asked.execute()
    (info,) = caught.value.error_details
    assert info == {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "IAM_PERMISSION_DENIED",
        "domain": "run.googleapis.com",
        "metadata": {"permission": "run.services.list", "resource": PARENT},
    }


def test_every_call_asks_for_a_permission_that_there_is(google: SandboxGoogle) -> None:
    asked = google.google.permissions()
    assert len(asked) > 90
    assert not {one for one in asked if one and not permissions.known(one)}
    # What looks itself: who may read a policy's answer, whose log, whose token.
    assert sum(not one for one in asked) < 25


def test_blueprints_ask_for_permissions_that_there_are() -> None:
    wanted = {*OF_PIPELINES, *OF_SERVICES}
    assert not {one for one in wanted if not permissions.in_project_roles(one)}


def test_everybody_is_told_what_they_may(google: SandboxGoogle) -> None:
    google.storage().create_bucket("of-the-project", location="EU")
    email = make_account(google, "watcher", "roles/run.viewer", "roles/storage.bucketViewer")
    asked = ["run.services.list", "run.services.create", "resourcemanager.projects.get"]
    projects = google.api("cloudresourcemanager", "v3", caller=email).projects()
    answer = projects.testIamPermissions(resource=NAME, body={"permissions": asked}).execute()
    assert answer["permissions"] == ["run.services.list", "resourcemanager.projects.get"]
    owner = google.api("cloudresourcemanager", "v1").projects()
    answer = owner.testIamPermissions(resource=PROJECT, body={"permissions": asked}).execute()
    assert answer["permissions"] == asked
    other = google.api("cloudresourcemanager", "v3", caller=OTHER_PROJECT).projects()
    assert other.testIamPermissions(resource=NAME, body={"permissions": asked}).execute() == {}

    accounts = google.api("iam", "v1", caller=email).projects().serviceAccounts()
    body = {"permissions": ["iam.serviceAccounts.actAs", "iam.serviceAccounts.get"]}
    resource = account_name(email)
    assert accounts.testIamPermissions(resource=resource, body=body).execute() == {}
    policy = {"bindings": [{"role": "roles/iam.serviceAccountUser",
                            "members": [f"serviceAccount:{email}"]}]}  # fmt: skip
    mine = google.api("iam", "v1").projects().serviceAccounts()
    mine.setIamPolicy(resource=resource, body={"policy": policy}).execute()
    answer = accounts.testIamPermissions(resource=resource, body=body).execute()
    assert answer["permissions"] == body["permissions"]

    bucket = google.storage(caller=email).bucket("of-the-project")
    asked = ["storage.buckets.get", "storage.buckets.delete"]
    assert bucket.test_iam_permissions(asked) == ["storage.buckets.get"]


@pytest.mark.parametrize("permission", ["run.*", "run.services.lsit", "run", "*"])
def test_permissions_that_are_none_are_refused(google: SandboxGoogle, permission: str) -> None:
    projects = google.api("cloudresourcemanager", "v3").projects()
    body = {"permissions": ["run.services.get", permission]}
    assert refused(projects.testIamPermissions(resource=NAME, body=body)) == (
        400,
        f"Permission {permission} is not valid for this resource.",
    )


def test_a_project_makes_roles_of_its_own(google: SandboxGoogle) -> None:
    email = make_account(google, "deployer")
    role = make_role(google, "skyclock_observe", "run.services.list", "eventarc.triggers.list")
    assert role == f"{NAME}/roles/skyclock_observe"
    grant(google, role, f"serviceAccount:{email}")
    LISTS["run.services.list"](google, email).execute()
    assert refused(LISTS["pubsub.topics.list"](google, email))[0] == 403

    body = {"includedPermissions": ["pubsub.topics.list"]}
    changed = roles(google).patch(name=role, updateMask="includedPermissions", body=body).execute()
    assert (changed["includedPermissions"], changed["title"]) == (
        ["pubsub.topics.list"], "skyclock_observe",
    )  # fmt: skip
    LISTS["pubsub.topics.list"](google, email).execute()
    assert refused(LISTS["run.services.list"](google, email))[0] == 403

    assert roles(google).delete(name=role).execute()["deleted"]
    assert refused(LISTS["pubsub.topics.list"](google, email))[0] == 403
    assert roles(google).list(parent=NAME).execute() == {}
    roles(google).undelete(name=role, body={}).execute()
    LISTS["pubsub.topics.list"](google, email).execute()
    (listed,) = roles(google).list(parent=NAME, view="FULL").execute()["roles"]
    assert listed["includedPermissions"] == ["pubsub.topics.list"]


def test_roles_have_rules(google: SandboxGoogle) -> None:
    make_role(google, "skyclock", "run.services.list")

    def wish(id: str, *held: str) -> tuple[int, str]:
        role = {"title": id, "includedPermissions": list(held)}
        return refused(roles(google).create(parent=NAME, body={"roleId": id, "role": role}))

    assert wish("skyclock")[0] == 409
    assert wish("sky-clock")[0] == 400
    assert wish("another", "run.services.lsit") == (
        400, "Permission run.services.lsit is not valid.",
    )  # fmt: skip
    assert wish("another", "resourcemanager.projects.list")[0] == 400
    name = f"{NAME}/roles/skyclock"
    stale = roles(google).get(name=name).execute()["etag"]
    roles(google).patch(name=name, updateMask="title", body={"title": "New"}).execute()
    body = {"title": "Newer", "etag": stale}
    assert refused(roles(google).patch(name=name, updateMask="title", body=body))[0] == 409


def test_roles_of_other_projects_and_of_none_are_given_to_nobody(google: SandboxGoogle) -> None:
    make_role(google, "skyclock", "run.services.list")
    projects = google.api("cloudresourcemanager", "v1", caller=OTHER_PROJECT).projects()
    projects.get(projectId=OTHER_PROJECT).execute()
    for name in (f"{NAME}/roles/skyclock", f"projects/{OTHER_PROJECT}/roles/skyclock"):
        policy = {"bindings": [{"role": name, "members": ["user:a@example.com"]}]}
        asked = projects.setIamPolicy(resource=OTHER_PROJECT, body={"policy": policy})
        assert refused(asked) == (
            400,
            f"Role ({name}) does not exist in the resource's hierarchy.",
        )


def test_predefined_roles_are_shown_to_everybody(google: SandboxGoogle) -> None:
    nobody = make_account(google, "nobody")
    api = google.api("iam", "v1", caller=nobody).roles()
    found = api.get(name="roles/datapipelines.viewer").execute()["includedPermissions"]
    assert {"datapipelines.pipelines.list", "datapipelines.jobs.list"} <= set(found)
    assert "datapipelines.pipelines.run" not in found
    assert len(api.list().execute()["roles"]) > 60
    assert refused(api.get(name="roles/nothing"))[0] == 404


def test_objects_need_their_own_permissions_and_scopes(google: SandboxGoogle) -> None:
    bucket = google.storage().create_bucket("of-the-project", location="EU")
    bucket.blob("data.csv").upload_from_string("x")
    email = make_account(google, "reader", "roles/storage.objectAdmin")

    def client(*scopes: str) -> storage.Client:
        return storage.Client(
            project=PROJECT, credentials=by_key(google, key, *scopes),
            client_options={"api_endpoint": f"{google.url}/storage"},
        )  # fmt: skip

    key = make_key(google, email)
    client().bucket("of-the-project").blob("new.csv").upload_from_string("y")
    reading = client(f"{SCOPE.rpartition('/')[0]}/devstorage.read_only").bucket("of-the-project")
    assert reading.blob("new.csv").download_as_text() == "y"
    with pytest.raises(Forbidden, match="insufficient authentication scopes"):
        reading.blob("new.csv").upload_from_string("z")
    watcher = google.storage(caller=make_account(google, "watcher", "roles/viewer"))
    with pytest.raises(Forbidden, match=r"storage.objects.create"):
        watcher.bucket("of-the-project").blob("new.csv").upload_from_string("z")
