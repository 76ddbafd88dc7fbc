"""Another version of the engine: offered, asked for by an admin, tried, and only then used.

Operations that run keep theirs. The one before stays beside it, so that going back is a click.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dashboard import audit
from dashboard.access import require_admin
from dashboard.models import Deployment, EngineChoice, User, WorkerHost
from provisioning.engine import build, latest, versions
from provisioning.engine.command import prepare_version
from provisioning.engine.trying import try_out
from provisioning.errors import EngineMissing, InvalidInput, NotPossible, SkyclockError

STUCK = timedelta(minutes=20)  # a build takes three minutes on two cores
WRITES_STATE = ("up", "refresh", "destroy")


@dataclass(frozen=True)
class Offer:
    """A version that an admin may ask for."""

    version: str
    where: tuple[str, ...]  # "prepared on web-1", "the vendor offers it", …
    newer: bool  # than the one in use
    warnings: tuple[str, ...] = field(default=())


def row() -> EngineChoice:
    found, _ = EngineChoice.objects.get_or_create(pk=1)
    return found


def tested() -> str:
    """The version that this release of Skyclock is tested with, and can build."""
    return versions.written(build.pinned_version())


def offers(choice: EngineChoice) -> list[Offer]:
    """All but the one in use, the newest first."""
    found: dict[str, list[str]] = {}
    for version, where in _places(choice):
        parsed = versions.parse(version)
        if parsed and versions.fits(parsed) and version != choice.version:
            found.setdefault(version, []).append(where)
    newest_first = sorted(found, key=lambda each: versions.parse(each) or (0, 0, 0), reverse=True)
    return [_offer(choice, version, found[version]) for version in newest_first]


def ask_for(*, actor: User, version: str) -> EngineChoice:
    """Have a worker prepare it, try it, and use it if it works."""
    require_admin(actor)
    with transaction.atomic():
        choice = EngineChoice.objects.select_for_update().get(pk=row().pk)
        if version == choice.version:
            raise NotPossible(f"Pulumi {version} is in use already.")
        if version not in {offer.version for offer in offers(choice)}:
            raise InvalidInput.at("version", _not_offered(choice, version), "unknown")
        if choice.trying and not is_stuck(choice):
            raise NotPossible(f"Pulumi {choice.trying} is being prepared. Wait for its end.")
        choice.trying, choice.asked_by, choice.asked_at = version, actor, timezone.now()
        choice.said, choice.failed = "It waits for a worker.", False
        choice.save(update_fields=["trying", "asked_by", "asked_at", "said", "failed"])
        detail = {"version": version, "in_use": choice.version}
        audit.record(actor=actor, action="engine.ask", subject="engine", detail=detail)
    return choice


def is_stuck(choice: EngineChoice) -> bool:
    return bool(choice.asked_at and choice.asked_at < timezone.now() - STUCK)


def try_asked() -> None:
    """What a worker does about it. Again is harmless: what is done already is found done."""
    choice = row()
    version = choice.trying
    if not version:
        return
    mine = EngineChoice.objects.filter(pk=choice.pk, trying=version)

    def report(message: str) -> None:
        mine.update(said=f"{message}.")

    try:
        cache = Path(settings.ENGINE_CACHE)
        command = prepare_version(settings.ENGINE_ROOT, cache, version, report)
        report(f"Trying Pulumi {version} on an empty stack")
        try_out(command)
    except (SkyclockError, OSError) as error:
        said = f"Pulumi {version} was not taken. {error}"
        mine.update(trying="", failed=True, said=said)
    else:
        _switch(choice, version)


def look() -> None:
    """Ask the vendor what it offers. That nobody could be asked is said, and changes nothing."""
    rows = EngineChoice.objects.filter(pk=row().pk)
    try:
        newest = latest.newest()
    except EngineMissing as error:
        rows.update(looked_at=timezone.now(), look_failed=str(error), newest="")
    else:
        rows.update(looked_at=timezone.now(), look_failed="", newest=newest)


@transaction.atomic
def _switch(choice: EngineChoice, version: str) -> None:
    rows = EngineChoice.objects.filter(pk=choice.pk, trying=version)
    switched = rows.update(
        version=version,
        before=choice.version,
        trying="",
        failed=False,
        said=f"Pulumi {version} was tried on an empty stack and is in use.",
        changed_by=choice.asked_by,
        changed_at=timezone.now(),
    )
    if switched:
        detail = {"version": version, "before": choice.version}
        audit.record(actor=choice.asked_by, action="engine.use", subject="engine", detail=detail)


# ── What there is ───────────────────────────────────────────────────────────────────


def _places(choice: EngineChoice) -> Iterator[tuple[str, str]]:
    if choice.newest:
        yield choice.newest, "the vendor offers it"
    yield tested(), "this release of Skyclock can build it"
    for host in WorkerHost.objects.filter(seen_at__gt=_lately()):
        for engine in host.engines:
            place = {"settings": "named by settings", "path": "on PATH"}
            yield engine["version"], f"{place.get(engine['origin'], 'prepared')} on {host.host}"


def _lately() -> datetime:
    return timezone.now() - timedelta(days=1)


def _offer(choice: EngineChoice, version: str, where: list[str]) -> Offer:
    asked = versions.parse(version) or (0, 0, 0)
    newer = asked > (versions.parse(choice.version) or (0, 0, 0))
    warnings = [_untested(version)] if asked > build.pinned_version() else []
    if not newer and (count := _written_by_newer(asked)):
        warnings.append(_older(count))
    return Offer(
        version=version,
        where=tuple(dict.fromkeys(where)),
        newer=newer,
        warnings=tuple(warnings),
    )


def _untested(version: str) -> str:
    return (
        f"This release of Skyclock was tested with versions up to {tested()}, not with {version}."
    )


def _older(count: int) -> str:
    what = "1 pipeline was" if count == 1 else f"{count} pipelines were"
    return (
        f"The state of {what} written by a newer engine. An older one may refuse to read it; "
        "deployments fail then, change nothing, and work again with the newer one."
    )


def _written_by_newer(version: versions.Version) -> int:
    """Pipelines whose state a newer engine has written."""
    written = Deployment.objects.filter(
        pipeline__may_exist_in_cloud=True, operation__in=WRITES_STATE
    ).exclude(engine="")
    pairs = written.order_by().values_list("pipeline", "engine").distinct()
    return len({id for id, engine in pairs if (versions.parse(engine) or (0, 0, 0)) > version})


def _not_offered(choice: EngineChoice, version: str) -> str:
    offered = ", ".join(offer.version for offer in offers(choice)) or "none"
    return f"Pulumi {version[:40]} is not offered. Offered: {offered}."
