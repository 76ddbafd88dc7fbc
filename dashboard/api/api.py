"""The API object with its routers. OpenAPI at `/api/v1/openapi.json`."""

from __future__ import annotations

from django.views.decorators.http import require_safe

from dashboard.api import (
    adoptions,
    audit,
    backfills,
    blueprints,
    calendar,
    clouds,
    connection_tests,
    connections,
    deployments,
    drift,
    engine,
    ghosts,
    inside,
    leaving,
    maintenances,
    occurrences,
    pipelines,
    runs,
    sandbox,
    schedules,
    setting_up,
    starts,
    versions,
    watching,
)
from dashboard.api.auth import Bearer
from dashboard.api.interface import Interface
from dashboard.api.problems import install
from dashboard.api.reading import Reading

TAGS = {
    "blueprints": "The kinds of pipelines that can be deployed, with their settings.",
    "connections": "Cloud accounts and the credentials to enter them, which no answer holds.",
    "audit": "Who did what, and what credentials were used for.",
    "pipelines": "Definitions with their triggers, as saved here and as proved in the cloud.",
    "watching": "What accounts have that is not managed here, and watching it like own pipelines.",
    "schedules": "One schedule in each cloud's own dialect, with the proof or the reason why not.",
    "deployments": "Operations of the engine: preview, up, refresh and destroy, with their logs.",
    "engine": "Which version of Pulumi operations use, and which others are offered.",
    "drift": "What the cloud has otherwise than was deployed: checked, restored, accepted.",
    "calendar": "What happened and what will start, over all clouds.",
    "runs": "Executions in the cloud, pulled from its own API; starting and stopping them.",
    "events": "The event log of an event-sourced pipeline: read, rebuilt from, replayed.",
    "ghosts": "What starts runs in an account and no pipeline owns, and triggers that are gone.",
    "maintenance": "Times in which triggers are paused, and after which those are on that were.",
    "sandbox": "The simulated clouds' clock.",
}
DESCRIPTION = """One clock over three clouds: pipelines, their schedules, deployments and runs.

Send a token with every call: `Authorization: Bearer TOKEN`. `manage.py token USER` prints one,
the account page makes one. All times are UTC. Every answer from 400 on is a problem body
(`application/problem+json`) that says what is wrong, field by field."""

api = Interface(
    title="Skyclock",
    version="1",
    description=DESCRIPTION,
    auth=Bearer(),
    parser=Reading(),
    # The bundled documentation page loads scripts from elsewhere, which our pages never do.
    docs_url=None,
    docs_decorator=require_safe,
    urls_namespace="api",
    openapi_extra={"tags": [{"name": name, "description": text} for name, text in TAGS.items()]},
)
install(api)
api.add_router("", blueprints.router)
api.add_router("", setting_up.router)
api.add_router("", clouds.router)
api.add_router("", connections.router)
api.add_router("", audit.router)
api.add_router("", connection_tests.router)
api.add_router("", watching.router)
api.add_router("", pipelines.router)
api.add_router("", leaving.router)
api.add_router("", versions.router)
api.add_router("", occurrences.router)
api.add_router("", schedules.router)
api.add_router("", starts.router)
api.add_router("", deployments.router)
api.add_router("", engine.router)
api.add_router("", drift.router)
api.add_router("", adoptions.router)
api.add_router("", runs.router)
api.add_router("", calendar.router)
api.add_router("", ghosts.router)
api.add_router("", maintenances.router)
api.add_router("", backfills.router)
api.add_router("", inside.router)
api.add_router("", sandbox.router)
