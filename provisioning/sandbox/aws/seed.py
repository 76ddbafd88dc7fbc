"""What a new sandbox holds: a bucket with a little data, for the example to run on."""

from __future__ import annotations

from random import Random

from moto.s3.models import s3_backends

from provisioning.sandbox.aws.sagemaker.chance import chance
from provisioning.sandbox.aws.world import World

ACCOUNT, REGION = "111122223333", "eu-west-1"
BUCKET = f"skyclock-sandbox-{ACCOUNT}"
_HEADER = "age,balance,products,active,left"


def seed(world: World) -> None:
    """Once in the life of a sandbox: what people delete stays deleted."""
    if world.store.get("seed", "aws") is not None:
        return
    backend = s3_backends[ACCOUNT]["aws"]
    backend.create_bucket(BUCKET, REGION)
    backend.put_object(BUCKET, "input/train.csv", _customers(rows=240, chance=chance("train")))
    backend.put_object(BUCKET, "input/test.csv", _customers(rows=60, chance=chance("test")))
    world.moto.touch("s3", ACCOUNT, "aws")
    world.store.put("seed", "aws", b"1")


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
