"""Puts the simulated Google together.

Each API has a prefix of its own below the sandbox's address, because their paths collide.
Official clients work on them unchanged, given the prefix as their endpoint:

    googleapiclient   client_options=ClientOptions(api_endpoint=f"{google_url}/datapipelines")
                      /datapipelines  /dataflow  /eventarc  /run  /workflows
                      /workflowexecutions  /aiplatform  /logging  /iam
                      /iamcredentials  /cloudresourcemanager  /pubsub
    storage           google.cloud.storage.Client(client_options={"api_endpoint":
                      f"{google_url}/storage"}); its paths begin /storage/storage/v1,
                      /storage/upload/storage/v1 and /storage/download/storage/v1

A caller is who its bearer token names, `Authorization: Bearer sandbox-only-token-of-NAME`:
of a project's id, the owner of that project; of a service account's address, that account,
with the roles that the IAM policies give it. Or its token was given out here, and lives for
an hour of real time:

    key               google.oauth2.service_account with token_uri=f"{google_url}/oauth2/token";
                      the key file, which /iam gives once, names Google's own address
    federation        google.auth.identity_pool with token_url=f"{google_url}/sts/v1/token"
    impersonation     google.auth.impersonated_credentials with iam_endpoint_override=
                      f"{google_url}/iamcredentials/v1/projects/-/serviceAccounts/EMAIL"
                      ":generateAccessToken"

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

from collections.abc import Iterator, Mapping
from pathlib import Path

from provisioning.sandbox.google.aiplatform.api import VertexApi
from provisioning.sandbox.google.aiplatform.data import JobData
from provisioning.sandbox.google.aiplatform.jobs import Jobs as CustomJobs
from provisioning.sandbox.google.api import Api
from provisioning.sandbox.google.dataflow.api import DataflowApi
from provisioning.sandbox.google.dataflow.jobs import Jobs as Dataflow
from provisioning.sandbox.google.dataflow.templates import Templates
from provisioning.sandbox.google.datapipelines.api import DataPipelinesApi
from provisioning.sandbox.google.datapipelines.pipelines import Pipelines
from provisioning.sandbox.google.dialect import GoogleDialect
from provisioning.sandbox.google.entering.service import Entering
from provisioning.sandbox.google.eventarc.api import EventarcApi
from provisioning.sandbox.google.eventarc.checks import TriggerChecks
from provisioning.sandbox.google.eventarc.deliveries import Deliveries
from provisioning.sandbox.google.eventarc.triggers import Triggers
from provisioning.sandbox.google.identity import load_identity
from provisioning.sandbox.google.logs.api import LoggingApi
from provisioning.sandbox.google.logs.store import Logs
from provisioning.sandbox.google.metadata import MetadataServer
from provisioning.sandbox.google.pubsub.topics import Topics
from provisioning.sandbox.google.resource_manager import ResourceManager
from provisioning.sandbox.google.run.api import RunApi
from provisioning.sandbox.google.run.images import SOURCES
from provisioning.sandbox.google.run.requests import Requests
from provisioning.sandbox.google.run.services import Services
from provisioning.sandbox.google.slashes import App, KeepSlashes
from provisioning.sandbox.google.storage.service import Storage
from provisioning.sandbox.google.workflows.api import ExecutionsApi, WorkflowsApi
from provisioning.sandbox.google.workflows.executions import Executions
from provisioning.sandbox.google.workflows.records import Workflow
from provisioning.sandbox.records import Table
from provisioning.sandbox.rest import RestGate, Route
from provisioning.sandbox.world import World


def build_google(world: World, *, port: int, sources: Mapping[str, Path] = SOURCES) -> App:
    """The WSGI application; everything it remembers is read from the store. `sources` are the
    folders that are run for images of a name."""
    google = Google(world, url=f"http://127.0.0.1:{port}", sources=sources)
    return make_app(google, world, port=port)


def make_app(google: Google, world: World, *, port: int) -> App:
    gate = RestGate(port=port, world=world, dialect=GoogleDialect(), routes=google.routes())
    google.executions.ask = gate.inside
    return KeepSlashes(gate)


class Google:
    """The services, and who tells whom of what. `sources` are the folders that are run for
    images of a name."""

    def __init__(self, world: World, *, url: str, sources: Mapping[str, Path]) -> None:
        identity = load_identity(world)
        logs = Logs(world)
        storage = Storage(world, identity, url=f"{url}/storage")
        dataflow = Dataflow(world, identity, templates=Templates(identity, storage), logs=logs)
        pipelines = Pipelines(world, identity, dataflow)
        custom_jobs = CustomJobs(world, data=JobData(identity, storage), logs=logs)
        topics = Topics(world, identity)
        services = Services(world)
        triggers = Triggers(world, storage.objects)
        deliveries = Deliveries(world, identity, triggers)
        metadata = MetadataServer(host=url.removeprefix("http://"))
        requests = Requests(
            world,
            identity,
            services=services,
            logs=logs,
            metadata=metadata,
            url=url,
            sources=sources,
        )
        workflows = Table(world.store, kind="google workflow", record=Workflow)
        self.executions = Executions(
            world, identity, workflows=workflows, logs=logs, call=requests.call
        )
        storage.objects.on_finalized = deliveries.object_finalized
        topics.on_published = deliveries.message_published
        deliveries.to_service = requests.push
        deliveries.to_workflow = self.executions.push
        self._identity = identity
        self._storage = storage
        self._entering = Entering(world, identity, url=url)
        self._metadata = metadata
        self.requests = requests
        manager = ResourceManager(identity)
        checks = TriggerChecks(
            identity,
            buckets=storage.buckets,
            topics=lambda name: topics.table.get(name) is not None,
            find=lambda name: bool(services.table.get(name) or workflows.get(name)),
        )
        eventarc = EventarcApi(
            world, identity, triggers=triggers, deliveries=deliveries, checks=checks
        )
        workflows_api = WorkflowsApi(world, identity, workflows, self.executions)
        self._operations = {
            "aiplatform.v1": VertexApi(world, identity, custom_jobs).operations(),
            "cloudresourcemanager.v1": manager.operations(version=1),
            "cloudresourcemanager.v3": manager.operations(version=3),
            "dataflow.v1b3": DataflowApi(dataflow).operations(),
            "datapipelines.v1": DataPipelinesApi(world, identity, pipelines).operations(),
            "eventarc.v1": eventarc.operations(),
            "iam.v1": self._entering.iam(),
            "iamcredentials.v1": self._entering.credentials(),
            "logging.v2": LoggingApi(world, identity, logs).operations(),
            "pubsub.v1": topics.operations(),
            "run.v2": RunApi(world, identity, services).operations(),
            "workflowexecutions.v1": ExecutionsApi(workflows_api, self.executions).operations(),
            "workflows.v1": workflows_api.operations(),
        }

    def permissions(self) -> list[str]:
        """What each published call asks for, "" where it looks itself."""
        return [
            permission
            for document, operations in self._operations.items()
            for permission in Api(document, self._identity).permissions(operations)
        ]

    def routes(self) -> Iterator[Route]:
        for document, operations in self._operations.items():
            yield from Api(document, self._identity).routes(operations)
        yield from self._storage.routes(Api("storage.v1", self._identity, tolerant=True))
        yield from self._metadata.routes()
        yield from self._entering.routes()
