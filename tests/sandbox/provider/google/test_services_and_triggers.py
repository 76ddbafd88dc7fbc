"""Services, topics and what carries events to them, under the real engine."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest
from pulumi.automation import CommandError

from tests.sandbox.provider.google.conftest import PARENT, PROJECT, REGION, Clients
from tests.sandbox.provider.inline_stack import InlineStack

pytestmark = pytest.mark.sandbox
OBJECT = "google.cloud.storage.object.v1.finalized"
MESSAGE = "google.cloud.pubsub.topic.v1.messagePublished"
run = gcp.cloudrunv2


def container(env: dict[str, str]) -> Any:
    envs = [run.ServiceTemplateContainerEnvArgs(name=key, value=env[key]) for key in sorted(env)]
    return run.ServiceTemplateContainerArgs(
        image="europe-docker.pkg.dev/x/y/some-image:1",
        envs=envs,
        ports=run.ServiceTemplateContainerPortsArgs(container_port=8080),
        resources=run.ServiceTemplateContainerResourcesArgs(limits={"memory": "1Gi"}),
    )


def criteria(**wanted: Any) -> list[Any]:
    make = gcp.eventarc.TriggerMatchingCriteriaArgs
    return [make(attribute=name, value=value) for name, value in wanted.items()]


def program(
    name: str,
    *,
    env: dict[str, str] | None = None,
    path: str = "/a",
    protected: bool = False,
    labels: dict[str, str] | None = None,
    trigger_type: str = OBJECT,
) -> Any:
    def declare() -> None:
        bucket = gcp.storage.Bucket("data", name=f"{name}-data", location=REGION)
        topic = gcp.pubsub.Topic("topic", name=name, labels=labels or {})
        carrier = gcp.serviceaccount.Account("carrier", account_id=f"{name}-carrier")
        agent = gcp.storage.get_project_service_account_output()
        allowed = [
            gcp.projects.IAMMember(key, project=PROJECT, role=role, member=member)
            for key, role, member in (
                ("receives", "roles/eventarc.eventReceiver", carrier.member),
                ("publishes", "roles/pubsub.publisher", agent.member),
            )
        ]
        service = run.Service(
            "service",
            name=name,
            location=REGION,
            deletion_protection=protected,
            labels=labels or {},
            template=run.ServiceTemplateArgs(
                service_account=carrier.email,
                timeout="60s",
                scaling=run.ServiceTemplateScalingArgs(max_instance_count=2),
                containers=[container(env or {})],
            ),
        )
        run.ServiceIamMember(
            "invokes",
            name=service.name,
            location=REGION,
            role="roles/run.invoker",
            member=carrier.member,
        )
        objects = trigger_type == OBJECT
        pubsub = gcp.eventarc.TriggerTransportPubsubArgs(topic=topic.id)
        gcp.eventarc.Trigger(
            "trigger",
            name=name,
            location=REGION,
            matching_criterias=criteria(type=OBJECT, bucket=bucket.name)
            if objects
            else criteria(type=MESSAGE),
            transport=None if objects else gcp.eventarc.TriggerTransportArgs(pubsub=pubsub),
            destination=gcp.eventarc.TriggerDestinationArgs(
                cloud_run_service=gcp.eventarc.TriggerDestinationCloudRunServiceArgs(
                    service=service.name, region=REGION, path=path
                )
            ),
            service_account=carrier.email,
            labels=labels or {},
            opts=pulumi.ResourceOptions(depends_on=allowed),
        )
        pulumi.export("uri", service.uri)
        pulumi.export("ready", service.latest_ready_revision)

    return declare


def test_they_live_change_in_place_and_leave_nothing(stack: InlineStack, clients: Clients) -> None:
    first = program("walks", env={"A": "1", "B": "2"})
    assert stack.preview(first) == {"create": 9}
    assert stack.up(first) == {"create": 9}
    assert stack.problems() == ""
    assert stack.outputs()["uri"].startswith("https://walks-")
    assert stack.up(first) == {"same": 9}, "nothing to do when repeated"
    assert stack.refresh() == {"same": 9}, "what is read back is what was written"
    revision = stack.outputs()["ready"]

    changed = program("walks", env={"A": "1", "C": "3"}, path="/b", labels={"tier": "one"})
    assert stack.up(changed) == {"same": 6, "update": 3}
    assert stack.outputs()["ready"] != revision
    trigger = clients("eventarc").projects().locations().triggers()
    found = trigger.get(name=f"{PARENT}/triggers/walks").execute()
    assert found["destination"]["cloudRun"]["path"] == "/b"
    assert found["labels"] == {
        "goog-pulumi-provisioned": "true", "team": "data", "tier": "one",
    }  # fmt: skip
    assert stack.up(changed) == {"same": 9}

    moved = program(
        "walks", env={"A": "1", "C": "3"}, path="/b", labels={"tier": "one"}, trigger_type=MESSAGE
    )
    assert stack.up(moved)["replace"] == 1
    assert stack.destroy() == {"delete": 9}
    services = clients("run", "v2").projects().locations().services()
    left = services.list(parent=PARENT).execute().get("services", [])
    assert f"{PARENT}/services/walks" not in [one["name"] for one in left]


def test_a_protected_service_stays(stack: InlineStack) -> None:
    stack.up(program("guards", protected=True))
    with pytest.raises(CommandError):
        stack.destroy()
    assert "cannot destroy service without setting deletion_protection=false" in stack.problems()
    stack.up(program("guards"))
    assert "delete" in stack.destroy()


def test_what_cannot_be_is_refused_in_googles_words(stack: InlineStack) -> None:
    def declare() -> None:
        account = gcp.serviceaccount.Account("carrier", account_id="refuses-carrier")
        bucket = gcp.storage.Bucket("data", name="refuses-data", location=REGION)
        gcp.eventarc.Trigger(
            "trigger",
            name="refuses",
            location=REGION,
            matching_criterias=criteria(type=OBJECT, bucket=bucket.name),
            destination=gcp.eventarc.TriggerDestinationArgs(
                cloud_run_service=gcp.eventarc.TriggerDestinationCloudRunServiceArgs(
                    service="nobody", region=REGION
                )
            ),
            service_account=account.email,
        )

    with pytest.raises(CommandError):
        stack.up(declare)
    assert (
        "Error creating Trigger: googleapi: Error 400: Invalid destination: "
        f"'{PARENT}/services/nobody' does not exist."
    ) in stack.problems()


def test_a_service_that_was_changed_elsewhere_is_put_right(
    stack: InlineStack, clients: Clients
) -> None:
    stack.up(program("drifting"))
    services = clients("run", "v2").projects().locations().services()
    name = f"{PARENT}/services/drifting"
    body = services.get(name=name).execute()
    body["template"]["timeout"] = "90s"
    body.pop("etag")
    services.patch(name=name, body=body).execute()
    stack.refresh()
    assert stack.up(program("drifting")) == {"same": 8, "update": 1}
    assert services.get(name=name).execute()["template"]["timeout"] == "60s"
