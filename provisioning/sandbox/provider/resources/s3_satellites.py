"""Settings of a bucket as resources of their own; the id of each is the bucket's name."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.documents import policy_text
from provisioning.sandbox.provider.properties import (
    Property,
    boolean,
    from_api,
    listed,
    record,
    text,
    to_api,
)
from provisioning.sandbox.provider.resource import Resource
from provisioning.sandbox.provider.resources.s3_shapes import ENCRYPTION_RULE
from provisioning.sandbox.provider.values import Properties

_NO_BUCKET = "NoSuchBucket"
_OF_BUCKET: dict[str, Property] = {
    "bucket": text(required=True, low=1, high=63, replaces=True),
    "region": text(computed=True, replaces=True),
}


class Satellite(Resource):
    """Written whole, and read back whole."""

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        self.put(cloud, inputs["bucket"], inputs)
        return str(inputs["bucket"])

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        found = self.get(cloud, id)
        return None if found is None else {**found, "bucket": id, "region": cloud.region}

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        self.put(cloud, id, news)

    @abstractmethod
    def put(self, cloud: Cloud, bucket: str, inputs: Properties) -> None: ...

    @abstractmethod
    def get(self, cloud: Cloud, bucket: str) -> Properties | None: ...


_BLOCK: dict[str, Property] = {
    name: boolean(default=False)
    for name in (
        "blockPublicAcls",
        "blockPublicPolicy",
        "ignorePublicAcls",
        "restrictPublicBuckets",
    )
}


class PublicAccessBlock(Satellite):
    type = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    label = "S3 Bucket Public Access Block"
    inputs = {**_OF_BUCKET, **_BLOCK, "skipDestroy": boolean(local=True)}

    def put(self, cloud: Cloud, bucket: str, inputs: Properties) -> None:
        wanted = to_api(_BLOCK, inputs)
        cloud.call(
            "s3", "put_public_access_block", Bucket=bucket, PublicAccessBlockConfiguration=wanted
        )

    def get(self, cloud: Cloud, bucket: str) -> Properties | None:
        missing = (_NO_BUCKET, "NoSuchPublicAccessBlockConfiguration")
        answer = cloud.find("s3", "get_public_access_block", missing=missing, Bucket=bucket)
        return from_api(_BLOCK, answer["PublicAccessBlockConfiguration"]) if answer else None

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        if not state.get("skipDestroy"):
            cloud.find("s3", "delete_public_access_block", missing=(_NO_BUCKET,), Bucket=id)


_VERSIONING: dict[str, Property] = {
    "versioningConfiguration": record(
        {
            "mfaDelete": text(choices=("Enabled", "Disabled"), computed=True, api="MFADelete"),
            "status": text(required=True, choices=("Enabled", "Suspended", "Disabled")),
        },
        required=True,
    )
}


class Versioning(Satellite):
    type = "aws:s3/bucketVersioning:BucketVersioning"
    label = "S3 Bucket Versioning"
    inputs = {
        **_OF_BUCKET,
        **_VERSIONING,
        "expectedBucketOwner": text(local=True, replaces=True),
        "mfa": text(local=True),
    }

    def put(self, cloud: Cloud, bucket: str, inputs: Properties) -> None:
        wanted = to_api(_VERSIONING, inputs)["VersioningConfiguration"]
        if wanted["Status"] != "Disabled":  # S3 has no word for never having been enabled
            cloud.call("s3", "put_bucket_versioning", Bucket=bucket, VersioningConfiguration=wanted)

    def get(self, cloud: Cloud, bucket: str) -> Properties | None:
        answer = cloud.find("s3", "get_bucket_versioning", missing=(_NO_BUCKET,), Bucket=bucket)
        if answer is None:
            return None
        found = {"Status": "Disabled", **answer}
        return from_api(_VERSIONING, {"VersioningConfiguration": found})

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        if state["versioningConfiguration"]["status"] == "Enabled":
            cloud.find(
                "s3",
                "put_bucket_versioning",
                missing=(_NO_BUCKET,),
                Bucket=id,
                VersioningConfiguration={"Status": "Suspended"},
            )


_RULES: dict[str, Property] = {"rules": listed(record(ENCRYPTION_RULE), required=True, is_set=True)}


class Encryption(Satellite):
    type = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    label = "S3 Bucket Server-side Encryption Configuration"
    inputs = {**_OF_BUCKET, **_RULES, "expectedBucketOwner": text(local=True, replaces=True)}

    def put(self, cloud: Cloud, bucket: str, inputs: Properties) -> None:
        wanted: dict[str, Any] = to_api(_RULES, inputs)
        cloud.call(
            "s3",
            "put_bucket_encryption",
            Bucket=bucket,
            ServerSideEncryptionConfiguration=wanted,
        )

    def get(self, cloud: Cloud, bucket: str) -> Properties | None:
        missing = (_NO_BUCKET, "ServerSideEncryptionConfigurationNotFoundError")
        answer = cloud.find("s3", "get_bucket_encryption", missing=missing, Bucket=bucket)
        return from_api(_RULES, answer["ServerSideEncryptionConfiguration"]) if answer else None

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        cloud.find("s3", "delete_bucket_encryption", missing=(_NO_BUCKET,), Bucket=id)


class BucketPolicy(Satellite):
    type = "aws:s3/bucketPolicy:BucketPolicy"
    label = "S3 Bucket Policy"
    inputs = {**_OF_BUCKET, "policy": policy_text("policy", required=True)}

    def put(self, cloud: Cloud, bucket: str, inputs: Properties) -> None:
        cloud.call("s3", "put_bucket_policy", Bucket=bucket, Policy=inputs["policy"])

    def get(self, cloud: Cloud, bucket: str) -> Properties | None:
        missing = (_NO_BUCKET, "NoSuchBucketPolicy")
        answer = cloud.find("s3", "get_bucket_policy", missing=missing, Bucket=bucket)
        return {"policy": answer["Policy"]} if answer else None

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        cloud.find("s3", "delete_bucket_policy", missing=(_NO_BUCKET,), Bucket=id)
