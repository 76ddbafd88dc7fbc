"""Errors as problem bodies (RFC 9457), each wrong field named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied as NotAllowed
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as WrongShape

from provisioning import errors
from provisioning.errors import Problem


def problem(status: int, title: str, detail: str, problems: Sequence[Problem] = ()) -> HttpResponse:
    body: dict[str, Any] = {"title": title, "status": status, "detail": detail}
    if problems:
        body["problems"] = [_entry(each) for each in problems]
    answer = JsonResponse(body, status=status)
    answer["Content-Type"] = "application/problem+json"
    return answer


def _entry(each: Problem) -> dict[str, Any]:
    entry = {"field": each.field, "message": each.message, "code": each.code}
    return entry | ({"line": each.line} if each.line else {})


def install(api: NinjaAPI) -> None:
    """Answer every error that services raise on purpose with the status that fits it."""
    api.add_exception_handler(WrongShape, _wrong_shape)
    api.add_exception_handler(errors.SkyclockError, _skyclock_error)
    api.add_exception_handler(Http404, lambda _r, _e: problem(404, "Not found", "No such thing."))
    api.add_exception_handler(NotAllowed, lambda _r, e: problem(403, "Forbidden", str(e)))
    api.add_exception_handler(HttpError, lambda _r, e: problem(e.status_code, "Error", str(e)))
    api.add_exception_handler(AuthenticationError, _not_signed_in)


def _not_signed_in(_request: HttpRequest, _error: Exception) -> HttpResponse:
    answer = problem(401, "Not signed in", "Send a valid token: Authorization: Bearer TOKEN.")
    answer["WWW-Authenticate"] = "Bearer"
    return answer


def _wrong_shape(_request: HttpRequest, error: WrongShape) -> HttpResponse:
    problems = [
        Problem(field=_path(each["loc"]), message=each["msg"], code=each["type"])
        for each in error.errors
    ]
    detail = "; ".join(f"{each.field or 'body'}: {each.message}" for each in problems)
    return problem(422, "Invalid input", detail, problems)


def _path(location: Sequence[str | int]) -> str:
    """("body", "payload", "triggers", 0, "cron") → "triggers.0.cron"."""
    parts = [str(part) for part in location]
    if parts and parts[0] in ("body", "query", "path"):
        parts = parts[1:]
    if parts and parts[0] == "payload":
        parts = parts[1:]
    return ".".join(parts)


def _skyclock_error(_request: HttpRequest, error: errors.SkyclockError) -> HttpResponse:
    if isinstance(error, errors.InvalidInput):
        return problem(422, "Invalid input", str(error), error.problems)
    status, title = _status(error)
    return problem(status, title, str(error))


def _status(error: errors.SkyclockError) -> tuple[int, str]:
    table: list[tuple[type[errors.SkyclockError], int, str]] = [
        (errors.NotPossible, 409, "Not possible"),
        (errors.Throttled, 503, "The cloud is throttling"),
        (errors.CloudAway, 503, "The cloud does not answer"),
        (errors.NotFound, 409, "Gone from the cloud"),
        (errors.CloudError, 409, "The cloud refused"),
        (errors.EngineMissing, 503, "The engine is not ready"),
    ]
    for kind, status, title in table:
        if isinstance(error, kind):
            return status, title
    return 500, "Internal error"
