"""Puts the simulated Google together.

Each API has a prefix of its own below the sandbox's address, because their paths collide.
Official clients work on them unchanged, given the prefix as their endpoint:

    googleapiclient   client_options=ClientOptions(api_endpoint=f"{google_url}/datapipelines")
                      /datapipelines  /dataflow  /eventarc  /run  /workflows
                      /workflowexecutions  /aiplatform  /logging  /iam
                      /cloudresourcemanager  /pubsub
    storage           google.cloud.storage.Client(client_options={"api_endpoint":
                      f"{google_url}/storage"}); its paths begin /storage/storage/v1,
                      /storage/upload/storage/v1 and /storage/download/storage/v1

A caller is who its bearer token names, `Authorization: Bearer sandbox-only-token-of-NAME`:
of a project's id, the owner of that project; of a service account's address, that account,
with the roles that the IAM policies give it. There is no token endpoint.

Code that runs inside (a Cloud Run service) gets `SKYCLOCK_GOOGLE_ENDPOINT`, the sandbox's
address without a prefix, which nothing else sets, and a metadata server by
`GCE_METADATA_HOST`, so that `google.auth.default()` is its service account as in the cloud.

Cloud Run runs no foreign images. An image whose name, without registry, folder, tag and
digest, is `skyclock-retraining` is run from the source that the product ships:
`python main.py` in `provisioning/blueprints/google_eventarc_retraining/assets/service`.

Faults match an operation by its method's id in Google's discovery documents, such as
`datapipelines.projects.locations.pipelines.run`.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioning.sandbox.google.api import Api
from provisioning.sandbox.google.dataflow.api import DataflowApi
from provisioning.sandbox.google.dataflow.jobs import Jobs
from provisioning.sandbox.google.dataflow.templates import Templates
from provisioning.sandbox.google.datapipelines.api import DataPipelinesApi
from provisioning.sandbox.google.datapipelines.pipelines import Pipelines
from provisioning.sandbox.google.dialect import GoogleDialect
from provisioning.sandbox.google.iam_api import IamApi
from provisioning.sandbox.google.identity import load_identity
from provisioning.sandbox.google.logs.api import LoggingApi
from provisioning.sandbox.google.logs.store import Logs
from provisioning.sandbox.google.resource_manager import ResourceManager
from provisioning.sandbox.google.slashes import App, KeepSlashes
from provisioning.sandbox.google.storage.service import Storage
from provisioning.sandbox.rest import RestGate, Route
from provisioning.sandbox.world import World


def build_google(world: World, *, port: int) -> App:
    """The WSGI application; everything it remembers is read from the store."""
    google = Google(world, url=f"http://127.0.0.1:{port}")
    gate = RestGate(port=port, world=world, dialect=GoogleDialect(), routes=google.routes())
    return KeepSlashes(gate)


class Google:
    """The services, and who calls whom."""

    def __init__(self, world: World, *, url: str) -> None:
        self._identity = load_identity(world)
        self._iam = IamApi(self._identity)
        self._resource_manager = ResourceManager(self._identity)
        self._storage = Storage(world, self._identity, url=f"{url}/storage")
        logs = Logs(world)
        self._logging = LoggingApi(world, self._identity, logs)
        templates = Templates(self._identity, self._storage)
        jobs = Jobs(world, self._identity, templates=templates, logs=logs)
        pipelines = Pipelines(world, self._identity, jobs)
        self._dataflow = DataflowApi(jobs)
        self._datapipelines = DataPipelinesApi(world, self._identity, pipelines)

    def routes(self) -> Iterator[Route]:
        manager = self._resource_manager
        yield from self._api("iam.v1").routes(self._iam.operations())
        yield from self._api("cloudresourcemanager.v1").routes(manager.operations(version=1))
        yield from self._api("cloudresourcemanager.v3").routes(manager.operations(version=3))
        yield from self._api("logging.v2").routes(self._logging.operations())
        yield from self._api("dataflow.v1b3").routes(self._dataflow.operations())
        yield from self._api("datapipelines.v1").routes(self._datapipelines.operations())
        yield from self._storage.routes(self._api("storage.v1", tolerant=True))

    def _api(self, document: str, *, tolerant: bool = False) -> Api:
        return Api(document, self._identity, tolerant=tolerant)
