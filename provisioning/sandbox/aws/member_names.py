"""Names of members as people write them, against those of the API: large or small at the front.

Step Functions and EventBridge Scheduler write all of them large, "StateMachineArn", also where
the service's own API has them small.
"""

from __future__ import annotations

from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

# Services that the names of AWS's SDKs call otherwise than botocore does.
_BOTOCORE = {"sfn": "stepfunctions", "cloudwatchlogs": "logs", "eventbridge": "events"}


def botocores_service(sdk: str) -> str:
    """Of "sfn" in "aws-sdk:sfn:startExecution"."""
    return _BOTOCORE.get(sdk, sdk)


def botocores_operation(sdk: str) -> str:
    """Of "startExecution" in "aws-sdk:sfn:startExecution"."""
    return sdk[:1].upper() + sdk[1:]


def member_of(shape: Shape, name: str) -> str | None:
    """The member's own name; None where the shape has none such."""
    if name in shape.members:
        return name
    small = name[:1].lower() + name[1:]
    return small if small in shape.members else None


def own_names(shape: Shape, value: Any) -> Any:
    """The value with the API's names; what it does not have is left out."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {
            member: own_names(shape.members[member], inner)
            for name, inner in value.items()
            if (member := member_of(shape, name)) is not None
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [own_names(shape.member, inner) for inner in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {name: own_names(shape.value, inner) for name, inner in value.items()}
    return value
