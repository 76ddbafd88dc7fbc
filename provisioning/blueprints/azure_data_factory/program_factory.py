"""The factory of a program, and what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_azure_native as azure

from . import names
from .documents import STORAGE, Documents
from .documents import references as references_in
from .flattening import flat, flat_pipeline
from .program_storage import Storage
from .settings import Settings
from .trigger_documents import Natives, trigger_documents

if TYPE_CHECKING:
    from provisioning.contracts import StackSpec


FIXED = ("type", "startTime", "frequency", "interval")  # the last three are a window's


class Factory:
    """The factory and what is in it."""

    def __init__(
        self,
        spec: StackSpec,
        documents: Documents,
        *,
        group: azure.resources.ResourceGroup,
        storage: Storage,
        tags: Mapping[str, str],
    ) -> None:
        self._spec = spec
        self._group = group
        self.factory = azure.datafactory.Factory(
            "factory",
            factory_name=names.factory(spec.slug, spec.account),
            resource_group_name=group.name,
            location=spec.region,
            identity=azure.datafactory.FactoryIdentityArgs(
                type=azure.datafactory.FactoryIdentityType.SYSTEM_ASSIGNED
            ),
            tags=tags,
        )
        self._services = self._linked_services(documents, storage)
        self._datasets = {
            name: self._dataset(name, properties, self._services)
            for name, properties in documents.datasets.items()
        }
        self._inner: dict[str, pulumi.Resource] = {}
        for name in _callees_first(documents.inner):
            self._inner[name] = self._pipeline(name, f"inner-{name}", documents.inner[name])
        self.pipeline = self._pipeline(
            names.pipeline(spec.slug), "pipeline", documents.pipeline, description=spec.name
        )

    @property
    def _where(self) -> dict[str, Any]:
        return {"factory_name": self.factory.name, "resource_group_name": self._group.name}

    def _linked_services(
        self, documents: Documents, storage: Storage
    ) -> dict[str, azure.datafactory.LinkedService]:
        """Those with secrets come after the vault that has them."""
        made: dict[str, azure.datafactory.LinkedService] = {}
        services = documents.linked_services.items()
        for name, properties in sorted(services, key=lambda each: len(_services_in(each[1]))):
            found: Any = flat(properties)
            if name == STORAGE:
                found["serviceEndpoint"] = storage.blob_endpoint
            needed = [made[each] for each in _services_in(properties) if each in made]
            made[name] = azure.datafactory.LinkedService(
                f"service-{name}",
                linked_service_name=name,
                properties=found,
                **self._where,
                opts=pulumi.ResourceOptions(depends_on=needed),
            )
        return made

    def _dataset(
        self,
        name: str,
        properties: dict[str, Any],
        services: Mapping[str, azure.datafactory.LinkedService],
    ) -> azure.datafactory.Dataset:
        needed = [services[each] for each in _services_in(properties) if each in services]
        found: Any = flat(properties)
        return azure.datafactory.Dataset(
            f"dataset-{name}",
            dataset_name=name,
            properties=found,
            **self._where,
            opts=pulumi.ResourceOptions(depends_on=needed),
        )

    def _pipeline(
        self, name: str, resource: str, properties: dict[str, Any], *, description: str = ""
    ) -> azure.datafactory.Pipeline:
        found = flat_pipeline(properties)
        needed = [*self._services.values(), *self._datasets.values(), *self._inner.values()]
        return azure.datafactory.Pipeline(
            resource,
            pipeline_name=name,
            description=found.get("description") or f"{description} (deployed by Skyclock)".strip(),
            activities=found["activities"],
            parameters=found.get("parameters"),
            variables=found.get("variables"),
            concurrency=found.get("concurrency"),
            folder=found.get("folder"),
            policy=found.get("policy"),
            annotations=found.get("annotations"),
            run_dimensions=found.get("runDimensions"),
            **self._where,
            opts=pulumi.ResourceOptions(depends_on=needed),
        )

    def triggers(
        self,
        settings: Settings,
        *,
        storage: Storage,
        topic: azure.eventgrid.Topic | None,
        after: list[pulumi.Resource],
    ) -> dict[str, list[pulumi.Output[str]]]:
        """By key, the names of the native triggers that it takes."""
        natives = Natives(
            storage=storage.account.id,
            topic=topic.id if topic else None,
            recurrences=self._spec.natives,
        )
        needed = [self.pipeline, storage.container, *after]
        made: dict[str, list[pulumi.Output[str]]] = {}
        for trigger in self._spec.triggers:
            found = trigger_documents(self._spec.slug, settings, trigger, natives)
            made[trigger.key] = [
                self._trigger(names.resource(trigger.key, position), properties, needed).name
                for position, properties in enumerate(found)
            ]
        return made

    def _trigger(
        self, resource: str, properties: dict[str, Any], needed: list[Any]
    ) -> azure.datafactory.Trigger:
        found: Any = flat(properties)
        return azure.datafactory.Trigger(
            resource,
            trigger_name=names.trigger(self._spec.slug, resource),
            properties=found,
            **self._where,
            opts=pulumi.ResourceOptions(
                depends_on=needed,
                # What Data Factory changes in no trigger; the new one has the old one's name.
                replace_on_changes=[f"properties.{name}" for name in FIXED],
                delete_before_replace=True,
            ),
        )


def _services_in(properties: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(references_in(properties, "LinkedServiceReference")))


def _callees_first(inner: Mapping[str, dict[str, Any]]) -> list[str]:
    """A pipeline that starts another one is made after it."""
    ordered: list[str] = []

    def add(name: str) -> None:
        if name in ordered or name not in inner:
            return
        for other in references_in(inner[name], "PipelineReference"):
            add(other)
        ordered.append(name)

    for name in inner:
        add(name)
    return ordered
