"""The rules of EventBridge by which Step Functions hears that a job has ended.

It makes them when a machine is made, with the machine's role.
https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.roles import Session
from provisioning.sandbox.aws.services import Place
from provisioning.sandbox.aws.states.definitions import processor
from provisioning.sandbox.aws.states.resources import read_resource

_RULES = {
    ("sagemaker", "createTrainingJob"): "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    ("sagemaker", "createTransformJob"): "StepFunctionsGetEventsForSageMakerTransformJobsRule",
    ("sagemaker", "createProcessingJob"): "StepFunctionsGetEventsForSageMakerProcessingJobsRule",
    ("states", "startExecution"): "StepFunctionsGetEventsForStepFunctionsExecutionRule",
}
_ACTIONS = ("events:PutTargets", "events:PutRule", "events:DescribeRule")


def require_managed_rules(definition: Mapping[str, Any], role: str, place: Place) -> None:
    """Raise AccessDeniedException where the role may not make a rule that is needed."""
    session = Session(role_arn=role, session_name="rules")
    for state in all_states(definition):
        resource = read_resource(str(state.get("Resource", "")))
        if resource is None or not resource.pattern.startswith(".sync"):
            continue
        rule = _RULES.get((resource.kind, resource.operation))
        arn = place.arn("events", f"rule/{rule}")
        if rule and not all(session.allows(action, arn) for action in _ACTIONS):
            raise AwsError(
                "AccessDeniedException", f"'{role}' is not authorized to create managed-rule."
            )


def all_states(definition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Those inside of others included."""
    for state in definition["States"].values():
        yield state
        for branch in state.get("Branches", []):
            yield from all_states(branch)
        if state["Type"] == "Map":
            yield from all_states(processor(state))
