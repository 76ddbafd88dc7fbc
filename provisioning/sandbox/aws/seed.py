"""What a new sandbox holds: a bucket with a little data, for the example to run on, and a user
whose key is known, which may take on roles."""

from __future__ import annotations

import json
from random import Random

from moto.iam.models import iam_backends
from moto.s3.models import s3_backends

from provisioning.clouds.methods import (
    SANDBOX_BASE_ACCOUNT,
    SANDBOX_BASE_USER,
    sandbox_base_keys,
)
from provisioning.sandbox.aws.sagemaker.chance import chance
from provisioning.sandbox.aws.world import World

ACCOUNT, REGION = "111122223333", "eu-west-1"
BUCKET = f"skyclock-sandbox-{ACCOUNT}"
_HEADER = "age,balance,products,active,left"


def seed(world: World) -> None:
    """Once in the life of a sandbox: what people delete stays deleted."""
    if world.store.get("seed", "aws") is None:
        _seed_bucket(world)
    if world.store.get("seed", "aws_base") is None:
        _seed_base(world)


def _seed_bucket(world: World) -> None:
    backend = s3_backends[ACCOUNT]["aws"]
    backend.create_bucket(BUCKET, REGION)
    backend.put_object(BUCKET, "input/train.csv", _customers(rows=240, chance=chance("train")))
    backend.put_object(BUCKET, "input/test.csv", _customers(rows=60, chance=chance("test")))
    world.moto.touch("s3", ACCOUNT, "aws")
    world.store.put("seed", "aws", b"1")


def _seed_base(world: World) -> None:
    backend = iam_backends[SANDBOX_BASE_ACCOUNT]["aws"]
    backend.create_user("us-east-1", SANDBOX_BASE_USER)
    may = {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    backend.put_user_policy(SANDBOX_BASE_USER, "take-on-roles", document)
    credential = sandbox_base_keys()
    key = backend.create_access_key(SANDBOX_BASE_USER)
    del backend.access_keys[key.access_key_id]
    key.access_key_id = credential.reveal("access_key_id")
    key.secret_access_key = credential.reveal("secret_access_key")
    backend.access_keys[key.access_key_id] = key
    world.moto.touch("iam", SANDBOX_BASE_ACCOUNT, "aws")
    world.store.put("seed", "aws_base", b"1")


def _customers(*, rows: int, chance: Random) -> bytes:
    """Customers of a bank and whether they left: older and idle ones leave more often."""
    lines = [_HEADER]
    for _ in range(rows):
        age = chance.randint(19, 78)
        balance = round(max(0.0, chance.gauss(62_000, 41_000)), 2)
        products, active = chance.randint(1, 3), chance.randint(0, 1)
        left = int(chance.random() < 0.08 + 0.006 * (age - 19) - 0.12 * active)
        lines.append(f"{age},{balance},{products},{active},{left}")
    return ("\n".join(lines) + "\n").encode()
