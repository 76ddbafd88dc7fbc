"""The roles that a program gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_azure_native as azure

from . import names
from .documents import Documents
from .program_storage import Storage

if TYPE_CHECKING:
    from provisioning.contracts import StackSpec


class Roles:
    """Who may do what with what was made. A role of another life of the factory is none of
    this one's: it is taken away before the new one is given under the same name."""

    def __init__(self, spec: StackSpec, *, factory: azure.datafactory.Factory) -> None:
        self._spec = spec
        self._factory = factory.identity.apply(lambda found: found.principal_id if found else "")
        self.assigned: list[pulumi.Resource] = []

    def of_factory(self, documents: Documents, storage: Storage) -> None:
        if documents.own_storage:
            self._assign(
                "factory-storage",
                "Storage Blob Data Contributor",
                scope=storage.account.id,
                principal=self._factory,
            )
        for position, role in enumerate(documents.roles):
            self._assign(
                f"factory-{position + 1}", role.name, scope=role.scope, principal=self._factory
            )

    def of_connection(self, storage: Storage, topic: azure.eventgrid.Topic | None) -> None:
        """Whoever deploys is whoever puts test files and events."""
        caller = azure.authorization.get_client_config_output()
        principal = caller.apply(lambda found: found.object_id)
        self._assign(
            "connection-storage",
            "Storage Blob Data Contributor",
            scope=storage.account.id,
            principal=principal,
        )
        if topic is not None:
            self._assign(
                "connection-topic", "EventGrid Data Sender", scope=topic.id, principal=principal
            )

    def _assign(
        self,
        resource: str,
        role: str,
        *,
        scope: pulumi.Input[str],
        principal: pulumi.Input[str],
    ) -> None:
        spec = self._spec
        self.assigned.append(
            azure.authorization.RoleAssignment(
                resource,
                role_assignment_name=names.role_assignment(spec.slug, spec.account, resource),
                role_definition_id=names.role_definition(role, spec.account),
                scope=scope,
                principal_id=principal,
                principal_type=azure.authorization.PrincipalType.SERVICE_PRINCIPAL,
                opts=pulumi.ResourceOptions(delete_before_replace=True),
            )
        )
