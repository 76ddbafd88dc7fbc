"""Leaving: a Pipeline as a Pulumi program to take along, and letting go of what is deployed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dashboard import audit
from dashboard.access import require_take_out
from dashboard.models import Connection, Deployment, Pipeline, Run, User, Version
from dashboard.services import own_triggers, plans
from dashboard.services.ledger import promises
from dashboard.services.ledger.promises import Change
from dashboard.services.managing import require_managed
from dashboard.services.pipelines import spec_for, version_in_cloud
from provisioning import clouds
from provisioning.blueprints import registry
from provisioning.contracts import Access, Cloud, Credential, StackSpec
from provisioning.engine.backend import Backend
from provisioning.errors import InvalidInput, NotPossible
from provisioning.take_out import TakeOut, pack

SHORTEST = 10  # characters of a passphrase, as of a password
LONGEST = 1000
UNDER_WAY = (Deployment.Status.QUEUED, Deployment.Status.RUNNING)


@dataclass(frozen=True)
class Archive:
    name: str
    content: bytes


def take_out(*, actor: User, pipeline: Pipeline, passphrase: str) -> Archive:
    """The Pulumi program of what is deployed, or else of what was saved last, with its
    configuration and its state. Secrets in the state are under `passphrase`, which is kept
    nowhere. Asks no cloud and no engine."""
    require_managed(pipeline)
    require_take_out(actor, pipeline)
    _require_passphrase(passphrase)
    if pipeline.being_deployed:
        raise NotPossible(
            f"A deployment of {pipeline.name} is under way, and its state is being written. "
            "Take it out when that has ended."
        )
    version = version_in_cloud(pipeline) or pipeline.current_version
    assert version is not None  # made together with the row
    wanted = _wanted(pipeline, version, passphrase)
    content = pack(wanted)
    detail = {"version": version.number, "state": wanted.checkpoint.exists()}
    audit.record(actor=actor, action="pipeline.take_out", subject=pipeline, detail=detail)
    return Archive(name=f"{pipeline.slug}.zip", content=content)


@transaction.atomic
def let_go(*, actor: User, pipeline: Pipeline, typed: str) -> None:
    """Archive a Pipeline and leave what it has in the cloud as it is, its triggers included.
    They are known as let go, so they are no Ghosts; what Skyclock itself fired ends.
    `typed` is its name, as a person typed it to confirm."""
    require_managed(pipeline)
    require_take_out(actor, pipeline)
    row = Pipeline.objects.select_for_update().get(pk=pipeline.pk)
    if typed.strip() != row.name:
        raise InvalidInput.at("name", f"This is not the pipeline's name, {row.name}.")
    if row.archived_at:
        raise NotPossible(f"{row.name} was deleted already.")
    if not row.may_exist_in_cloud:
        raise NotPossible(f"Nothing of {row.name} is in the cloud. Delete it instead.")
    if row.deployments.filter(status__in=UNDER_WAY).exists():
        raise NotPossible(f"A deployment of {row.name} is under way. Cancel it first.")
    row.archived_at = timezone.now()
    row.sync_due_at = None
    row.save(update_fields=["archived_at", "sync_due_at"])
    now = row.connection.now(timezone.now())
    promises.destroyed(row, Change(now, now))
    _forget_runs(row)
    own_triggers.refresh(row)
    own_triggers.refresh_listeners(row)
    audit.record(actor=actor, action="pipeline.let_go", subject=row)
    pipeline.refresh_from_db()


def _forget_runs(pipeline: Pipeline) -> None:
    """Runs that are under way go on in the cloud; nobody here will hear how they end."""
    unfinished = pipeline.runs.filter(status__in=[Run.Status.QUEUED, Run.Status.RUNNING])
    unfinished.update(
        status=Run.Status.STOPPED,
        finished=pipeline.connection.now(timezone.now()),
        reason="Skyclock let go of the pipeline while this run was under way; how it ended is "
        "known in the cloud only.",
        complete=True,
    )


def _require_passphrase(passphrase: str) -> None:
    if len(passphrase) < SHORTEST:
        raise InvalidInput.at(
            "passphrase", f"Choose a passphrase of at least {SHORTEST} characters.", "too_short"
        )
    if len(passphrase) > LONGEST:
        raise InvalidInput.at(
            "passphrase", f"A passphrase has at most {LONGEST} characters.", "too_long"
        )
    if passphrase != passphrase.strip() or not passphrase.isprintable():
        # As a variable of a shell it would be read otherwise than it was typed.
        raise InvalidInput.at(
            "passphrase", "A passphrase has no space at its ends and no control characters."
        )


def _wanted(pipeline: Pipeline, version: Version, passphrase: str) -> TakeOut:
    connection = pipeline.connection
    spec = _prepared(pipeline, version)
    backend = Backend(
        state_dir=Path(settings.STATE_DIR),
        work_dir=plans.work_dir(pipeline),
        project=spec.project,
        stack=spec.stack,
        passphrase=settings.STATE_PASSPHRASE,
    )
    return TakeOut(
        blueprint=registry.get(pipeline.blueprint),
        spec=spec,
        number=version.number,
        config=clouds.pulumi_config(_access_without_credential(connection)),
        checkpoint=backend.checkpoint,
        ours=backend.passphrase,
        theirs=passphrase,
        sandbox=settings.SANDBOX_PROVIDER if connection.sandbox else "",
    )


def _prepared(pipeline: Pipeline, version: Version) -> StackSpec:
    """As the program got it when it was deployed."""
    if not pipeline.connection.account:
        raise NotPossible(
            f"The cloud has not said yet which account {pipeline.connection.name} opens; "
            "an admin can test the connection."
        )
    now = pipeline.connection.now(timezone.now())
    try:
        return registry.get(pipeline.blueprint).prepare(spec_for(pipeline, version), now)
    except InvalidInput as error:
        raise NotPossible(
            f"Version {version.number} cannot be written as a program any more: {error} "
            "Edit the pipeline, deploy it, and take it out then."
        ) from error


def _access_without_credential(connection: Connection) -> Access:
    """Enough for the configuration; people leave with their own credential, not with ours."""
    return Access(
        cloud=Cloud(connection.cloud),
        region=connection.region,
        account=connection.account,
        credential=Credential(method=connection.method, fields={}),
    )
