"""What only this Blueprint deploys, where a crash left it in the cloud but not in the engine's
state. An archive has no tags: its name on a bus that is ours tells."""

from __future__ import annotations

from provisioning.blueprints.aws_common.orphans import ours
from provisioning.blueprints.aws_common.sagemaker import described
from provisioning.blueprints.common.orphans import Finder, Inputs
from provisioning.clouds.session import Session
from provisioning.contracts import StackSpec


def _bus(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    events = session.client("events")
    found = events.describe_event_bus(Name=inputs["name"])
    tags = events.list_tags_for_resource(ResourceARN=found["Arn"])["Tags"]
    return str(found["Name"]) if ours(spec, tags) else None


def _archive(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    found = session.client("events").describe_archive(ArchiveName=inputs["name"])
    mine = found["EventSourceArn"] == inputs["eventSourceArn"]
    return str(found["ArchiveName"]) if mine else None


def _log_policy(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    arn = inputs["resourceArn"]
    found = session.client("logs").describe_resource_policies(
        resourceArn=arn, policyScope="RESOURCE"
    )
    return str(arn) if found.get("resourcePolicies") else None


def _model_group(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    name = inputs["modelPackageGroupName"]
    found = described(session, "describe_model_package_group", ModelPackageGroupName=name)
    return _tagged(session, spec, found["ModelPackageGroupArn"]) if found else None


def _notebook(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    name = str(inputs["name"])
    found = described(session, "describe_notebook_instance", NotebookInstanceName=name)
    return name if found and _tagged(session, spec, found["NotebookInstanceArn"]) else None


def _tagged(session: Session, spec: StackSpec, arn: str) -> str | None:
    tags = session.client("sagemaker").list_tags(ResourceArn=arn)["Tags"]
    return arn if ours(spec, tags) else None


FINDERS: dict[str, Finder] = {
    "aws:cloudwatch/eventBus:EventBus": _bus,
    "aws:cloudwatch/eventArchive:EventArchive": _archive,
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": _log_policy,
    "aws-native:sagemaker:ModelPackageGroup": _model_group,
    "aws:sagemaker/notebookInstance:NotebookInstance": _notebook,
}
