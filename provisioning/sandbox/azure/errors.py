"""Refusals that several parts of the simulated Azure share."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.rest import RestError


def bad_request(message: str, *, code: str = "BadRequest", target: str | None = None) -> RestError:
    return RestError(400, code, message, target=target, details=None)


def not_found(code: str, message: str) -> RestError:
    return RestError(404, code, message)


def conflict(code: str, message: str, **more: Any) -> RestError:
    return RestError(409, code, message, **more)
