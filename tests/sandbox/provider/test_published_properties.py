"""What the handlers describe is what the providers' published SDK classes have."""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

import pulumi
import pulumi_aws
import pulumi_aws_native
import pulumi_azure_native as azure
import pulumi_gcp as gcp
import pytest

from provisioning.sandbox.provider import lifecycle, registry
from provisioning.sandbox.provider.properties import Kind, Property
from provisioning.sandbox.provider.values import UNKNOWN

CLASSES: dict[str, type] = {
    "aws:cloudwatch/eventArchive:EventArchive": pulumi_aws.cloudwatch.EventArchive,
    "aws:cloudwatch/eventBus:EventBus": pulumi_aws.cloudwatch.EventBus,
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy": pulumi_aws.cloudwatch.EventBusPolicy,
    "aws:cloudwatch/eventRule:EventRule": pulumi_aws.cloudwatch.EventRule,
    "aws:cloudwatch/eventTarget:EventTarget": pulumi_aws.cloudwatch.EventTarget,
    "aws:cloudwatch/logGroup:LogGroup": pulumi_aws.cloudwatch.LogGroup,
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": pulumi_aws.cloudwatch.LogResourcePolicy,
    "aws:iam/policy:Policy": pulumi_aws.iam.Policy,
    "aws:iam/role:Role": pulumi_aws.iam.Role,
    "aws:iam/rolePolicy:RolePolicy": pulumi_aws.iam.RolePolicy,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": pulumi_aws.iam.RolePolicyAttachment,
    "aws:lambda/function:Function": pulumi_aws.lambda_.Function,
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": (
        pulumi_aws.lambda_.FunctionEventInvokeConfig
    ),
    "aws:lambda/permission:Permission": pulumi_aws.lambda_.Permission,
    "aws:s3/bucket:Bucket": pulumi_aws.s3.Bucket,
    "aws:s3/bucketNotification:BucketNotification": pulumi_aws.s3.BucketNotification,
    "aws:s3/bucketPolicy:BucketPolicy": pulumi_aws.s3.BucketPolicy,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": (
        pulumi_aws.s3.BucketPublicAccessBlock
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        pulumi_aws.s3.BucketServerSideEncryptionConfiguration
    ),
    "aws:s3/bucketVersioning:BucketVersioning": pulumi_aws.s3.BucketVersioning,
    "aws:sagemaker/notebookInstance:NotebookInstance": pulumi_aws.sagemaker.NotebookInstance,
    "aws:scheduler/schedule:Schedule": pulumi_aws.scheduler.Schedule,
    "aws:scheduler/scheduleGroup:ScheduleGroup": pulumi_aws.scheduler.ScheduleGroup,
    "aws:sfn/stateMachine:StateMachine": pulumi_aws.sfn.StateMachine,
    "aws:sqs/queue:Queue": pulumi_aws.sqs.Queue,
    "aws:sqs/queuePolicy:QueuePolicy": pulumi_aws.sqs.QueuePolicy,
    "aws-native:sagemaker:ModelPackageGroup": pulumi_aws_native.sagemaker.ModelPackageGroup,
    "aws-native:sagemaker:Pipeline": pulumi_aws_native.sagemaker.Pipeline,
    "azure-native:authorization:RoleAssignment": azure.authorization.RoleAssignment,
    "azure-native:datafactory:Dataset": azure.datafactory.Dataset,
    "azure-native:datafactory:Factory": azure.datafactory.Factory,
    "azure-native:datafactory:LinkedService": azure.datafactory.LinkedService,
    "azure-native:datafactory:Pipeline": azure.datafactory.Pipeline,
    "azure-native:datafactory:Trigger": azure.datafactory.Trigger,
    "azure-native:eventgrid:SystemTopic": azure.eventgrid.SystemTopic,
    "azure-native:eventgrid:Topic": azure.eventgrid.Topic,
    "azure-native:resources:ResourceGroup": azure.resources.ResourceGroup,
    "azure-native:storage:BlobContainer": azure.storage.BlobContainer,
    "azure-native:storage:StorageAccount": azure.storage.StorageAccount,
    "gcp:cloudrunv2/service:Service": gcp.cloudrunv2.Service,
    "gcp:cloudrunv2/serviceIamMember:ServiceIamMember": gcp.cloudrunv2.ServiceIamMember,
    "gcp:dataflow/pipeline:Pipeline": gcp.dataflow.Pipeline,
    "gcp:eventarc/trigger:Trigger": gcp.eventarc.Trigger,
    "gcp:projects/iAMMember:IAMMember": gcp.projects.IAMMember,
    "gcp:pubsub/topic:Topic": gcp.pubsub.Topic,
    "gcp:serviceaccount/account:Account": gcp.serviceaccount.Account,
    "gcp:serviceaccount/iAMMember:IAMMember": gcp.serviceaccount.IAMMember,
    "gcp:storage/bucket:Bucket": gcp.storage.Bucket,
    "gcp:storage/bucketIAMMember:BucketIAMMember": gcp.storage.BucketIAMMember,
    "gcp:workflows/workflow:Workflow": gcp.workflows.Workflow,
}
KINDS = {
    str: Kind.TEXT, int: Kind.INTEGER, bool: Kind.BOOLEAN, float: Kind.INTEGER,
    pulumi.Archive: Kind.ANY,
}  # fmt: skip
T = typing.TypeVar("T")


def arguments_of(cls: type) -> type:
    """The class of a resource's inputs, e.g. `RoleArgs` of `Role`; `…InitArgs` where the first
    is the name of something within another resource."""
    module, name = inspect.getmodule(cls), cls.__name__
    found: type = getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args")
    return found


def wire_properties(cls: type) -> dict[str, property]:
    """A published class's properties by the names that they have on the wire."""
    return {
        member.fget._pulumi_name: member
        for member in vars(cls).values()
        if isinstance(member, property) and hasattr(member.fget, "_pulumi_name")
    }


def published_type(member: property) -> Any:
    """What a property holds, freed of `Input`, `Optional` and the like."""
    assert member.fget
    package = sys.modules[member.fget.__module__.rpartition(".")[0]]
    # `Output` and `T` are names that `pulumi.Input` brings along.
    space = {**vars(package), **member.fget.__globals__, "Output": pulumi.Output, "T": T}
    hint = typing.get_type_hints(member.fget, space)["return"]
    return plain(hint)


def plain(hint: Any) -> Any:
    """`str` of `Input[Optional[str]]`; the first class of a union of classes and their dicts."""
    if typing.get_origin(hint) is not typing.Union:
        return hint
    parts = [part for part in typing.get_args(hint) if part is not type(None)]
    parts = [part for part in parts if typing.get_origin(part) not in (Awaitable, pulumi.Output)]
    parts = [plain(part) for part in parts]
    return typing.Union[tuple(parts)] if len(set(parts)) > 1 else parts[0]  # noqa: UP007


def alternatives(hint: Any) -> list[Any]:
    return list(typing.get_args(hint)) if typing.get_origin(hint) is typing.Union else [hint]


def mismatches(prop: Property, hint: Any, at: str) -> Iterator[str]:
    wanted = [one for one in alternatives(hint) if not str(one).endswith("Dict'>")]
    classes = [one for one in wanted if hasattr(one, "_pulumi_type") or is_input_class(one)]
    if prop.document:
        assert str in wanted or Any in wanted, at
    elif len(classes) > 1 and prop.kind is Kind.ANY:
        return  # of many types, which the cloud tells apart
    elif classes:
        if prop.kind is not Kind.RECORD:
            yield f"{at} is a record"
        yield from record_mismatches(prop.fields, classes, at)
    elif typing.get_origin(wanted[0]) in (Sequence, list):
        if prop.kind is not Kind.LIST or prop.item is None:
            yield f"{at} is a list"
        else:
            yield from mismatches(prop.item, plain(typing.get_args(wanted[0])[0]), f"{at}[]")
    elif typing.get_origin(wanted[0]) in (Mapping, dict):
        if prop.kind is not Kind.MAP:
            yield f"{at} is a map"
    elif Any in wanted:
        if prop.kind is not Kind.ANY:
            yield f"{at} is anything"
    elif inspect.isclass(wanted[0]) and issubclass(wanted[0], Enum):
        if prop.kind is not Kind.TEXT:
            yield f"{at} is one of some texts"
    elif KINDS.get(wanted[0]) is not prop.kind:
        yield f"{at} is {wanted[0]}, not {prop.kind}"


def is_input_class(hint: Any) -> bool:
    return inspect.isclass(hint) and hint.__name__.endswith("Args")


def record_mismatches(
    fields: Mapping[str, Property], classes: Sequence[type], at: str
) -> Iterator[str]:
    published = {name: member for cls in classes for name, member in wire_properties(cls).items()}
    for name in sorted(set(published) ^ set(fields)):
        yield f"{at}.{name} is {'unknown to us' if name in published else 'not published'}"
    for name in sorted(set(published) & set(fields)):
        yield from mismatches(fields[name], published_type(published[name]), f"{at}.{name}")
    if len(classes) == 1:
        needed = {name for name in fields if fields[name].required}
        for name in sorted(needed ^ required_names(classes[0])):
            yield f"{at}.{name}: {'published as optional' if name in needed else 'is required'}"


def required_names(cls: type) -> set[str]:
    signature = inspect.signature(cls.__init__).parameters  # type: ignore[misc]
    published = {
        member.fget.__name__: name for name, member in wire_properties(cls).items() if member.fget
    }
    return {
        published[parameter.name]
        for parameter in signature.values()
        if parameter.name in published and parameter.default is parameter.empty
    }


def test_every_simulated_type_is_compared() -> None:
    assert set(CLASSES) == set(registry.tokens())


@pytest.mark.parametrize("token", CLASSES)
def test_inputs_have_the_published_names_types_and_needs(token: str) -> None:
    cls = arguments_of(CLASSES[token])
    assert list(record_mismatches(registry.resource(token).inputs, [cls], token)) == []


@pytest.mark.parametrize("token", CLASSES)
def test_check_accepts_every_published_input(token: str) -> None:
    published = wire_properties(arguments_of(CLASSES[token]))
    given = dict.fromkeys(published, UNKNOWN)
    resource = registry.resource(token)
    inputs, failures = lifecycle.check(resource, given, olds={}, name="name", seed=b"seed")
    assert failures == []
    assert set(published) <= set(inputs)


@pytest.mark.parametrize("token", CLASSES)
def test_outputs_have_the_published_names(token: str) -> None:
    resource = registry.resource(token)
    # What is only an address the provider of Azure takes, but does not tell again.
    ours = {*resource.inputs, *resource.outputs} - set(getattr(resource, "addresses", ()))
    assert ours == set(wire_properties(CLASSES[token]))
