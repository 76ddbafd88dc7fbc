"""Machines of a Pipeline that people start and stop, such as a notebook."""

from __future__ import annotations

from dashboard import audit
from dashboard.models import Pipeline, User
from dashboard.services import asking
from dashboard.services.entering import Entered, enter
from dashboard.services.managing import require_managed
from provisioning.contracts import Instance, Level
from provisioning.errors import NotPossible


def of(pipeline: Pipeline) -> tuple[Instance, ...]:
    """As the cloud shows them now; none where the Pipeline has none."""
    return _of(enter(pipeline, Level.OBSERVE))


def switch(*, actor: User, pipeline: Pipeline, name: str, running: bool) -> Instance:
    """Start or stop one; it goes on changing for a while. Returns it as it is then."""
    require_managed(pipeline)
    entered = enter(pipeline, Level.RUN)
    _named(entered, name)
    asking.within(
        lambda: entered.blueprint.switch_instance(
            entered.session, entered.spec, name, running=running
        )
    )
    action = "instance.start" if running else "instance.stop"
    audit.record(actor=actor, action=action, subject=pipeline, detail={"instance": name})
    return _named(entered, name)


def _of(entered: Entered) -> tuple[Instance, ...]:
    return asking.within(lambda: entered.blueprint.instances(entered.session, entered.spec))


def _named(entered: Entered, name: str) -> Instance:
    found = next((each for each in _of(entered) if each.name == name), None)
    if found is None:
        raise NotPossible(f"This pipeline has no instance '{name}'.")
    return found
