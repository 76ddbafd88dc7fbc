from __future__ import annotations

import re

from provisioning.sandbox.provider.azure.resource import (
    TAGS,
    TOLD,
    ArmResource,
    copied,
    location,
    own_name,
    parent,
    suffixed,
)
from provisioning.sandbox.provider.azure.storage_shapes import (
    ENCRYPTION,
    EXTENDED_LOCATION,
    FILES_AUTHENTICATION,
    IDENTITY,
    IMMUTABLE_STORAGE,
    KEY_POLICY,
    NETWORK_RULES,
    ROUTING,
    SAS_POLICY,
)
from provisioning.sandbox.provider.properties import boolean, mapped, record, text
from provisioning.sandbox.provider.values import Properties


def _plain(name: str, inputs: Properties) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


class StorageAccount(ArmResource):
    type = "azure-native:storage:StorageAccount"
    label = "StorageAccount"
    version = "2024-01-01"
    naming = suffixed("accountName", longest=24, change=_plain)
    path = "providers/Microsoft.Storage/storageAccounts/{accountName}"
    top = ("extendedLocation", "identity", "kind", "location", "sku", "tags")
    inputs = {
        "accessTier": text(computed=True),
        "accountName": own_name(),
        "allowBlobPublicAccess": boolean(computed=True),
        "allowCrossTenantReplication": boolean(computed=True),
        "allowSharedKeyAccess": boolean(computed=True),
        "allowedCopyScope": text(computed=True),
        "azureFilesIdentityBasedAuthentication": FILES_AUTHENTICATION,
        "customDomain": record(
            {"name": text(required=True), "useSubDomainName": boolean(computed=True)}
        ),
        "defaultToOAuthAuthentication": boolean(computed=True),
        "dnsEndpointType": text(computed=True, replaces=True),
        "enableExtendedGroups": boolean(computed=True),
        "enableHttpsTrafficOnly": boolean(computed=True, api="supportsHttpsTrafficOnly"),
        "enableNfsV3": boolean(computed=True, replaces=True, api="isNfsV3Enabled"),
        "encryption": ENCRYPTION,
        "extendedLocation": EXTENDED_LOCATION,
        "identity": IDENTITY,
        "immutableStorageWithVersioning": IMMUTABLE_STORAGE,
        "isHnsEnabled": boolean(computed=True, replaces=True),
        "isLocalUserEnabled": boolean(computed=True),
        "isSftpEnabled": boolean(computed=True),
        "keyPolicy": KEY_POLICY,
        "kind": text(required=True),
        "largeFileSharesState": text(computed=True),
        "location": location(),
        "minimumTlsVersion": text(computed=True),
        "networkRuleSet": NETWORK_RULES,
        "publicNetworkAccess": text(computed=True),
        "resourceGroupName": parent(),
        "routingPreference": ROUTING,
        "sasPolicy": SAS_POLICY,
        "sku": record({"name": text(required=True)}, required=True),
        "tags": TAGS,
    }
    outputs = (
        *TOLD,
        "accountMigrationInProgress",
        "blobRestoreStatus",
        "creationTime",
        "failoverInProgress",
        "geoReplicationStats",
        "isSkuConversionBlocked",
        "keyCreationTime",
        "lastGeoFailoverTime",
        "primaryEndpoints",
        "primaryLocation",
        "privateEndpointConnections",
        "provisioningState",
        "secondaryEndpoints",
        "secondaryLocation",
        "statusOfPrimary",
        "statusOfSecondary",
        "storageAccountSkuConversionStatus",
    )


class BlobContainer(ArmResource):
    type = "azure-native:storage:BlobContainer"
    label = "BlobContainer"
    version = "2024-01-01"
    naming = copied("containerName", longest=63)
    path = (
        "providers/Microsoft.Storage/storageAccounts/{accountName}"
        "/blobServices/default/containers/{containerName}"
    )
    inputs = {
        "accountName": parent(),
        "containerName": own_name(low=3, high=63),
        "defaultEncryptionScope": text(computed=True),
        "denyEncryptionScopeOverride": boolean(computed=True),
        "enableNfsV3AllSquash": boolean(),
        "enableNfsV3RootSquash": boolean(),
        "immutableStorageWithVersioning": record({"enabled": boolean()}, computed=True),
        "metadata": mapped(text()),
        "publicAccess": text(computed=True),
        "resourceGroupName": parent(),
    }
    outputs = (
        *TOLD,
        "deleted",
        "deletedTime",
        "etag",
        "hasImmutabilityPolicy",
        "hasLegalHold",
        "immutabilityPolicy",
        "lastModifiedTime",
        "leaseDuration",
        "leaseState",
        "leaseStatus",
        "legalHold",
        "remainingRetentionDays",
        "version",
    )
