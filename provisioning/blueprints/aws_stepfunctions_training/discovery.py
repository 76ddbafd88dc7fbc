"""The state machines of an account, with what starts them."""

from __future__ import annotations

from provisioning.blueprints.aws_common.discovery import (
    pages,
    rules_by_target,
    schedules_by_target,
)
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import Found


def discover(session: Session) -> tuple[Found, ...]:
    with cloud_errors("list the state machines of the account"):
        schedules, rules = schedules_by_target(session), rules_by_target(session)
        client = session.client("stepfunctions")
        found = list(pages(client, "list_state_machines", "stateMachines"))
    return tuple(
        Found(
            cloud_id=arn,
            name=each["name"],
            kind="Step Functions state machine",
            triggers=(*schedules.get(arn, ()), *rules.get(arn, ())),
            detail=str(each["type"]).capitalize(),
        )
        for each in found
        for arn in (each["stateMachineArn"],)
    )
