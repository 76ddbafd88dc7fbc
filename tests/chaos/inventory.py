"""What exists in the clouds, listed through their own SDKs, and what the engine's state says.

Both as (kind, name) pairs, so that one resource too many, or too few, is seen by its name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from provisioning.clouds.session import Session
from provisioning.contracts import Cloud

Pair = tuple[str, str]
AZURE_LISTED = ("datafactory:", "storage:", "eventgrid:", "resources:")

# By the engine's type: what it is called here, and the property that has its name.
AWS = {
    "aws:iam/role:Role": ("role", "name"),
    "aws:sqs/queue:Queue": ("queue", "name"),
    "aws:scheduler/schedule:Schedule": ("schedule", "name"),
    "aws:s3/bucket:Bucket": ("bucket", "bucket"),
    "aws:lambda/function:Function": ("function", "name"),
    "aws:cloudwatch/eventRule:EventRule": ("rule", "name"),
    "aws:cloudwatch/eventBus:EventBus": ("bus", "name"),
    "aws:cloudwatch/eventArchive:EventArchive": ("archive", "name"),
    "aws:cloudwatch/logGroup:LogGroup": ("log group", "name"),
    "aws:sfn/stateMachine:StateMachine": ("machine", "name"),
    "aws-native:sagemaker:Pipeline": ("pipeline", "pipelineName"),
    "aws-native:sagemaker:ModelPackageGroup": ("model group", "modelPackageGroupName"),
    "aws:sagemaker/notebookInstance:NotebookInstance": ("notebook", "name"),
}
GOOGLE = {
    "gcp:serviceaccount/account:Account": ("account", "accountId"),
    "gcp:storage/bucket:Bucket": ("bucket", "name"),
    "gcp:pubsub/topic:Topic": ("topic", "name"),
    "gcp:eventarc/trigger:Trigger": ("trigger", "name"),
    "gcp:workflows/workflow:Workflow": ("workflow", "name"),
    "gcp:cloudrunv2/service:Service": ("service", "name"),
    "gcp:dataflow/pipeline:Pipeline": ("data pipeline", "name"),
}


def in_cloud(session: Session, mark: str) -> set[Pair]:
    """All of the account whose name has `mark` in it."""
    listed = {Cloud.AWS: _aws, Cloud.AZURE: _azure, Cloud.GOOGLE: _google}[session.cloud]
    return {(kind, name) for kind, name in listed(session) if mark in name}


def in_state(resources: Iterable[dict[str, Any]]) -> set[Pair]:
    """The same as the engine's state has it."""
    return set(filter(None, map(_pair, resources)))


def resources_of(checkpoint: Path) -> list[dict[str, Any]]:
    latest = _latest(checkpoint)
    return [each for each in latest.get("resources") or () if each.get("custom")]


def pending_of(checkpoint: Path) -> list[str]:
    """Operations that the state says are under way."""
    pending = _latest(checkpoint).get("pending_operations") or ()
    return [f"{each['type']} {each['resource']['urn']}" for each in pending]


def _latest(checkpoint: Path) -> dict[str, Any]:
    try:
        state = json.loads(checkpoint.read_text())
    except FileNotFoundError:
        return {}
    return state.get("checkpoint", {}).get("latest") or {}


def _pair(resource: dict[str, Any]) -> Pair | None:
    kind = resource["type"]
    if kind.startswith("azure-native:"):
        short = kind.removeprefix("azure-native:")
        return ("azure", resource["id"].lower()) if short.startswith(AZURE_LISTED) else None
    known = AWS.get(kind) or GOOGLE.get(kind)
    return (known[0], resource["inputs"][known[1]]) if known else None


# ── Listing ─────────────────────────────────────────────────────────────────────────


def _aws(session: Session) -> Iterator[Pair]:
    lists: tuple[tuple[str, str, str, str, str], ...] = (
        ("role", "iam", "list_roles", "Roles", "RoleName"),
        ("schedule", "scheduler", "list_schedules", "Schedules", "Name"),
        ("function", "lambda", "list_functions", "Functions", "FunctionName"),
        ("log group", "logs", "describe_log_groups", "logGroups", "logGroupName"),
        ("machine", "stepfunctions", "list_state_machines", "stateMachines", "name"),
        ("pipeline", "sagemaker", "list_pipelines", "PipelineSummaries", "PipelineName"),
        ("model group", "sagemaker", "list_model_package_groups", "ModelPackageGroupSummaryList",
         "ModelPackageGroupName"),
        ("notebook", "sagemaker", "list_notebook_instances", "NotebookInstances",
         "NotebookInstanceName"),
    )  # fmt: skip
    for kind, service, call, key, name in lists:
        for page in session.client(service).get_paginator(call).paginate():
            yield from ((kind, each[name]) for each in page.get(key, ()))
    for url in session.client("sqs").list_queues().get("QueueUrls", ()):
        yield "queue", url.rpartition("/")[2]
    for bucket in session.client("s3").list_buckets()["Buckets"]:
        yield "bucket", bucket["Name"]
    yield from _event_bridge(session.client("events"))


def _event_bridge(events: Any) -> Iterator[Pair]:
    buses = [each["Name"] for each in events.list_event_buses()["EventBuses"]]
    yield from (("bus", name) for name in buses)
    for bus in buses:
        for page in events.get_paginator("list_rules").paginate(EventBusName=bus):
            # A rule that an archive brings along is the archive's.
            mine = (each for each in page["Rules"] if not each.get("ManagedBy"))
            yield from (("rule", each["Name"]) for each in mine)
    yield from (("archive", each["ArchiveName"]) for each in events.list_archives()["Archives"])


def _azure(session: Session) -> Iterator[Pair]:
    client = session.client("resources")
    for group in client.resource_groups.list():
        yield "azure", group.id.lower()
        for each in client.resources.list_by_resource_group(group.name):
            yield "azure", each.id.lower()
    factories = session.client("datafactory")
    for factory in factories.factories.list():
        place = factory.id.split("/")[4], factory.name
        for documents in ("linked_services", "datasets", "pipelines", "triggers"):
            for each in getattr(factories, documents).list_by_factory(*place):
                yield "azure", each.id.lower()
    storage = session.client("storage")
    for account in storage.storage_accounts.list():
        for each in storage.blob_containers.list(account.id.split("/")[4], account.name):
            yield "azure", each.id.lower()


def _google(session: Session) -> Iterator[Pair]:
    project = f"projects/{session.account}"
    here = f"{project}/locations/{session.region}"

    def located(api: str, collection: str) -> Any:
        return getattr(session.client(api).projects().locations(), collection)()

    accounts = session.client("iam").projects().serviceAccounts()
    for each in _pages(accounts.list, "accounts", name=project):
        yield "account", each["email"].partition("@")[0]
    for each in _pages(
        session.client("pubsub").projects().topics().list, "topics", project=project
    ):
        name = each["name"].rpartition("/")[2]
        if not name.startswith("eventarc-"):  # of a trigger, which takes it along
            yield "topic", name
    for kind, api, collection in (
        ("trigger", "eventarc", "triggers"),
        ("workflow", "workflows", "workflows"),
        ("service", "run", "services"),
        ("data pipeline", "datapipelines", "pipelines"),
    ):
        for each in _pages(located(api, collection).list, collection, parent=here):
            yield kind, each["name"].rpartition("/")[2]
    yield from (("bucket", each.name) for each in session.client("storage").list_buckets())


def _pages(call: Callable[..., Any], key: str, **asked: Any) -> Iterator[dict[str, Any]]:
    token = ""
    while True:
        answer = call(**asked, **({"pageToken": token} if token else {})).execute()
        yield from answer.get(key, ())
        token = answer.get("nextPageToken", "")
        if not token:
            return
