"""One call of Resource Manager, and what it checks before any resource provider sees it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from provisioning.sandbox.azure.arm.resources import Resources
from provisioning.sandbox.azure.entra.callers import Caller
from provisioning.sandbox.azure.errors import bad_request, not_found
from provisioning.sandbox.rest import RestRequest, RestResponse

PREFIX = "/arm"
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_VERSION = re.compile(r"\d{4}-\d\d-\d\d(-\w+)?")


@dataclass(frozen=True)
class ArmCall:
    request: RestRequest

    @property
    def path(self) -> str:
        """The id that the call names, as it was spelled."""
        return self.request.path.removeprefix(PREFIX).rstrip("/")

    @property
    def subscription(self) -> str:
        return self.request.arguments.get("subscription", "").lower()

    @property
    def group(self) -> str:
        return self.request.arguments.get("group", "")

    @property
    def names(self) -> tuple[str, ...]:
        """Those of the resource and its ancestors, the outermost first."""
        found = self.request.arguments
        return tuple(found[f"name{at}"] for at in range(9) if f"name{at}" in found)

    @property
    def caller(self) -> Caller:
        assert isinstance(self.request.caller, Caller), "the guard has let it in"
        return self.request.caller

    @property
    def arm_url(self) -> str:
        return f"{self.request.root}{PREFIX}"

    def json(self) -> dict[str, Any]:
        try:
            return self.request.json()
        except ValueError as error:
            message = f"The request content was invalid and could not be deserialized: '{error}'."
            raise bad_request(message, code="InvalidRequestContent") from error


ArmOperation = Callable[[ArmCall], RestResponse]


def checked(
    operation: ArmOperation, *, groups: Resources | None = None
) -> Callable[[RestRequest], RestResponse]:
    """What comes before every operation: the version, the subscription, and the group where
    `groups` are given to find it in."""

    def answered(request: RestRequest) -> RestResponse:
        call = ArmCall(request)
        _require_version(call)
        if "subscription" in request.arguments:
            _require_subscription(call)
        if groups is not None:
            require_group(call, groups)
        answer = operation(call)
        return replace(answer, headers={"x-ms-request-id": str(uuid.uuid4()), **answer.headers})

    return answered


def _require_version(call: ArmCall) -> None:
    version = call.request.query.get("api-version")
    if not version:
        message = "The api-version query parameter (?api-version=) is required for all requests."
        raise bad_request(message, code="MissingApiVersionParameter")
    if not _VERSION.fullmatch(version):
        message = f"The api-version '{version}' is invalid. It is a date such as '2018-06-01'."
        raise bad_request(message, code="InvalidApiVersionParameter")


def _require_subscription(call: ArmCall) -> None:
    wanted = call.request.arguments["subscription"]
    if not _GUID.fullmatch(wanted):
        message = f"The provided subscription identifier '{wanted}' is malformed or invalid."
        raise bad_request(message, code="InvalidSubscriptionId")


def require_group(call: ArmCall, resources: Resources) -> None:
    if resources.get(group_id(call.subscription, call.group)) is None:
        message = f"Resource group '{call.group}' could not be found."
        raise not_found("ResourceGroupNotFound", message)


def group_id(subscription: str, group: str) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{group}"
