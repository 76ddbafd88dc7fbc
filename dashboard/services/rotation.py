"""The life of a Connection's credential: entered anew, tested, switched, and put back.

What is new is entered against the cloud, and tested, before it is stored; then it takes the
place of the old one in one UPDATE, which names the one that was seen. Whoever opened the old one
before, such as a running deployment, keeps it in its own process. For a day the old one can be
put back; after that it is forgotten.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from dashboard import audit, secrets, times
from dashboard.access import require_admin
from dashboard.models import AuditEntry, Connection, User
from dashboard.services.opening import access_with
from provisioning import checks, clouds
from provisioning.contracts import Check, Cloud, Credential, Level
from provisioning.errors import CloudError, CredentialUnreadable, InvalidInput, NotPossible

log = logging.getLogger(__name__)

UNDO = timedelta(hours=24)
TYPED, CERTIFICATE = "typed", "certificate"
FORGOTTEN: dict[str, Any] = {
    "sealed_before": "",
    "method_before": "",
    "expires_before": None,
    "expiry_source_before": "",
    "entered_before": None,
    "before_until": None,
}


def rotate(
    *,
    actor: User,
    connection: Connection,
    credential: Mapping[str, Any],
    method: str = "",
    expires_at: datetime | None = None,
    seen: int | None = None,
    stored: Mapping[str, str] | None = None,
) -> Connection:
    """Have another credential, or another method, open the same account.

    `seen` is the number of the credential that the person has looked at: if there is another by
    now, nothing is changed. `stored`: what fields keep that are left out.
    """
    require_admin(actor)
    number = connection.rotation if seen is None else seen
    if connection.rotation != number:
        raise NotPossible(_meanwhile(connection))
    opened, region = clouds.parse_credential(
        Cloud(connection.cloud),
        method or connection.method,
        credential,
        sandbox=connection.sandbox,
        stored=stored,
    )
    account = _account_entered(connection, opened, region)
    now = timezone.now()
    typed = expires_at or _end_kept(connection, opened, stored)
    end, source = expiry(connection, opened, typed=typed)
    # Put back beside another account or region, it would open what the row does not say.
    same_place = (account, region) == (connection.account, connection.region)
    before = _kept_until(now + UNDO) if same_place else FORGOTTEN
    with transaction.atomic():
        switched = _rows(connection, number).update(
            **before,
            sealed=secrets.seal(opened),
            method=opened.method,
            region=region,
            account=account,
            rotation=number + 1,
            entered_at=now,
            expires_at=end,
            expiry_source=source,
            reminded_days=None,
            updated_at=now,
        )
        if not switched:
            raise NotPossible(_meanwhile(connection))
        detail = {"method": opened.method, "account": account}
        audit.record(actor=actor, action="connection.rotate", subject=connection, detail=detail)
    connection.refresh_from_db()
    return connection


def _kept_until(moment: datetime) -> dict[str, Any]:
    return {
        "sealed_before": F("sealed"),
        "method_before": F("method"),
        "expires_before": F("expires_at"),
        "expiry_source_before": F("expiry_source"),
        "entered_before": F("entered_at"),
        "before_until": moment,
    }


def undo(*, actor: User, connection: Connection) -> Connection:
    """Put the credential of before back; what replaced it is forgotten."""
    require_admin(actor)
    now = timezone.now()
    rows = Connection.objects.filter(pk=connection.pk, removed_at=None, before_until__gt=now)
    with transaction.atomic():
        back = rows.exclude(sealed_before="").update(
            sealed=F("sealed_before"),
            method=F("method_before"),
            expires_at=F("expires_before"),
            expiry_source=F("expiry_source_before"),
            entered_at=F("entered_before"),
            rotation=F("rotation") + 1,
            reminded_days=None,
            updated_at=now,
            **FORGOTTEN,
        )
        if not back:
            raise NotPossible("There is no credential of before to put back, or not any more.")
        audit.record(actor=actor, action="connection.undo", subject=connection)
    connection.refresh_from_db()
    return connection


def forget_due() -> int:
    """Forget what was kept for an undo and is kept no longer; by `tick`."""
    now = timezone.now()
    # Farther ahead than it is ever put: the clock was put back since.
    ended = Connection.objects.filter(before_until__lte=now) | Connection.objects.filter(
        before_until__gt=now + 2 * UNDO
    )
    count = 0
    for row in ended:
        with transaction.atomic():
            mine = Connection.objects.filter(pk=row.pk, before_until=row.before_until)
            if mine.update(**FORGOTTEN):
                audit.record(actor=None, action="connection.forget", subject=row)
                count += 1
    return count


def can_undo(connection: Connection) -> bool:
    until = connection.before_until
    return bool(connection.sealed_before and until and until > timezone.now())


def expiry(
    connection: Connection, opened: Credential, *, typed: datetime | None
) -> tuple[datetime | None, str]:
    """When it ends and who says so: a certificate itself, else whoever typed it."""
    if found := clouds.expires(Cloud(connection.cloud), opened):
        return found, CERTIFICATE
    return typed, TYPED if typed else ""


def _end_kept(
    connection: Connection, opened: Credential, stored: Mapping[str, str] | None
) -> datetime | None:
    """The end of the one before, where nothing secret was entered anew."""
    secret = clouds.method_of(Cloud(connection.cloud), opened.method).secrets
    same = stored and all(opened.reveal(name) == stored.get(name) for name in secret)
    return connection.expires_at if same else None


def account_of(connection: Connection, credential: Credential) -> str:
    """As the cloud says; "" where it does not answer and nothing is known yet."""
    try:
        return clouds.check_identity(access_with(connection, credential))
    except CloudError as error:
        if not error.permanent and not connection.account:
            return ""
        if not error.permanent:
            raise
        raise InvalidInput.at("credential", str(error), error.code or "refused") from error


# ── What is new ─────────────────────────────────────────────────────────────────────


def stored_fields(connection: Connection) -> dict[str, str]:
    """What a new credential by the same method keeps where it is not told otherwise; nothing
    where no key opens what is stored."""
    try:
        opened = secrets.unseal(connection.sealed)
    except CredentialUnreadable:
        return {}
    fields = {name: value.get_secret_value() for name, value in opened.fields.items()}
    return {**fields, "region": connection.region}


def _account_entered(connection: Connection, opened: Credential, region: str) -> str:
    """Its account, once the cloud let it in as the same one."""
    in_use = connection.pipelines.exists()
    if in_use and region != connection.region:
        raise InvalidInput.at("credential.region", f"Pipelines live in {connection.region}.")
    trial = Connection.objects.get(pk=connection.pk)
    trial.method, trial.region = opened.method, region
    account = account_of(trial, opened)
    if in_use and account != connection.account:
        raise InvalidInput.at(
            "credential",
            f"This credential opens account {account}; the pipelines live in {connection.account}.",
        )
    trial.account = account
    _require_able(trial, opened)
    return account


def _require_able(trial: Connection, opened: Credential) -> None:
    """What the present one may do, by its last test, the new one has to be allowed as well."""
    last = trial.tests.filter(status="finished").first()
    passed = {each["name"] for each in last.checks if each["result"] == "pass"} if last else set()
    if not passed or not trial.account:
        return
    report = checks.run(
        access_with(trial, opened),
        Level(trial.level),
        expected_account=trial.account,
        emit=lambda check: None,
    )
    worse = [check for check in report.checks if check.result == "fail" and check.name in passed]
    if worse:
        raise InvalidInput.at("credential", _worse(worse), "not_allowed")


def _worse(found: list[Check]) -> str:
    said = " ".join(f"{check.name}: {check.message}" for check in found)
    return f"Nothing was switched: the credential in use may do what this one may not. {said}"


def _rows(connection: Connection, number: int) -> QuerySet[Connection]:
    return Connection.objects.filter(pk=connection.pk, rotation=number, removed_at=None)


def _meanwhile(connection: Connection) -> str:
    """Who was faster."""
    actions = ("connection.rotate", "connection.undo")
    entries = AuditEntry.objects.filter(connection=connection, action__in=actions)
    last = entries.select_related("actor").first()
    who = last.actor.username if last and last.actor else "Somebody"
    ago = f" {times.duration(timezone.now() - last.at)} ago" if last else ""
    return (
        f"{who} changed the credential of {connection.name}{ago}, while you were at it. "
        "Nothing was changed by you; look at what is there now."
    )
