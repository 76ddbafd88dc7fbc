"""All of them, for the registry."""

from __future__ import annotations

from provisioning.sandbox.provider.azure import (
    authorization,
    datafactory,
    eventgrid,
    groups,
    storage,
)
from provisioning.sandbox.provider.azure.resource import ArmResource

RESOURCES: tuple[ArmResource, ...] = (
    groups.ResourceGroup(),
    authorization.RoleAssignment(),
    storage.StorageAccount(),
    storage.BlobContainer(),
    eventgrid.Topic(),
    eventgrid.SystemTopic(),
    datafactory.Factory(),
    datafactory.Pipeline(),
    datafactory.Trigger(),
    datafactory.LinkedService(),
    datafactory.Dataset(),
)
