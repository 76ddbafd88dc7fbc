"""Types of the aws-native package, which works through the Cloud Control API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.provider.refusals import CloudRefused, Refusal
from provisioning.sandbox.provider.resource import Resource

_OPERATIONS = {"creating": "CREATE", "reading": "READ", "updating": "UPDATE", "deleting": "DELETE"}
# How Cloud Control sums up a service's code.
_CODES = {
    "AccessDenied": "AccessDenied",
    "AccessDeniedException": "AccessDenied",
    "ConflictException": "ResourceConflict",
    "ResourceInUse": "AlreadyExists",
    "ResourceLimitExceeded": "ServiceLimitExceeded",
    "ResourceNotFound": "NotFound",
    "ThrottlingException": "Throttling",
    "ValidationException": "InvalidRequest",
}


class NativeResource(Resource):
    def told(self, verb: str, id: str, values: Mapping[str, Any], refusal: Refusal) -> str:
        if not isinstance(refusal, CloudRefused):
            return f"operation {_OPERATIONS[verb]} failed for {self.label}: {refusal}"
        taken = verb == "creating" and "already exists" in refusal.message
        code = "AlreadyExists" if taken else _CODES.get(refusal.code, "GeneralServiceException")
        return (
            f'operation {_OPERATIONS[verb]} failed with "{code}": {refusal.message} '
            f"(Service: {refusal.service}; Status Code: {refusal.status}; "
            f"Error Code: {refusal.code}; Request ID: {refusal.request_id})"
        )
