"""S3 objects as the other simulated services use them: with a role, as on AWS."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.s3.models import s3_backends

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.moto_state import MotoState
from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.s3.hooks import Actor, acting

_NEWEST = 500


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
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def bucket_arn(self) -> str:
        return f"arn:aws:s3:::{self.bucket}"

    @property
    def arn(self) -> str:
        return f"{self.bucket_arn}/{self.key}"

    def under(self, name: str) -> Address:
        return Address(self.bucket, f"{self.key.rstrip('/')}/{name}".lstrip("/"))


def object_body(bucket: str, key: str, *, version: str | None = None) -> bytes | None:
    """What is in an object, nobody's permission asked; None when it is not there."""
    partition, account = s3_backends.bucket_accounts.get(bucket, ("aws", ""))
    found = s3_backends[account][partition].buckets.get(bucket) if account else None
    if found is None:
        return None
    versions = found.keys.getlist(key, []) if version else []
    match = next((each for each in versions if str(each.version_id) == version), None)
    held = match if version else found.keys.get(key)
    body: bytes | None = getattr(held, "value", None)  # a delete marker has none
    return body


class Objects:
    def __init__(self, moto: MotoState) -> None:
        self._moto = moto

    def list(self, address: Address, session: Session) -> list[Address]:
        """Objects whose keys begin with the address's key; needs s3:ListBucket."""
        keys = self._keys(address, session)
        return [Address(address.bucket, key) for key in sorted(set(keys))]

    def exists(self, address: Address, session: Session) -> bool:
        return next(self._keys(address, session), None) is not None

    def sample(self, address: Address, session: Session) -> Address | None:
        """One of these objects, which the role may read; None when there are none."""
        key = next(self._keys(address, session), None)
        if key is None:
            return None
        found = Address(address.bucket, key)
        session.require("s3:GetObject", found.arn)
        return found

    def _keys(self, address: Address, session: Session) -> Iterator[str]:
        session.require("s3:ListBucket", address.bucket_arn, context={"s3:prefix": address.key})
        keys = self._bucket(address, session).keys
        # What a pipeline reads was written long ago or just now: look at both ends first.
        newest = itertools.islice(reversed(keys), _NEWEST)
        return (key for key in itertools.chain(newest, keys) if key.startswith(address.key))

    def read(self, address: Address, session: Session) -> bytes:
        session.require("s3:GetObject", address.arn)
        self._bucket(address, session)
        body = object_body(address.bucket, address.key)
        if body is None:
            raise AwsError("NoSuchKey", "The specified key does not exist.", status=404)
        return body

    def write(self, address: Address, body: bytes, session: Session) -> None:
        session.require("s3:PutObject", address.arn)
        self._bucket(address, session)
        partition, account = s3_backends.bucket_accounts[address.bucket]
        actor = Actor(principal_id=f"AWS:{session.principal_id}", account=session.account)
        with acting(actor):
            s3_backends[account][partition].put_object(address.bucket, address.key, body)
        self._moto.touch("s3", account, partition)

    def _bucket(self, address: Address, session: Session) -> Any:
        if address.bucket not in s3_backends.bucket_accounts:
            raise AwsError("NoSuchBucket", "The specified bucket does not exist", status=404)
        partition, account = s3_backends.bucket_accounts[address.bucket]
        if account != session.account:  # bucket policies are not looked at
            raise AwsError("AccessDenied", "Access Denied", status=403)
        return s3_backends[account][partition].buckets[address.bucket]
