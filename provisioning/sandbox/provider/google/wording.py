"""Refusals as the Go client of Google's APIs words them, on which the real provider is built."""

from __future__ import annotations

import json

from provisioning.sandbox.provider.refusals import Refusal
from provisioning.sandbox.provider.rest_cloud import RestRefused


class OperationFailed(Refusal):
    """A long-running operation ended with an error."""

    def __init__(self, *, code: int, message: str) -> None:
        super().__init__(f"Error code {code}, message: {message}")


def googleapi(refusal: Refusal) -> str:
    if not isinstance(refusal, RestRefused):
        return str(refusal)
    text = f"googleapi: Error {refusal.status}: {refusal.message}"
    if details := refusal.error.get("details"):
        text += f"\nDetails:\n{json.dumps(details, indent=2)}\n"
    reasons = refusal.error.get("errors") or []
    return f"{text}, {reasons[0]['reason']}" if reasons else text.strip()
