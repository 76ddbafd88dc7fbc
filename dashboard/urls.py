"""Addresses of pages and of the API."""

from __future__ import annotations

from django.urls import path
from django.urls.resolvers import URLPattern, URLResolver

from dashboard.api import hooks
from dashboard.api.api import api
from dashboard.views import (
    account,
    backfills,
    calendar,
    connections,
    definition,
    deployment_events,
    deployments,
    drift,
    event_log,
    feed,
    ghosts,
    health,
    instances,
    leaving,
    ledger,
    lifetimes,
    maintenances,
    overview,
    people,
    pipeline_actions,
    pipelines,
    preferences,
    run_log,
    runs,
    sandbox,
    schedule,
    sign_in,
    system,
    triggers,
    tryout,
    wizard,
)

Patterns = list[URLPattern | URLResolver]

one_pipeline: Patterns = [
    path("pipelines/<int:id>", pipelines.runs, name="pipeline"),
    path("pipelines/<int:id>/edit", wizard.edit, name="pipeline-edit"),
    path("pipelines/<int:id>/edit/<str:step>", wizard.edit_step, name="pipeline-edit-step"),
    path("pipelines/<int:id>/triggers/", pipelines.triggers, name="pipeline-triggers"),
    path("pipelines/<int:id>/ledger/", ledger.page, name="pipeline-ledger"),
    path("pipelines/<int:id>/deployments/", pipelines.deployments, name="pipeline-deployments"),
    path("pipelines/<int:id>/versions/", pipelines.versions, name="pipeline-versions"),
    path("pipelines/<int:id>/resources/", pipelines.resources, name="pipeline-resources"),
    path("pipelines/<int:id>/drift/", drift.page, name="pipeline-drift"),
    path("pipelines/<int:id>/drift/check", drift.check, name="pipeline-drift-check"),
    path("pipelines/<int:id>/drift/restore", drift.restore, name="pipeline-drift-restore"),
    path("pipelines/<int:id>/drift/accept", drift.accept, name="pipeline-drift-accept"),
    path("pipelines/<int:id>/drift/schedule", drift.schedule, name="pipeline-drift-schedule"),
    path("pipelines/<int:id>/lifetime", lifetimes.lifetime, name="pipeline-lifetime"),
    path("pipelines/<int:id>/lifetime/remove", lifetimes.remove, name="pipeline-lifetime-remove"),
    path("pipelines/<int:id>/try", tryout.page, name="pipeline-try"),
    path("pipelines/<int:id>/event-log", event_log.page, name="pipeline-event-log"),
    path("pipelines/<int:id>/replay", event_log.replay, name="pipeline-replay"),
    path("pipelines/<int:id>/instances", instances.panel, name="pipeline-instances"),
    path("pipelines/<int:id>/instances/switch", instances.switch, name="pipeline-instance-switch"),
    path("pipelines/<int:id>/objects", tryout.put_object, name="pipeline-object"),
    path("pipelines/<int:id>/events", tryout.send_event, name="pipeline-event"),
    path("pipelines/<int:id>/deploy", pipeline_actions.deploy, name="pipeline-deploy"),
    path("pipelines/<int:id>/destroy", pipeline_actions.destroy, name="pipeline-destroy"),
    path("pipelines/<int:id>/delete", pipeline_actions.delete, name="pipeline-delete"),
    path("pipelines/<int:id>/take-out", leaving.take_out, name="pipeline-take-out"),
    path("pipelines/<int:id>/let-go", leaving.let_go, name="pipeline-let-go"),
    path("pipelines/<int:id>/run", pipeline_actions.run_now, name="pipeline-run"),
    path("pipelines/<int:id>/backfill", backfills.new, name="pipeline-backfill"),
    path("pipelines/<int:id>/sync", pipeline_actions.sync, name="pipeline-sync"),
    path("pipelines/<int:id>/triggers/verify", triggers.verify, name="triggers-verify"),
    path(
        "pipelines/<int:id>/triggers/<int:trigger_id>/pause", triggers.pause, name="trigger-pause"
    ),
    path(
        "pipelines/<int:id>/triggers/<int:trigger_id>/resume",
        triggers.resume,
        name="trigger-resume",
    ),
    path(
        "pipelines/<int:id>/triggers/<int:trigger_id>/rotate",
        triggers.rotate,
        name="trigger-rotate",
    ),
]

members: Patterns = [
    path("", overview.overview, name="overview"),
    path("pipelines", pipelines.pipeline_list, name="pipelines"),
    path("pipelines/new", wizard.new, name="pipeline-new"),
    path("pipelines/new/<str:draft>/discard", wizard.discard, name="pipeline-draft-discard"),
    path("pipelines/new/<str:draft>/<str:step>", wizard.new_step, name="pipeline-new-step"),
    *one_pipeline,
    path("schedule/preview", schedule.schedule_preview, name="schedule-preview"),
    path("triggers/preview", schedule.trigger_preview, name="trigger-preview"),
    path("starts/<int:id>/retry", triggers.retry_start, name="start-retry"),
    path("definition/check", definition.definition_check, name="definition-check"),
    path("calendar", calendar.calendar, name="calendar"),
    path("calendar/starts", calendar.starts, name="calendar-starts"),
    path("runs", runs.run_list, name="runs"),
    path("runs/<int:id>", runs.run, name="run"),
    path("runs/<int:id>/log", run_log.log, name="run-log"),
    path("runs/<int:id>/stop", runs.stop, name="run-stop"),
    path("runs/<int:id>/rerun", runs.rerun, name="run-rerun"),
    path("deployments", deployments.deployment_list, name="deployments"),
    path("deployments/<int:id>", deployments.deployment, name="deployment"),
    path("deployments/<int:id>/events", deployment_events.events, name="deployment-events"),
    path("deployments/<int:id>/log.txt", deployments.log_text, name="deployment-log"),
    path("deployments/<int:id>/repair", deployments.repair, name="deployment-repair"),
    path("deployments/<int:id>/cancel", deployments.cancel, name="deployment-cancel"),
    path("backfills/<int:id>", backfills.backfill, name="backfill"),
    path("backfills/<int:id>/stop", backfills.stop, name="backfill-stop"),
    path("ghosts", ghosts.ghost_list, name="ghosts"),
    path("ghosts/<int:id>/fix", ghosts.fix, name="ghost-fix"),
    path("ghosts/<int:id>/ignore", ghosts.ignore, name="ghost-ignore"),
    path("ghosts/<int:id>/remove", ghosts.remove, name="ghost-remove"),
    path("maintenance", maintenances.maintenance_list, name="maintenances"),
    path("maintenance/new", maintenances.new, name="maintenance-new"),
    path("maintenance/<int:id>", maintenances.maintenance, name="maintenance"),
    path("maintenance/<int:id>/end", maintenances.end, name="maintenance-end"),
    path("sandbox", sandbox.console, name="sandbox"),
    path("sandbox/clock", sandbox.advance_clock, name="sandbox-clock"),
    path("sandbox/speed", sandbox.set_speed, name="sandbox-speed"),
    path("sandbox/objects", sandbox.put_object, name="sandbox-objects"),
    path("sandbox/events", sandbox.send_event, name="sandbox-events"),
    path("sandbox/faults", sandbox.add_fault, name="sandbox-faults"),
    path("sandbox/faults/<str:fault>/remove", sandbox.remove_fault, name="sandbox-fault-remove"),
    path("preferences", preferences.preferences, name="preferences"),
    path("account", account.account, name="account"),
    path("account/zone", account.change_zone, name="account-zone"),
    path("account/password", account.change_password, name="account-password"),
    path("account/feed", account.create_feed, name="feed-create"),
    path("account/feed/revoke", account.revoke_feed, name="feed-revoke"),
    path("account/tokens", account.create_token, name="token-create"),
    path("account/tokens/<int:id>/revoke", account.revoke_token, name="token-revoke"),
]

admins: Patterns = [
    path("connections", connections.connection_list, name="connections"),
    path("connections/new", connections.choose, name="connection-choose"),
    path("connections/new/sandbox", connections.new_sandbox, name="connection-new-sandbox"),
    path("connections/new/<str:cloud>/<str:method>", connections.new, name="connection-new"),
    path("connections/<int:id>", connections.edit, name="connection"),
    path("connections/<int:id>/switch", connections.switch, name="connection-switch"),
    path("connections/<int:id>/check", connections.check, name="connection-check"),
    path("connections/<int:id>/delete", connections.delete, name="connection-delete"),
    path("system", system.page, name="system"),
    path("system/engine/use", system.use_engine, name="engine-use"),
    path("system/engine/look", system.look_for_engine, name="engine-look"),
    path("people", people.people_list, name="people"),
    path("people/invite", people.invite, name="person-invite"),
    path("people/<int:id>/role", people.change_role, name="person-role"),
    path("people/<int:id>/link", people.invite_again, name="person-link"),
    path("people/<int:id>/deactivate", people.deactivate, name="person-deactivate"),
    path("people/<int:id>/activate", people.activate, name="person-activate"),
]

everybody: Patterns = [
    path("sign-in", sign_in.sign_in, name="sign-in"),
    path("sign-out", sign_in.sign_out, name="sign-out"),
    path("welcome/<str:uidb64>/<str:token>/", sign_in.welcome, name="welcome"),
    path("healthz", health.healthz, name="healthz"),
    path("calendar/feed/<str:secret>.ics", feed.feed, name="calendar-feed"),
    path("hooks/<str:public_id>", hooks.receive, name="hook"),
]

urlpatterns: Patterns = [
    *everybody,
    *members,
    *admins,
    path("api/v1/", api.urls),
]

handler403 = "dashboard.views.errors.forbidden"
handler404 = "dashboard.views.errors.not_found"
handler500 = "dashboard.views.errors.broken"
