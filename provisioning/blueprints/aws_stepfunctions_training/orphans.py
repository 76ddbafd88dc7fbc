"""The machine itself, where a crash left it in the cloud but not in the engine's state."""

from __future__ import annotations

from provisioning.blueprints.aws_common.names import Place
from provisioning.blueprints.aws_common.orphans import TAG
from provisioning.blueprints.common.orphans import Finder, Inputs
from provisioning.clouds.session import Session
from provisioning.contracts import StackSpec


def _machine(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    states = session.client("stepfunctions")
    arn = Place(spec.region, spec.account).arn("states", f"stateMachine:{inputs['name']}")
    found = states.describe_state_machine(stateMachineArn=arn)
    if found["status"] == "DELETING":
        return None
    tags = states.list_tags_for_resource(resourceArn=arn)["tags"]
    ours = {each["key"]: each["value"] for each in tags}.get(TAG) == spec.slug
    return arn if ours else None


FINDERS: dict[str, Finder] = {"aws:sfn/stateMachine:StateMachine": _machine}
