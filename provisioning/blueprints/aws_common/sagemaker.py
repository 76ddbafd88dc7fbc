"""Reading what SageMaker has."""

from __future__ import annotations

from typing import Any

from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.errors import CloudError, NotFound


def described(session: Session, operation: str, **asked: Any) -> dict[str, Any] | None:
    """The answer of a Describe operation, or None: of what is not there SageMaker says what it
    says of a wrong request."""
    try:
        with cloud_errors(operation.replace("_", " ")):
            answer: dict[str, Any] = getattr(session.client("sagemaker"), operation)(**asked)
            return answer
    except CloudError as error:
        if isinstance(error, NotFound) or error.code == "ValidationException":
            return None
        raise
