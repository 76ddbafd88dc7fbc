"""The storage of a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pulumi_azure_native as azure

from . import names
from .settings import Settings

if TYPE_CHECKING:
    from provisioning.contracts import StackSpec


class Storage:
    """The pipeline's own account and container. No key opens it, only roles do."""

    def __init__(
        self,
        spec: StackSpec,
        settings: Settings,
        *,
        group: azure.resources.ResourceGroup,
        tags: Mapping[str, str],
    ) -> None:
        self.account = azure.storage.StorageAccount(
            "storage",
            account_name=names.account(spec.slug, spec.account),
            resource_group_name=group.name,
            location=spec.region,
            kind=azure.storage.Kind.STORAGE_V2,
            sku=azure.storage.SkuArgs(name=settings.storage.replication),
            allow_blob_public_access=False,
            allow_shared_key_access=False,
            enable_https_traffic_only=True,
            minimum_tls_version=azure.storage.MinimumTlsVersion.TLS1_2,
            tags=tags,
        )
        self.container = azure.storage.BlobContainer(
            "container",
            container_name=names.CONTAINER,
            account_name=self.account.name,
            resource_group_name=group.name,
            public_access=azure.storage.PublicAccess.NONE,
        )
        self.blob_endpoint = self.account.primary_endpoints.apply(lambda found: found.blob)
