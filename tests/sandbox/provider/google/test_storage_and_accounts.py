"""Buckets, accounts and who may do what, under the real engine."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest
from google.cloud import storage
from pulumi.automation import CommandError

from tests.sandbox.provider.google.conftest import PROJECT, REGION, Clients
from tests.sandbox.provider.inline_stack import InlineStack

pytestmark = pytest.mark.sandbox


def program(prefix: str, **settings: Any) -> Any:
    def declare() -> None:
        bucket = gcp.storage.Bucket(
            "data",
            name=f"{prefix}-data",
            location=REGION,
            uniform_bucket_level_access=True,
            **{"labels": {"skyclock-pipeline": prefix}, "force_destroy": True, **settings},
        )
        account = gcp.serviceaccount.Account("trainer", account_id=f"{prefix}-trainer")
        gcp.storage.BucketIAMMember(
            "reads",
            bucket=bucket.name,
            role="roles/storage.objectViewer",
            member=account.member,
        )
        gcp.projects.IAMMember(
            "logs", project=PROJECT, role="roles/logging.logWriter", member=account.member
        )
        gcp.projects.IAMMember(
            "trains", project=PROJECT, role="roles/aiplatform.user", member=account.member
        )
        agent = gcp.storage.get_project_service_account_output()
        gcp.projects.IAMMember(
            "publishes", project=PROJECT, role="roles/pubsub.publisher",
            member=agent.member,
        )  # fmt: skip
        gcp.serviceaccount.IAMMember(
            "acts", service_account_id=account.name, role="roles/iam.serviceAccountUser",
            member=account.member,
        )  # fmt: skip
        pulumi.export("email", account.email)
        pulumi.export("url", bucket.url)
        pulumi.export("number", gcp.organizations.get_project_output().number)

    return declare


def test_they_live_change_and_leave_nothing(
    stack: InlineStack, clients: Clients, objects: storage.Client
) -> None:
    assert stack.preview(program("life")) == {"create": 8}
    assert stack.up(program("life")) == {"create": 8}
    assert stack.problems() == ""
    outputs = stack.outputs()
    assert outputs["url"] == "gs://life-data"
    assert outputs["email"] == f"life-trainer@{PROJECT}.iam.gserviceaccount.com"
    assert stack.up(program("life")) == {"same": 8}, "nothing to do when repeated"
    assert stack.refresh() == {"same": 8}, "what is read back is what was written"
    labels = objects.get_bucket("life-data").labels
    assert labels == {
        "goog-pulumi-provisioned": "true",
        "team": "data",
        "skyclock-pipeline": "life",
    }
    policy = clients("cloudresourcemanager").projects().getIamPolicy(resource=PROJECT, body={})
    roles = [
        one["role"]
        for one in policy.execute()["bindings"]
        if f"serviceAccount:{outputs['email']}" in one["members"]
    ]
    assert sorted(roles) == ["roles/aiplatform.user", "roles/logging.logWriter"]

    changed = program("life", versioning={"enabled": True}, labels={})
    assert stack.up(changed) == {"same": 7, "update": 1}
    bucket = objects.get_bucket("life-data")
    assert bucket.versioning_enabled
    assert "skyclock-pipeline" not in bucket.labels
    bucket.blob("x").upload_from_string(b"1")
    bucket.blob("x").upload_from_string(b"2")

    assert stack.destroy() == {"delete": 8}
    assert objects.lookup_bucket("life-data") is None
    accounts = clients("iam").projects().serviceAccounts()
    found = accounts.list(name=f"projects/{PROJECT}").execute()["accounts"]
    assert outputs["email"] not in [one["email"] for one in found]


def test_a_bucket_with_objects_stays_unless_forced(
    stack: InlineStack, objects: storage.Client
) -> None:
    stack.up(program("keeps", force_destroy=False))
    blob = objects.bucket("keeps-data").blob("x")
    blob.upload_from_string(b"1")
    with pytest.raises(CommandError):
        stack.destroy()
    assert "Error trying to delete bucket keeps-data containing objects without" in stack.problems()
    blob.delete()


def test_a_taken_name_is_refused_in_googles_words(
    stack: InlineStack, objects: storage.Client
) -> None:
    objects.create_bucket("taken-data", location=REGION)
    with pytest.raises(CommandError):
        stack.up(program("taken"))
    assert (
        "googleapi: Error 409: Your previous request to create the named bucket succeeded and "
        "you already own it., conflict"
    ) in stack.problems()
    objects.get_bucket("taken-data").delete()


def test_labels_of_others_stay(stack: InlineStack, objects: storage.Client) -> None:
    stack.up(program("others"))
    bucket = objects.get_bucket("others-data")
    bucket.labels = {**bucket.labels, "cost-centre": "7"}
    bucket.patch()
    stack.refresh()
    assert stack.up(program("others", labels={"skyclock-pipeline": "new"})) == {
        "same": 7,
        "update": 1,
    }
    labels = objects.get_bucket("others-data").labels
    assert (labels["cost-centre"], labels["skyclock-pipeline"]) == ("7", "new")


def test_drift_is_found_and_mended(
    stack: InlineStack, clients: Clients, objects: storage.Client
) -> None:
    stack.up(program("drifts"))
    bucket = objects.get_bucket("drifts-data")
    bucket.labels = {"skyclock-pipeline": "else"}
    bucket.patch()
    accounts = clients("iam").projects().serviceAccounts()
    email = f"drifts-trainer@{PROJECT}.iam.gserviceaccount.com"
    accounts.delete(name=f"projects/-/serviceAccounts/{email}").execute()

    refreshed = stack.refresh()
    assert (refreshed["update"], refreshed["delete"]) == (1, 5)
    assert stack.up(program("drifts")) == {"same": 2, "update": 1, "create": 5}
    assert objects.get_bucket("drifts-data").labels["skyclock-pipeline"] == "drifts"
