"""S3 objects as the other simulated services use them: with a role, as on AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto.s3.models import s3_backends

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.moto_state import MotoState
from provisioning.sandbox.aws.roles import Session

# Enough to notice a prefix that the role may not read.
_CHECKED_KEYS = 20


@dataclass(frozen=True)
class Address:
    """`s3://bucket/key`, where the key may be a prefix."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> Address:
        scheme, _, rest = uri.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme != "s3" or not bucket:
            raise AwsError("ValidationException", f"'{uri}' is not an S3 URI.")
        return cls(bucket=bucket, key=key)

    @property
    def bucket_arn(self) -> str:
        return f"arn:aws:s3:::{self.bucket}"

    @property
    def arn(self) -> str:
        return f"{self.bucket_arn}/{self.key}"

    def under(self, name: str) -> Address:
        return Address(self.bucket, f"{self.key.rstrip('/')}/{name}".lstrip("/"))


class Objects:
    def __init__(self, moto: MotoState) -> None:
        self._moto = moto

    def list_keys(self, address: Address, session: Session) -> list[str]:
        """Keys that begin with the address's key; needs s3:ListBucket."""
        session.require("s3:ListBucket", address.bucket_arn, context={"s3:prefix": address.key})
        bucket = self._bucket(address.bucket)
        return sorted(key for key in list(bucket.keys) if key.startswith(address.key))

    def check_readable(self, bucket: str, keys: list[str], session: Session) -> None:
        for key in keys[:_CHECKED_KEYS]:
            session.require("s3:GetObject", Address(bucket, key).arn)

    def read(self, address: Address, session: Session) -> bytes:
        session.require("s3:GetObject", address.arn)
        found = self._bucket(address.bucket).keys.get(address.key)
        if found is None or not hasattr(found, "value"):
            raise AwsError("NoSuchKey", "The specified key does not exist.", status=404)
        body: bytes = found.value
        return body

    def write(self, address: Address, body: bytes, session: Session) -> None:
        session.require("s3:PutObject", address.arn)
        self._bucket(address.bucket)
        partition, account = s3_backends.bucket_accounts[address.bucket]
        s3_backends[account][partition].put_object(address.bucket, address.key, body)
        self._moto.touch("s3", account, partition)

    def _bucket(self, name: str) -> Any:
        if name not in s3_backends.bucket_accounts:
            raise AwsError("NoSuchBucket", "The specified bucket does not exist", status=404)
        partition, account = s3_backends.bucket_accounts[name]
        return s3_backends[account][partition].buckets[name]
