from __future__ import annotations

from typing import Any

from provisioning.sandbox.provider import tags
from provisioning.sandbox.provider.cloud import Cloud
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.properties import boolean, text
from provisioning.sandbox.provider.resource import Resource
from provisioning.sandbox.provider.resources.s3_settings import SETTINGS
from provisioning.sandbox.provider.values import Properties

_GONE = ("404", "NoSuchBucket")
_NAME = r"[a-z0-9][a-z0-9.-]*[a-z0-9]"
# Amazon's own DNS zones for buckets, by region.
_ZONES = {
    "ap-northeast-1": "Z2M4EHUR26P7ZW",
    "ap-south-1": "Z11RGJOFQNVJUP",
    "ap-southeast-1": "Z3O0J2DXBE1FTB",
    "ap-southeast-2": "Z1WCIGYICN2BYD",
    "ca-central-1": "Z1QDHH18159H29",
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-north-1": "Z3BAZG2TWCNX0D",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "eu-west-2": "Z3GKZC51ZF0DB4",
    "eu-west-3": "Z3R1K369G5AVDG",
    "sa-east-1": "Z7KQH4QJS55SO",
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M",
}


def _lower(name: str, inputs: Properties) -> str:
    return name.lower().replace("_", "-")


class Bucket(Resource):
    """A bucket; its id is its name.

    Its further settings are read back only where the program gave them, as the real
    provider does: resources of their own may hold them too.
    """

    type = "aws:s3/bucket:Bucket"
    label = "S3 Bucket"
    naming = Naming(property="bucket", prefix="bucketPrefix", longest=63, change=_lower)
    inputs = {
        **{name: setting.property for name, setting in SETTINGS.items()},
        "bucket": text(low=3, high=63, pattern=_NAME, computed=True, replaces=True),
        "bucketNamespace": text(
            choices=("account-regional", "global"), computed=True, local=True, replaces=True
        ),
        "bucketPrefix": text(low=1, high=37, local=True, replaces=True),
        "forceDestroy": boolean(default=False, local=True),
        "objectLockEnabled": boolean(computed=True, replaces=True),
        "region": text(computed=True, replaces=True),
        "tags": tags.MAPPED,
    }
    outputs = (
        "arn",
        "bucketDomainName",
        "bucketRegion",
        "bucketRegionalDomainName",
        "hostedZoneId",
        "tagsAll",
        "websiteDomain",
        "websiteEndpoint",
    )

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        wish: dict[str, Any] = {"Bucket": inputs["bucket"]}
        if cloud.region != "us-east-1":
            wish["CreateBucketConfiguration"] = {"LocationConstraint": cloud.region}
        if inputs.get("objectLockEnabled"):
            wish["ObjectLockEnabledForBucket"] = True
        if "bucketNamespace" in inputs:
            wish["BucketNamespace"] = inputs["bucketNamespace"]
        cloud.call("s3", "create_bucket", **wish)
        return str(inputs["bucket"])

    def settle(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        if wanted := tags.wanted(cloud, inputs):
            _set_tags(cloud, id, wanted)
        self._set(cloud, id, inputs, set(inputs))

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        if cloud.find("s3", "head_bucket", missing=_GONE, Bucket=id) is None:
            return None
        settings = {
            name: setting.read(cloud, id)
            for name, setting in SETTINGS.items()
            if known.get(name) is not None
        }
        return {
            **settings,
            **_addresses(id, _region(cloud, id), website="website" in settings),
            "bucket": id,
            "objectLockEnabled": SETTINGS["objectLockConfiguration"].read(cloud, id) is not None,
            "region": cloud.region,
            **tags.shown(cloud, _tags(cloud, id)),
        }

    def update(
        self, cloud: Cloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        if "tags" in changed:
            _set_tags(cloud, id, tags.wanted(cloud, news))
        self._set(cloud, id, news, changed)

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        if state.get("forceDestroy"):
            _empty(cloud, id)
        cloud.find("s3", "delete_bucket", missing=_GONE, Bucket=id)

    def _set(self, cloud: Cloud, id: str, inputs: Properties, names: set[str]) -> None:
        for name, setting in SETTINGS.items():
            if name in names and name in inputs:
                setting.write(cloud, id, inputs[name])


def _addresses(bucket: str, region: str, *, website: bool) -> Properties:
    domain = f"s3-website-{region}.amazonaws.com" if website else None
    return {
        "arn": f"arn:aws:s3:::{bucket}",
        "bucketDomainName": f"{bucket}.s3.amazonaws.com",
        "bucketRegion": region,
        "bucketRegionalDomainName": f"{bucket}.s3.{region}.amazonaws.com",
        "hostedZoneId": _ZONES.get(region),
        "websiteDomain": domain,
        "websiteEndpoint": f"{bucket}.{domain}" if domain else None,
    }


def _region(cloud: Cloud, bucket: str) -> str:
    place = cloud.call("s3", "get_bucket_location", Bucket=bucket).get("LocationConstraint")
    return str(place or "us-east-1")


def _tags(cloud: Cloud, bucket: str) -> dict[str, str]:
    answer = cloud.find("s3", "get_bucket_tagging", missing=("NoSuchTagSet",), Bucket=bucket)
    return tags.as_map(answer["TagSet"]) if answer else {}


def _set_tags(cloud: Cloud, bucket: str, wanted: dict[str, str]) -> None:
    if wanted:
        pairs = {"TagSet": tags.as_pairs(wanted)}
        cloud.call("s3", "put_bucket_tagging", Bucket=bucket, Tagging=pairs)
    else:
        cloud.call("s3", "delete_bucket_tagging", Bucket=bucket)


def _empty(cloud: Cloud, bucket: str) -> None:
    """Delete every version of every object, locked ones too."""
    if cloud.find("s3", "head_bucket", missing=_GONE, Bucket=bucket) is None:
        return
    for key in ("Versions", "DeleteMarkers"):
        for one in cloud.pages("s3", "list_object_versions", key, Bucket=bucket):
            cloud.call(
                "s3",
                "delete_object",
                Bucket=bucket,
                Key=one["Key"],
                VersionId=one["VersionId"],
                BypassGovernanceRetention=True,
            )
