"""The Pulumi program of a factory with one pipeline, its storage and its triggers.

Imports nothing but pulumi, the provider's package, this folder and what the clouds' Blueprints
share, so that it can be taken along and run by `pulumi up`. `spec` is a StackSpec that the
Blueprint has prepared. Triggers are made stopped: no program can start them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pulumi
import pulumi_azure_native as azure

from . import names
from .pasted import documents_of
from .program_factory import Factory
from .program_roles import Roles
from .program_storage import Storage
from .settings import Settings

if TYPE_CHECKING:
    from provisioning.contracts import StackSpec

Tags = Mapping[str, str]


def program(spec: StackSpec) -> None:
    settings = Settings.model_validate(spec.settings)
    documents = documents_of(settings)
    tags = {names.TAG: spec.slug, **spec.tags}
    group = azure.resources.ResourceGroup(
        "group",
        resource_group_name=names.group(spec.slug),
        location=spec.region,
        tags=tags,
    )
    storage = Storage(spec, settings, group=group, tags=tags)
    topic = event_topic(spec, group=group, tags=tags) if spec.events else None
    factory = Factory(spec, documents, group=group, storage=storage, tags=tags)
    roles = Roles(spec, factory=factory.factory)
    if settings.access.assign_roles:
        roles.of_factory(documents, storage)
    if settings.access.test_files_and_events:
        roles.of_connection(storage, topic)
    natives = factory.triggers(settings, storage=storage, topic=topic, after=roles.assigned)
    _export(spec, factory, storage, topic, natives)


def event_topic(
    spec: StackSpec, *, group: azure.resources.ResourceGroup, tags: Tags
) -> azure.eventgrid.Topic:
    """Data Factory understands Event Grid's own schema only."""
    return azure.eventgrid.Topic(
        "topic",
        topic_name=names.topic(spec.slug, spec.account),
        resource_group_name=group.name,
        location=spec.region,
        input_schema=azure.eventgrid.InputSchema.EVENT_GRID_SCHEMA,
        disable_local_auth=True,
        tags=tags,
    )


def _export(
    spec: StackSpec,
    factory: Factory,
    storage: Storage,
    topic: azure.eventgrid.Topic | None,
    natives: Mapping[str, list[pulumi.Output[str]]],
) -> None:
    pulumi.export("resource_group", names.group(spec.slug))
    pulumi.export("factory_name", factory.factory.name)
    pulumi.export("factory_id", factory.factory.id)
    pulumi.export(
        "factory_principal_id",
        factory.factory.identity.apply(lambda found: found.principal_id if found else ""),
    )
    pulumi.export("pipeline_name", factory.pipeline.name)
    pulumi.export("storage_account", storage.account.name)
    pulumi.export("container", storage.container.name)
    pulumi.export("triggers", natives)
    if topic is not None:
        pulumi.export("topic_endpoint", topic.endpoint)
