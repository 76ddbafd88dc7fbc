"""Webhooks: who may call a Pipeline's address, and what a call makes Skyclock owe.

Signed as Standard Webhooks has it (https://www.standardwebhooks.com): HMAC-SHA256 over
"id.timestamp.body", under the headers webhook-id, webhook-timestamp and webhook-signature.
A caller who cannot sign learns nothing, not even whether there is such an address.
"""

from __future__ import annotations

import hmac
import logging
import re
import secrets as random
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from dashboard import audit, secrets
from dashboard.models import Hook, Start, Trigger, User
from dashboard.services import own_triggers, runs
from dashboard.services.parameters import require_fitting
from provisioning.contracts import TriggerKind
from provisioning.errors import CredentialUnreadable, NotPossible, SkyclockError

log = logging.getLogger(__name__)

TOLERANCE = timedelta(minutes=5)
OLD_SECRET_LIVES = timedelta(hours=24)
MOST_PER_MINUTE = 60  # starts of one hook
SECRET_BYTES = 32
SECRET_PREFIX = "whsec_"  # noqa: S105
MESSAGE_ID = re.compile(r"[\x21-\x7e]{1,180}")
TIMESTAMP = re.compile(r"[0-9]{1,10}")
MOST_SIGNATURES = 10  # a sender gives one for each of its secrets


class NotSigned(SkyclockError):
    """Nobody we know signed this; or there is no such address. Both look the same."""


class TooManyCalls(NotPossible):
    """So many calls of one hook within a minute that the next one is not taken."""


class AlreadyUsed(NotPossible):
    """The id of an earlier message, with another content."""


@dataclass(frozen=True)
class Message:
    """A call as it came, nothing in it believed yet."""

    id: str
    timestamp: str
    signatures: str
    body: bytes

    @property
    def sent(self) -> datetime | None:
        if not TIMESTAMP.fullmatch(self.timestamp):
            return None
        return datetime.fromtimestamp(int(self.timestamp), tz=timezone.get_current_timezone())


@dataclass(frozen=True)
class Rotated:
    """A new secret, shown this once; until `before_until` the one before is good as well."""

    hook: Hook
    secret: str
    before_until: datetime | None


# ── Secrets ─────────────────────────────────────────────────────────────────────────


@transaction.atomic
def rotate(*, actor: User, trigger: Trigger, end_old: bool) -> Rotated:
    """Make a new secret; the first one makes the address. The address stays.

    The old secret ends at once, or, so that senders can be changed in peace, in a day.
    """
    if trigger.kind != TriggerKind.WEBHOOK or trigger.removed_at:
        raise NotPossible("Only a webhook has a secret.")
    secret = SECRET_PREFIX + b64encode(random.token_bytes(SECRET_BYTES)).decode()
    now = timezone.now()
    hook = Hook.objects.select_for_update().filter(trigger=trigger).first() or Hook(trigger=trigger)
    keep = hook.pk is not None and not end_old
    hook.sealed_before = hook.sealed if keep else ""
    hook.before_until = now + OLD_SECRET_LIVES if keep else None
    hook.sealed, hook.rotated_at = secrets.seal_text(secret), now
    hook.save()
    own_triggers.refresh(trigger.pipeline)
    detail = {"pipeline": trigger.pipeline.name, "old": "a day" if keep else "ended"}
    audit.record(actor=actor, action="trigger.rotate", subject=trigger, detail=detail)
    return Rotated(hook=hook, secret=secret, before_until=hook.before_until)


def sign(secret: str, *, id: str, timestamp: str, body: bytes) -> str:
    """The signature as it stands in the header: "v1,…"."""
    key = b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{id}.{timestamp}.".encode() + body
    return "v1," + b64encode(hmac.digest(key, signed, sha256)).decode()


# ── A call ──────────────────────────────────────────────────────────────────────────


def recognise(public_id: str, message: Message) -> Hook:
    """The hook that this message was signed for; NotSigned else, whatever is wrong."""
    hook = _open_hook(public_id)
    # Where there is no such address one secret is tried as well, so that it takes as long.
    tried = list(_secrets(hook)) if hook else [NOBODYS]
    signed = [_fits(secret, message) for secret in tried]
    if hook is None or not any(signed):
        raise NotSigned("This was not signed with the secret of this address, or not lately.")
    return hook


def accept(hook: Hook, message: Message, parameters: Mapping[str, str]) -> Start:
    """Owe one start to a recognised message. The same message again owes no other one."""
    trigger = hook.trigger
    if earlier := _earlier(trigger, message, parameters):
        return earlier
    _require_open(trigger)
    require_fitting(parameters, runs.parameters(trigger.pipeline))
    with transaction.atomic():
        Hook.objects.select_for_update().get(pk=hook.pk)  # one call at a time
        if earlier := _earlier(trigger, message, parameters):
            return earlier
        _require_slow(trigger)
        return Start.objects.create(
            pipeline=trigger.pipeline,
            trigger=trigger,
            key=message.id,
            cause=f"webhook {message.id}",
            parameters=dict(parameters),
        )


NOBODYS = SECRET_PREFIX + b64encode(bytes(SECRET_BYTES)).decode()


def _open_hook(public_id: str) -> Hook | None:
    rows = Hook.objects.select_related("trigger__pipeline__connection")
    open_rows = rows.filter(trigger__removed_at=None, trigger__pipeline__archived_at=None)
    return open_rows.filter(public_id=public_id, trigger__kind=TriggerKind.WEBHOOK.value).first()


def _secrets(hook: Hook) -> Iterator[str]:
    sealed = [hook.sealed]
    if hook.before_until and hook.before_until > timezone.now():
        sealed.append(hook.sealed_before)
    for one in sealed:
        try:
            yield secrets.unseal_text(one)
        except CredentialUnreadable as error:
            log.error("The secret of %s: %s", hook, error)


def _fits(secret: str, message: Message) -> bool:
    expected = sign(secret, id=message.id, timestamp=message.timestamp, body=message.body)
    given = message.signatures.split()[:MOST_SIGNATURES]
    fits = [hmac.compare_digest(expected.encode(), each.encode()) for each in given]
    return any(fits) and _is_recent(message) and MESSAGE_ID.fullmatch(message.id) is not None


def _is_recent(message: Message) -> bool:
    return message.sent is not None and abs(timezone.now() - message.sent) <= TOLERANCE


def _earlier(trigger: Trigger, message: Message, parameters: Mapping[str, str]) -> Start | None:
    found = Start.objects.filter(trigger=trigger, key=message.id).first()
    if found and found.parameters != dict(parameters):
        raise AlreadyUsed(f"The id {message.id} was that of another message. Give each its own.")
    return found


def _require_open(trigger: Trigger) -> None:
    if trigger.paused:
        raise NotPossible("This webhook is paused.")
    if not trigger.pipeline.deployed_version_id:
        raise NotPossible("The pipeline is not deployed, so nothing can be started.")


def _require_slow(trigger: Trigger) -> None:
    minute = timezone.now() - timedelta(minutes=1)
    if Start.objects.filter(trigger=trigger, requested_at__gt=minute).count() >= MOST_PER_MINUTE:
        raise TooManyCalls(f"At most {MOST_PER_MINUTE} calls a minute. Try again in a minute.")
