"""The arguments of a pipeline step against the API request that the step will make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.sagemaker.references import is_reference
from provisioning.sandbox.aws.shapes import operation_model

OPERATIONS = {
    "Processing": "CreateProcessingJob",
    "Training": "CreateTrainingJob",
    "Transform": "CreateTransformJob",
    "Model": "CreateModel",
    "RegisterModel": "CreateModelPackage",
}
# Set by SageMaker when the step runs.
_SET_LATER = {
    "ProcessingJobName",
    "TrainingJobName",
    "TransformJobName",
    "ModelName",
    "ModelPackageName",
    "RoleArn",  # the pipeline's own role where the step names none
    "ExecutionRoleArn",
}
_NEVER_GIVEN = _SET_LATER - {"ModelName", "RoleArn", "ExecutionRoleArn"}

Fail = Callable[[str], AwsError]


def check_arguments(step_type: str, arguments: Mapping[str, Any], *, fail: Fail) -> None:
    shape = request_shape(step_type)
    if shape is None:
        return
    for name in arguments:
        if name in _NEVER_GIVEN:
            raise fail(f"Unknown Argument member '{name}'")
    for name in shape.required_members:
        if name not in arguments and name not in _SET_LATER:
            raise fail(f"Model Validation failed: Missing required Argument member '{name}'")
    for name, value in arguments.items():
        if name not in shape.members:
            raise fail(f"Unknown Argument member '{name}'")
        _check(shape.members[name], value, fail)


def request_shape(step_type: str) -> StructureShape | None:
    operation = OPERATIONS.get(step_type)
    shape = operation_model("sagemaker", operation).input_shape if operation else None
    return shape if isinstance(shape, StructureShape) else None


def _check(shape: Shape, value: Any, fail: Fail) -> None:
    if is_reference(value):
        return
    if isinstance(shape, StructureShape):
        _check_structure(shape, value, fail)
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            raise fail("Expecting start of Json Array.")
        for item in value:
            _check(shape.member, item, fail)
    elif isinstance(shape, MapShape):
        if not isinstance(value, dict):
            raise fail("Expecting start of Json Object.")
    elif isinstance(value, dict | list):
        raise fail(f"Expecting a value for '{shape.name}'.")
    else:
        _check_enum(shape, value, fail)


def _check_structure(shape: StructureShape, value: Any, fail: Fail) -> None:
    if not isinstance(value, dict):
        raise fail("Expecting start of Json Object.")
    for name in shape.required_members:
        if name not in value:
            raise fail(f"Model Validation failed: Missing required member '{name}'")
    for name, item in value.items():
        if name not in shape.members:
            raise fail(f"Unknown Argument member '{name}'")
        _check(shape.members[name], item, fail)


def _check_enum(shape: Shape, value: Any, fail: Fail) -> None:
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        raise fail(
            f"Model Validation failed: Value '{value}' for '{shape.name}' failed to satisfy "
            f"enum value set: [{', '.join(allowed)}]"
        )


def coerced(shape: Shape, value: Any) -> Any:
    """Values of parameters as the request wants them: numbers as text and the reverse."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {k: coerced(shape.members[k], v) for k, v in value.items() if k in shape.members}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [coerced(shape.member, item) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: coerced(shape.value, item) for key, item in value.items()}
    if shape.type_name == "string" and isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if shape.type_name in ("integer", "long") and isinstance(value, str) and value.isdigit():
        return int(value)
    return value
