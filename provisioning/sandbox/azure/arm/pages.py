"""Lists that come in pages."""

from __future__ import annotations

import base64
import re
from typing import Any

from provisioning.sandbox.azure.arm.calls import ArmCall
from provisioning.sandbox.azure.errors import bad_request
from provisioning.sandbox.rest import RestResponse


def paged(call: ArmCall, shown: list[dict[str, Any]], *, most: int) -> RestResponse:
    """A page of a list, with the address of the next one."""
    begin = _skipped(call.request.query.get("$skiptoken", ""))
    top = call.request.query.get("$top", "")
    most = min(most, int(top)) if top.isdigit() and int(top) else most
    body: dict[str, Any] = {"value": shown[begin : begin + most]}
    if begin + most < len(shown):
        token = base64.urlsafe_b64encode(str(begin + most).encode()).decode()
        base = re.sub(r"[&?]\$skiptoken=[^&]*", "", call.request.target.replace("%24", "$"))
        joint = "&" if "?" in base else "?"
        body["nextLink"] = f"{call.request.root}{base}{joint}$skiptoken={token}"
    return RestResponse(200, body)


def _skipped(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token or b"MA=="))
    except ValueError as error:
        message = "The provided skip token is not valid."
        raise bad_request(message, code="InvalidSkipToken") from error
