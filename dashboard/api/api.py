"""The API object with its routers. OpenAPI at `/api/v1/openapi.json`."""

from __future__ import annotations

from ninja import NinjaAPI

from dashboard.api import blueprints, connections, deployments, pipelines, runs, sandbox
from dashboard.api.auth import Bearer
from dashboard.api.problems import install

api = NinjaAPI(
    title="Skyclock",
    version="1",
    description="One clock over three clouds: pipelines, their schedules, deployments and runs.",
    auth=Bearer(),
    # The bundled documentation page loads scripts from elsewhere, which our pages never do.
    docs_url=None,
    urls_namespace="api",
)
install(api)
api.add_router("", blueprints.router)
api.add_router("", connections.router)
api.add_router("", pipelines.router)
api.add_router("", deployments.router)
api.add_router("", runs.router)
api.add_router("", sandbox.router)
