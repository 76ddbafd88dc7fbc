"""Notebook instances: machines that come up, stop and go, each in its time."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.aws.errors import validation
from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.records import Record, Table

# Seconds of sandbox time that each passing status lasts, and what follows it.
_PASSING = {
    "Pending": (4.0, "InService"),
    "Stopping": (2.5, "Stopped"),
    "Updating": (2.0, "Stopped"),
    "Deleting": (2.0, ""),
}
# From which statuses each passing one can be reached.
_FROM = {
    "Pending": ("Stopped", "Failed"),
    "Stopping": ("InService",),
    "Updating": ("Stopped", "Failed"),
    "Deleting": ("Stopped", "Failed"),
}


class Notebook(Record):
    """`settings` are the members of CreateNotebookInstance, as they are now."""

    account: str
    region: str
    name: str
    settings: dict[str, Any]
    created: float
    modified: float
    status: str = "Pending"
    failure: str | None = None
    due: float | None = None  # when the passing status is over
    tags: list[dict[str, str]] = []

    @property
    def key(self) -> str:
        return notebook_key(self.place, self.name)

    @property
    def place(self) -> Place:
        return Place(account=self.account, region=self.region)

    @property
    def arn(self) -> str:
        return self.place.arn("sagemaker", f"notebook-instance/{self.name.lower()}")


def notebook_key(place: Place, name: str) -> str:
    return f"{place.account}/{place.region}/{name.lower()}"


class Notebooks:
    def __init__(self, world: World) -> None:
        self._clock = world.clock
        self._faults = world.faults
        self._simulation = world.simulation
        self.table = Table(world.store, kind="notebook", record=Notebook)
        self._simulation.handle("notebook", self._passed)
        for notebook in self.table:
            self._announce(notebook)

    def find(self, place: Place, name: str) -> Notebook:
        notebook = self.table.get(notebook_key(place, name))
        if notebook is None:
            raise validation("RecordNotFound")
        return notebook

    def create(self, notebook: Notebook) -> None:
        if existing := self.table.get(notebook.key):
            raise validation(f"Cannot create a duplicate Notebook Instance ({existing.arn})")
        self._begin(notebook, "Pending")

    def change(self, notebook: Notebook, status: str) -> None:
        """Enter a passing status; raises ValidationException where there is no way to it."""
        if notebook.status not in _FROM[status]:
            allowed = ", ".join(_FROM[status])
            raise validation(
                f"Status ({notebook.status}) not in ([{allowed}]). Unable to transition to "
                f"({status}) for Notebook Instance ({notebook.arn})"
            )
        self._begin(notebook, status)

    def _begin(self, notebook: Notebook, status: str) -> None:
        now = self._clock.now()
        notebook.status, notebook.failure, notebook.modified = status, None, now
        notebook.due = now + _PASSING[status][0]
        self.table.put(notebook)
        self._announce(notebook)

    def _passed(self, key: str, time: float) -> None:
        notebook = self.table.get(key)
        if notebook is None or notebook.due != time:
            return
        following = _PASSING[notebook.status][1]
        if not following:
            self.table.delete(key)
            return
        fault = self._faults.take("fail_step", "aws", notebook.name)
        notebook.status = "Failed" if fault else following
        if fault:
            notebook.failure = fault.message or "The sandbox was told to fail this instance."
        notebook.modified, notebook.due = time, None
        self.table.put(notebook)

    def _announce(self, notebook: Notebook) -> None:
        if notebook.due is not None:
            self._simulation.announce(at=notebook.due, kind="notebook", key=notebook.key)
