"""Pipelines: saving definitions as Versions, and what the engine gets of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from dashboard import audit, secrets
from dashboard.models import Connection, Deployment, Pipeline, User, Version
from dashboard.services import chains, own_triggers, problems, trigger_specs
from dashboard.services.chains import Chains
from dashboard.services.managing import require_managed
from dashboard.services.slugs import free_slug
from provisioning import telltale
from provisioning.blueprints import registry
from provisioning.blueprints.base import Blueprint
from provisioning.contracts import Cloud, StackSpec
from provisioning.errors import InvalidInput, NotPossible, Problem
from provisioning.masking import Masker

SLUG_ATTEMPTS = 3


def create(
    *,
    actor: User,
    name: str,
    connection: Connection | None,
    blueprint: str,
    settings: Mapping[str, Any],
    triggers: Sequence[Mapping[str, Any]],
    note: str = "",
    also: Sequence[Problem] = (),
) -> Pipeline:
    """Save a new Pipeline with its first Version. Nothing in the cloud changes.

    InvalidInput names all that is wrong, with `also`, what the caller has found already.
    """
    row = Pipeline(name=name.strip(), connection=connection, created_by=actor)
    found = [*also, *problems.of_row(row, "name"), *_connection_problems(connection)]
    kind = _kind(blueprint, also=found)
    row.blueprint = kind.kind
    found += _cloud_problems(connection, kind)
    checked = _checked(kind, row, settings=settings, triggers=triggers, known={}, also=found)
    return _insert(row, actor=actor, definition=checked, note=note)


@transaction.atomic
def update(
    *,
    actor: User,
    pipeline: Pipeline,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
    triggers: Sequence[Mapping[str, Any]] | None = None,
    note: str = "",
    also: Sequence[Problem] = (),
) -> Version:
    """Save a new Version, or only the name; the cloud follows with the next deployment.

    InvalidInput names all that is wrong, with `also`, what the caller has found already.
    """
    if triggers and chains.upstreams(triggers):
        chains.lock()
    row = Pipeline.objects.select_for_update().get(pk=pipeline.pk)
    if row.archived_at:
        raise NotPossible("This pipeline was deleted.")
    require_managed(row)
    present = _present(row)
    row.name = name.strip() if name is not None else row.name
    definition = _checked(
        registry.get(row.blueprint),
        row,
        settings=present.settings if settings is None else settings,
        triggers=present.triggers if triggers is None else triggers,
        known=trigger_specs.numbers_of(row),
        also=[*also, *problems.of_row(row, "name")],
    )
    with problems.saving(row, "name"):
        row.save(update_fields=["name"])
    changed = definition.differs_from(present) or bool(note)
    version = _add_version(row, definition, actor=actor, note=note) if changed else present
    audit.record(
        actor=actor,
        action="pipeline.update",
        subject=row,
        detail={"name": row.name, "version": version.number},
    )
    pipeline.refresh_from_db()
    return version


@transaction.atomic
def roll_back(*, actor: User, pipeline: Pipeline, to: Version) -> Version:
    """A new Version that says what an earlier one said; nothing that was is changed.

    Pauses, the name and what people keep in the cloud are no part of a Version and stay.
    """
    row = Pipeline.objects.select_for_update().get(pk=pipeline.pk)
    if refusal := rollback_refusal(row, to):
        raise NotPossible(refusal)
    try:
        return update(
            actor=actor,
            pipeline=pipeline,
            settings=to.settings,
            triggers=to.triggers,
            note=f"Rolled back to version {to.number}",
        )
    except InvalidInput as error:
        raise NotPossible(f"Version {to.number} cannot be used any more: {error}") from error


def rollback_refusal(pipeline: Pipeline, to: Version) -> str:
    """Why it cannot be rolled back to this Version; "" where it can."""
    require_managed(pipeline)
    present = _present(pipeline)
    if to.pk == present.pk:
        return f"Version {to.number} is the newest already."
    if (to.settings, to.triggers) == (present.settings, present.triggers):
        return f"Version {present.number} says the same as version {to.number}. Deploy it."
    succeeded = to.deployments.filter(
        operation=Deployment.Operation.UP, status=Deployment.Status.SUCCEEDED
    )
    if not succeeded.exists():
        return f"Version {to.number} was never deployed with success."
    return ""


@transaction.atomic
def delete(*, actor: User, pipeline: Pipeline) -> None:
    """Put the Pipeline away; its history stays. What is deployed has to be destroyed first."""
    row = Pipeline.objects.select_for_update().get(pk=pipeline.pk)
    require_managed(row)
    if row.may_exist_in_cloud:
        raise NotPossible(f"{row.name} is deployed, or may be in part. Destroy it first.")
    if row.deployments.exclude(status__in=Deployment.FINAL).exists():
        raise NotPossible(f"A deployment of {row.name} is under way. Cancel it first.")
    row.archived_at = timezone.now()
    row.sync_due_at = None
    row.save(update_fields=["archived_at", "sync_due_at"])
    own_triggers.refresh(row)
    own_triggers.refresh_listeners(row)
    audit.record(actor=actor, action="pipeline.delete", subject=row)
    pipeline.refresh_from_db()


def spec_for(pipeline: Pipeline, version: Version) -> StackSpec:
    """One Version as the Blueprint's program sees it, with today's pauses and outputs."""
    connection = pipeline.connection
    return StackSpec(
        pipeline_id=pipeline.pk,
        name=pipeline.name,
        slug=pipeline.slug,
        blueprint=pipeline.blueprint,
        settings=version.settings,
        triggers=trigger_specs.fired_by_the_cloud(trigger_specs.with_pauses(pipeline, version)),
        region=connection.region,
        account=connection.account,
        tags={"managed-by": "skyclock"},
        outputs=pipeline.outputs,
    )


def version_in_cloud(pipeline: Pipeline) -> Version | None:
    """The Version that the cloud has, or, after a failed first `up`, has in part."""
    if not pipeline.may_exist_in_cloud:
        return None
    if pipeline.deployed_version:
        return pipeline.deployed_version
    ups = pipeline.deployments.filter(operation="up", started_at__isnull=False)
    last = ups.select_related("version").order_by("-id").first()
    return last.version if last else pipeline.current_version


def spec_in_cloud(pipeline: Pipeline) -> StackSpec:
    """What to look for in the cloud; NotPossible while nothing was deployed."""
    version = version_in_cloud(pipeline)
    if version is None:
        raise NotPossible(f"{pipeline.name} is not deployed. Deploy it first.")
    return spec_for(pipeline, version)


# ── Checking ────────────────────────────────────────────────────────────────────────


def _checked(
    kind: Blueprint,
    row: Pipeline,
    *,
    settings: Mapping[str, Any],
    triggers: Sequence[Mapping[str, Any]],
    known: Mapping[str, int],
    also: list[Problem],
) -> trigger_specs.Definition:
    """The definition in canonical form, or InvalidInput with everything that is wrong."""
    found = list(also)
    canonical: dict[str, Any] = {}
    try:
        canonical = kind.validate(settings)
    except InvalidInput as error:
        found += problems.under("settings", error.problems)
    found += _readable_secrets(row, settings=settings, triggers=triggers)
    waits_for = chains.upstreams(row.current_version.triggers) if row.current_version else ()
    specs, wrong = trigger_specs.parse(
        kind, triggers, known=known, chains=Chains(row, present=waits_for)
    )
    found += wrong
    if found:
        raise InvalidInput(found)
    definition = trigger_specs.Definition(settings=canonical, triggers=specs)
    _require_deployable(kind, row, definition)
    return definition


def _readable_secrets(
    row: Pipeline, *, settings: Mapping[str, Any], triggers: Sequence[Mapping[str, Any]]
) -> list[Problem]:
    """What everybody who signs in could read afterwards, the Connection's own credential too."""
    found = telltale.problems(settings, "settings") + telltale.problems(triggers, "triggers")
    if row.connection_id is None or row.connection.sandbox or not row.connection.sealed:
        return found
    own = Masker(secrets.unseal(row.connection.sealed).secrets())
    written = json.dumps([settings, triggers], default=str)
    if own.text(written) != written:
        message = f"The credential of {row.connection.name} stands in these settings."
        found.append(Problem(field="settings", message=message, code="secret"))
    return found


def _require_deployable(
    kind: Blueprint, row: Pipeline, definition: trigger_specs.Definition
) -> None:
    """What only shows when settings and triggers are seen together."""
    spec = StackSpec(
        pipeline_id=row.pk or 0,
        name=row.name,
        slug=row.slug or free_slug(row.name),
        blueprint=kind.kind,
        settings=definition.settings,
        triggers=trigger_specs.fired_by_the_cloud(definition.triggers),
        region=row.connection.region,
        account=row.connection.account,
    )
    kind.prepare(spec, row.connection.now(timezone.now()))


def _kind(blueprint: str, *, also: Sequence[Problem]) -> Blueprint:
    try:
        return registry.get(blueprint)
    except InvalidInput as error:
        raise InvalidInput([*also, *error.problems]) from error


def _connection_problems(connection: Connection | None) -> list[Problem]:
    if connection is None:
        return [Problem(field="connection", message="There is no such connection.", code="unknown")]
    if connection.removed_at or not connection.enabled:
        return [Problem(field="connection", message=f"{connection.name} is disabled.")]
    return []


def _cloud_problems(connection: Connection | None, kind: Blueprint) -> list[Problem]:
    if connection is None or Cloud(connection.cloud) is kind.cloud:
        return []
    label = connection.get_cloud_display()
    message = f"{kind.label} cannot be deployed with a connection to {label}."
    return [Problem(field="connection", message=message)]


def _present(row: Pipeline) -> Version:
    assert row.current_version is not None  # made together with the row
    return row.current_version


# ── Saving ──────────────────────────────────────────────────────────────────────────


def _insert(
    row: Pipeline, *, actor: User, definition: trigger_specs.Definition, note: str
) -> Pipeline:
    for _ in range(SLUG_ATTEMPTS):
        row.slug = free_slug(row.name)
        try:
            with transaction.atomic():
                row.save()
                _add_version(row, definition, actor=actor, note=note)
                detail = {"blueprint": row.blueprint, "connection": row.connection.name}
                audit.record(actor=actor, action="pipeline.create", subject=row, detail=detail)
            return row
        except IntegrityError:
            # Somebody saved the same name or slug between the check and now.
            row.pk = None
            if again := problems.of_row(row, "name"):
                raise InvalidInput(again) from None
    raise NotPossible("Many people are saving pipelines of this name right now. Try again.")


def _add_version(
    row: Pipeline, definition: trigger_specs.Definition, *, actor: User, note: str
) -> Version:
    last = row.versions.order_by("-number").values_list("number", flat=True).first()
    version = Version.objects.create(
        pipeline=row,
        number=(last or 0) + 1,
        settings=definition.settings,
        triggers=definition.triggers_as_json(),
        note=note.strip()[:200],
        created_by=actor,
    )
    trigger_specs.save_rows(row, definition.triggers)
    own_triggers.refresh(row)
    row.current_version = version
    row.save(update_fields=["current_version"])
    return version
