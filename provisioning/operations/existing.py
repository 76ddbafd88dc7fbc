"""What a preview would create and the cloud has already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from provisioning.blueprints.import_ids import importable
from provisioning.contracts import ResourceEvent
from provisioning.engine.adoption import Find, PendingCreate
from provisioning.engine.state import PROVIDER
from provisioning.errors import CloudError
from provisioning.operations.telling import Teller


def existing(
    creates: Iterable[tuple[PendingCreate, ResourceEvent]], find: Find, teller: Teller
) -> Iterator[ResourceEvent]:
    """The event of each that is found by its name, with its id. One that may not be looked for
    is said so, and hides no other."""
    for planned, told in creates:
        if planned.kind.startswith(PROVIDER):
            continue
        try:
            id = find(planned)
        except CloudError as error:
            teller.log(f"{planned} could not be looked for: {error}", level="warning")
            continue
        if id:
            id = importable(planned.kind, id, planned.inputs)
            teller.say(f"{planned} exists in the cloud already, as {id}.")
            yield told.model_copy(update={"cloud_id": id})
