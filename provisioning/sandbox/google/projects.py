"""Projects: there is one for every id that somebody enters, as long as it is a valid id."""

from __future__ import annotations

import hashlib
import re

from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.records import Record, Table
from provisioning.sandbox.world import World

_ID = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")


class Project(Record):
    id: str
    created: float

    @property
    def key(self) -> str:
        return self.id

    @property
    def number(self) -> str:
        return number_of(self.id)

    @property
    def owner(self) -> str:
        """The account that a sandbox Connection enters with."""
        return account_email("skyclock", self.id)


class Projects:
    def __init__(self, world: World) -> None:
        self._table = Table(world.store, kind="google project", record=Project)
        self._clock = world.clock
        self._by_number = {project.number: project for project in self._table}

    def get(self, id_or_number: str) -> Project | None:
        return self._table.get(id_or_number) or self._by_number.get(id_or_number)

    def enter(self, id: str) -> Project | None:
        """The project of this id; made when it is entered for the first time."""
        if found := self._table.get(id):
            return found
        if not _ID.fullmatch(id):
            return None
        project = Project(id=id, created=self._clock.now())
        self._by_number[project.number] = project
        self._table.put(project)
        return project

    def find(self, id_or_number: str) -> Project:
        project = self.get(id_or_number)
        if project is None:
            message = f"Permission denied on resource project {id_or_number} (or it may not exist)."
            raise refusal("PERMISSION_DENIED", message)
        return project


def number_of(project: str) -> str:
    """Twelve digits that depend on the id only."""
    digest = hashlib.sha256(project.encode()).digest()
    return str(100_000_000_000 + int.from_bytes(digest[:8]) % 900_000_000_000)


def account_email(name: str, project: str) -> str:
    return f"{name}@{project}.iam.gserviceaccount.com"


def default_account(project: str) -> str:
    """Whom Compute Engine, and what is built on it, acts as when nobody is named."""
    return f"{number_of(project)}-compute@developer.gserviceaccount.com"


def storage_agent(project: str) -> str:
    return f"service-{number_of(project)}@gs-project-accounts.iam.gserviceaccount.com"


def service_agent(service: str, project: str) -> str:
    """Google's own account by which a service acts in a project."""
    return f"service-{number_of(project)}@gcp-sa-{service}.iam.gserviceaccount.com"


def custom_code_agent(project: str) -> str:
    """Whom Vertex AI runs people's code as when nobody is named."""
    return service_agent("aiplatform-cc", project)


def agents(project: str) -> set[str]:
    number = number_of(project)
    services = (
        "eventarc", "datapipelines", "cloudscheduler", "aiplatform", "aiplatform-cc", "pubsub",
        "workflows",
    )  # fmt: skip
    return {
        storage_agent(project),
        f"{number}@cloudservices.gserviceaccount.com",
        f"service-{number}@dataflow-service-producer-prod.iam.gserviceaccount.com",
        f"service-{number}@serverless-robot-prod.iam.gserviceaccount.com",
        f"service-{number}@compute-system.iam.gserviceaccount.com",
        *(service_agent(service, project) for service in services),
    }
