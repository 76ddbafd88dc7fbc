"""The further settings of a bucket: each is written and read by calls of its own.

All of them are `computed`: leaving one out leaves the bucket as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.documents import policy_text
from provisioning.sandbox.provider.properties import Property, text, value_from_api, value_to_api
from provisioning.sandbox.provider.resources.s3_rules import LIFECYCLE, REPLICATION
from provisioning.sandbox.provider.resources.s3_shapes import (
    CANNED,
    CORS,
    ENCRYPTION,
    GRANTS,
    LOGGING,
    OBJECT_LOCK,
    VERSIONING,
    WEBSITE,
    acl_policy,
    canned_acl,
    grants_found,
)

Shape = Callable[[Any], Any]


def _as_is(value: Any) -> Any:
    return value


@dataclass(frozen=True, kw_only=True)
class Setting:
    """`put_bucket_x(x=pack(value))` writes it, `unpack(get_bucket_x())` reads it."""

    property: Property
    name: str  # bucket_versioning of put_bucket_versioning
    argument: str
    pack: Shape = _as_is
    unpack: Shape
    gone: tuple[str, ...] = ()

    def write(self, cloud: Cloud, bucket: str, value: Any) -> None:
        packed = self.pack(value_to_api(self.property, value))
        cloud.call("s3", f"put_{self.name}", Bucket=bucket, **{self.argument: packed})

    def read(self, cloud: Cloud, bucket: str) -> Any:
        answer = cloud.find("s3", f"get_{self.name}", missing=self.gone, Bucket=bucket)
        found = self.unpack(answer) if answer is not None else None
        return value_from_api(self.property, found) if found else None


def _first(name: str) -> Shape:
    return lambda answer: answer.get(name)


# Versioning comes first: replication and object locks need it.
SETTINGS: dict[str, Setting] = {
    "versioning": Setting(
        property=VERSIONING,
        name="bucket_versioning",
        argument="VersioningConfiguration",
        unpack=_as_is,
    ),
    "acl": Setting(
        property=text(choices=CANNED, computed=True),
        name="bucket_acl",
        argument="ACL",
        unpack=canned_acl,
    ),
    "grants": Setting(
        property=GRANTS,
        name="bucket_acl",
        argument="AccessControlPolicy",
        pack=acl_policy,
        unpack=grants_found,
    ),
    "policy": Setting(
        property=policy_text("policy", computed=True),
        name="bucket_policy",
        argument="Policy",
        unpack=_first("Policy"),
        gone=("NoSuchBucketPolicy",),
    ),
    "serverSideEncryptionConfiguration": Setting(
        property=ENCRYPTION,
        name="bucket_encryption",
        argument="ServerSideEncryptionConfiguration",
        unpack=_first("ServerSideEncryptionConfiguration"),
        gone=("ServerSideEncryptionConfigurationNotFoundError",),
    ),
    "corsRules": Setting(
        property=CORS,
        name="bucket_cors",
        argument="CORSConfiguration",
        pack=lambda rules: {"CORSRules": rules},
        unpack=_first("CORSRules"),
        gone=("NoSuchCORSConfiguration",),
    ),
    "lifecycleRules": Setting(
        property=LIFECYCLE,
        name="bucket_lifecycle_configuration",
        argument="LifecycleConfiguration",
        pack=lambda rules: {"Rules": rules},
        unpack=_first("Rules"),
        gone=("NoSuchLifecycleConfiguration",),
    ),
    "logging": Setting(
        property=LOGGING,
        name="bucket_logging",
        argument="BucketLoggingStatus",
        pack=lambda target: {"LoggingEnabled": {"TargetPrefix": "", **target}},
        unpack=_first("LoggingEnabled"),
    ),
    "requestPayer": Setting(
        property=text(choices=("BucketOwner", "Requester"), computed=True),
        name="bucket_request_payment",
        argument="RequestPaymentConfiguration",
        pack=lambda payer: {"Payer": payer},
        unpack=_first("Payer"),
    ),
    "accelerationStatus": Setting(
        property=text(choices=("Enabled", "Suspended"), computed=True),
        name="bucket_accelerate_configuration",
        argument="AccelerateConfiguration",
        pack=lambda status: {"Status": status},
        unpack=_first("Status"),
    ),
    "website": Setting(
        property=WEBSITE,
        name="bucket_website",
        argument="WebsiteConfiguration",
        unpack=_as_is,
        gone=("NoSuchWebsiteConfiguration",),
    ),
    "objectLockConfiguration": Setting(
        property=OBJECT_LOCK,
        name="object_lock_configuration",
        argument="ObjectLockConfiguration",
        unpack=_first("ObjectLockConfiguration"),
        gone=("ObjectLockConfigurationNotFoundError",),
    ),
    "replicationConfiguration": Setting(
        property=REPLICATION,
        name="bucket_replication",
        argument="ReplicationConfiguration",
        unpack=_first("ReplicationConfiguration"),
        gone=("ReplicationConfigurationNotFoundError",),
    ),
}
