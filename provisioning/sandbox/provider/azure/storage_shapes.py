"""The records inside of a storage account. What a program leaves out, Azure fills in."""

from __future__ import annotations

from provisioning.sandbox.provider.properties import boolean, integer, listed, record, text

_SERVICE = record(
    {"enabled": boolean(computed=True), "keyType": text(computed=True)}, computed=True
)
ENCRYPTION = record(
    {
        "encryptionIdentity": record(
            {
                "encryptionFederatedIdentityClientId": text(api="federatedIdentityClientId"),
                "encryptionUserAssignedIdentity": text(api="userAssignedIdentity"),
            },
            api="identity",
        ),
        "keySource": text(computed=True),
        "keyVaultProperties": record(
            {
                "keyName": text(api="keyname"),
                "keyVaultUri": text(api="keyvaulturi"),
                "keyVersion": text(api="keyversion"),
            },
            api="keyvaultproperties",
        ),
        "requireInfrastructureEncryption": boolean(computed=True),
        "services": record(
            {"blob": _SERVICE, "file": _SERVICE, "queue": _SERVICE, "table": _SERVICE},
            computed=True,
        ),
    },
    computed=True,
)
NETWORK_RULES = record(
    {
        "bypass": text(computed=True),
        "defaultAction": text(default="Allow"),
        "ipRules": listed(
            record(
                {
                    "action": text(computed=True),
                    "iPAddressOrRange": text(required=True, api="value"),
                }
            )
        ),
        "resourceAccessRules": listed(record({"resourceId": text(), "tenantId": text()})),
        "virtualNetworkRules": listed(
            record(
                {
                    "action": text(computed=True),
                    "state": text(computed=True),
                    "virtualNetworkResourceId": text(required=True, api="id"),
                }
            )
        ),
    },
    computed=True,
    api="networkAcls",
)
FILES_AUTHENTICATION = record(
    {
        "activeDirectoryProperties": record(
            {
                "accountType": text(),
                "azureStorageSid": text(),
                "domainGuid": text(required=True),
                "domainName": text(required=True),
                "domainSid": text(),
                "forestName": text(),
                "netBiosDomainName": text(),
                "samAccountName": text(),
            }
        ),
        "defaultSharePermission": text(),
        "directoryServiceOptions": text(required=True),
    }
)
IMMUTABLE_STORAGE = record(
    {
        "enabled": boolean(),
        "immutabilityPolicy": record(
            {
                "allowProtectedAppendWrites": boolean(),
                "immutabilityPeriodSinceCreationInDays": integer(),
                "state": text(),
            }
        ),
    },
    replaces=True,
)


def _named(found: object) -> object:
    """Azure has the identities as the names of a record, the provider in a list."""
    return sorted(found) if isinstance(found, dict) else found


IDENTITY = record(
    {
        "type": text(required=True),
        "userAssignedIdentities": listed(
            text(),
            is_set=True,
            encode=lambda names: {name: {} for name in names},
            decode=_named,
        ),
    }
)
EXTENDED_LOCATION = record({"name": text(), "type": text()}, replaces=True)
KEY_POLICY = record({"keyExpirationPeriodInDays": integer(required=True)})
ROUTING = record(
    {
        "publishInternetEndpoints": boolean(),
        "publishMicrosoftEndpoints": boolean(),
        "routingChoice": text(),
    }
)
SAS_POLICY = record(
    {"expirationAction": text(computed=True), "sasExpirationPeriod": text(required=True)}
)
