"""Keys by which identity tokens are signed: made, rotated, published and removed.

Nothing has to happen at the moment in which the next key takes over: its times say so when it
is made. Times are real ones, whatever clock a Connection has.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from dashboard import audit, secrets
from dashboard.models import SigningKey, User

BITS = 2048
LONGEST_TOKEN = timedelta(hours=1)
# Clouds keep the JWKS they fetched, some for a day: a key is published for longer than that
# before anything is signed by it.
AHEAD = timedelta(days=2)
# After the last token of a key has ended: clocks differ, and clouds allow for it.
AFTER = timedelta(minutes=15)
EVERY = timedelta(days=30)


class Rotation(NamedTuple):
    newest: SigningKey
    made: bool


def published(now: datetime | None = None) -> list[SigningKey]:
    """Those by which a token that is still good may be signed, newest first. Never none."""
    now = now or timezone.now()
    ended = Q(retired_at__lte=now - LONGEST_TOKEN - AFTER)
    last = SigningKey.objects.first()  # before the others: who makes one meanwhile is seen then
    rows = list(SigningKey.objects.filter(removed_at=None).exclude(ended))
    return rows or [_make(last, now=now, active_at=now).newest]


def signing(now: datetime | None = None) -> SigningKey:
    """The one that signs at this moment: the newest whose time has come."""
    now = now or timezone.now()
    return next(row for row in published(now) if row.active_at <= now)


def rotate(*, actor: User | None = None, now: datetime | None = None) -> Rotation:
    """Publish the next key, which signs when the clouds have had time to see it. Where one is
    waiting for that already, nothing is made."""
    now = now or timezone.now()
    remove_ended(now)
    newest = published(now)[0]
    if newest.active_at > now:
        return Rotation(newest, made=False)
    return _make(newest, now=now, active_at=now + AHEAD, actor=actor)


def rotate_at_once(*, actor: User | None = None, now: datetime | None = None) -> SigningKey:
    """For a key that others may have: every other is unpublished now, and tokens of it with it.
    Clouds that keep the JWKS learn of the new one when they fetch it again."""
    now = now or timezone.now()
    with transaction.atomic():
        made = _make(published(now)[0], now=now, active_at=now, actor=actor).newest
        _remove(SigningKey.objects.filter(removed_at=None, number__lt=made.number), now)
    return made


def rotate_if_due(now: datetime | None = None) -> None:
    """What beat asks for each day. Nothing is due where no token was ever asked for."""
    now = now or timezone.now()
    remove_ended(now)
    newest = SigningKey.objects.filter(removed_at=None).first()
    if newest and newest.created_at <= now - EVERY:
        rotate(now=now)


def remove_ended(now: datetime) -> int:
    """Forget the private halves of keys that are not published any more."""
    ended = SigningKey.objects.filter(removed_at=None, retired_at__lte=now - LONGEST_TOKEN - AFTER)
    return _remove(ended, now)


def private_key(row: SigningKey) -> rsa.RSAPrivateKey:
    """Opened for one signature."""
    pem = secrets.unseal_text(row.sealed).encode()
    # It was ours when it was sealed; looking at its numbers again takes longer than signing.
    key = serialization.load_pem_private_key(
        pem, password=None, unsafe_skip_rsa_key_validation=True
    )
    return cast(rsa.RSAPrivateKey, key)


def _make(
    before: SigningKey | None, *, now: datetime, active_at: datetime, actor: User | None = None
) -> Rotation:
    """The key after that one, or the one that somebody else made after it meanwhile."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    public = _public(key.public_key())
    number = before.number + 1 if before else 1
    try:
        with transaction.atomic():
            row = SigningKey.objects.create(
                number=number,
                kid=public["kid"],
                public=public,
                sealed=secrets.seal_text(_pem(key)),
                created_at=now,
                active_at=active_at,
            )
            SigningKey.objects.filter(retired_at=None, number__lt=number).update(
                retired_at=active_at
            )
            audit.record(
                actor=actor,
                action="signing_key.create",
                subject=row,
                detail={"signs_from": active_at.isoformat()},
            )
    except IntegrityError:
        return Rotation(SigningKey.objects.get(number=number), made=False)
    return Rotation(row, made=True)


def _remove(rows: QuerySet[SigningKey], now: datetime) -> int:
    return rows.update(removed_at=now, sealed="")


def _pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _public(key: rsa.RSAPublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    needed = {"e": _number(numbers.e), "kty": "RSA", "n": _number(numbers.n)}
    text = json.dumps(needed, separators=(",", ":"), sort_keys=True).encode()
    thumbprint = _base64url(hashlib.sha256(text).digest())
    return {**needed, "alg": "RS256", "use": "sig", "kid": thumbprint}


def _number(value: int) -> str:
    return _base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
