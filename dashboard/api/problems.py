"""Errors as problem bodies (RFC 9457), each wrong field named."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied as NotAllowed
from django.core.exceptions import RequestDataTooBig
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as WrongShape
from pydantic import ValidationError

from provisioning import errors
from provisioning.blueprints.problems import SENTENCES, field_of
from provisioning.errors import Problem

log = logging.getLogger(__name__)

ABSENT = ("missing", "union_tag_not_found")

# By kind of error, the first that fits: status, title.
STATUSES: list[tuple[type[errors.SkyclockError], int, str]] = [
    (errors.NotPossible, 409, "Not possible"),
    (errors.Throttled, 503, "The cloud is throttling"),
    (errors.CloudAway, 503, "The cloud does not answer"),
    (errors.NotFound, 409, "Gone from the cloud"),
    (errors.CloudError, 409, "The cloud refused"),
    (errors.CredentialUnreadable, 409, "The credential cannot be opened"),
    (errors.EngineError, 503, "The engine is not ready"),
]


class ProblemEntry(Schema):
    """One thing wrong with one field. `field` is a dotted path; `line` counts from 1 in a text,
    such as a pasted definition."""

    field: str
    message: str
    code: str
    line: int | None = None


class PipelineUse(Schema):
    """A pipeline that needs it."""

    id: int
    name: str


class ProblemOut(Schema):
    """What every answer from 400 on holds (RFC 9457). `problems` names every wrong field;
    `code` is the cloud's own, where a cloud refused; `used_by` says what needs the thing that was
    to be deleted."""

    title: str
    status: int
    detail: str
    problems: list[ProblemEntry] | None = None
    code: str | None = None
    used_by: list[PipelineUse] | None = None


def problem(
    status: int,
    title: str,
    detail: str,
    problems: Sequence[Problem] = (),
    *,
    code: str = "",
    used_by: Sequence[tuple[int, str]] = (),
) -> HttpResponse:
    body: dict[str, Any] = {"title": title, "status": status, "detail": detail}
    if problems:
        body["problems"] = [_entry(each) for each in problems]
    if code:
        body["code"] = code
    if used_by:
        body["used_by"] = [{"id": id, "name": name} for id, name in used_by]
    return JsonResponse(body, status=status, content_type="application/problem+json")


def _entry(each: Problem) -> dict[str, Any]:
    entry = {"field": each.field, "message": each.message, "code": each.code}
    return entry | ({"line": each.line} if each.line else {})


def install(api: NinjaAPI) -> None:
    """Answer every error with the status that fits it, and a body that says why."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        WrongShape: _wrong_shape,
        errors.SkyclockError: of_error,
        Http404: not_found,
        NotAllowed: _forbidden,
        HttpError: _http_error,
        AuthenticationError: _not_signed_in,
        RequestDataTooBig: too_big,
        Exception: _fault,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def not_found(_request: HttpRequest, _error: Exception | None = None) -> HttpResponse:
    return problem(404, "Not found", "There is no such thing here.")


def not_allowed(request: HttpRequest, *, allowed: str) -> HttpResponse:
    answer = problem(405, "Method not allowed", f"{request.method} is not possible here.")
    answer["Allow"] = allowed
    return answer


def _forbidden(_request: HttpRequest, error: NotAllowed) -> HttpResponse:
    return problem(403, "Forbidden", str(error))


def _not_signed_in(_request: HttpRequest, _error: Exception) -> HttpResponse:
    answer = problem(401, "Not signed in", "Send a valid token: Authorization: Bearer TOKEN.")
    answer["WWW-Authenticate"] = "Bearer"
    return answer


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Ninja wraps what goes wrong with reading a body."""
    cause = error.__cause__
    if isinstance(cause, errors.SkyclockError):
        return of_error(request, cause)
    if isinstance(cause, json.JSONDecodeError):
        place = f"line {cause.lineno}, column {cause.colno}"
        return problem(400, "Not JSON", f"The body is not JSON: {cause.msg} ({place}).")
    if error.status_code == 400:
        return problem(400, "Not JSON", "The body is not JSON in UTF-8.")
    return problem(error.status_code, "Error", str(error))


def too_big(_request: HttpRequest, _error: Exception | None = None) -> HttpResponse:
    return problem(413, "Too big", "The body is larger than what is read here.")


def _fault(request: HttpRequest, error: Exception) -> HttpResponse:
    """The outermost edge: our own mistake, kept in the log and out of the answer."""
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    got_request_exception.send(sender=None, request=request)
    return problem(500, "Internal error", "Skyclock itself failed. Its log says more.")


# ── Wrong input ─────────────────────────────────────────────────────────────────────


def _wrong_shape(request: HttpRequest, error: WrongShape) -> HttpResponse:
    sent = _sent(request, error)
    return _invalid([_shape_problem(each, _within(each["loc"]), sent) for each in error.errors])


def of_shape(error: ValidationError, sent: Any) -> HttpResponse:
    """The same for a body that was validated by hand."""
    found = error.errors(include_url=False, include_input=False)
    return _invalid([_shape_problem(dict(each), each["loc"], sent) for each in found])


def _sent(request: HttpRequest, error: WrongShape) -> Any:
    """The body that was wrong: it tells the tag of a union from a field's name."""
    in_body = any(each["loc"][:1] == ("body",) for each in error.errors)
    return json.loads(request.body) if in_body and request.body else None


def _invalid(problems: Sequence[Problem]) -> HttpResponse:
    detail = "; ".join(f"{each.field or 'body'}: {each.message}" for each in problems)
    return problem(422, "Invalid input", detail, problems)


def _shape_problem(found: dict[str, Any], location: tuple[int | str, ...], sent: Any) -> Problem:
    code = str(found["type"])
    field = field_of(location, code, sent)
    if code == "missing" and not field:
        return Problem(field, "Send a JSON object as body.", "required")
    sentence = SENTENCES.get(code, "").format(**found.get("ctx", {})) or str(
        found["msg"]
    ).removeprefix("Value error, ")
    return Problem(field, sentence, "required" if code in ABSENT else code)


def _within(location: Sequence[str | int]) -> tuple[str | int, ...]:
    """("body", "payload", "triggers", 0, "schedule", "cron") → ("triggers", 0, …)."""
    return tuple(location[2:] if tuple(location[:2]) == ("body", "payload") else location[1:])


def of_error(_request: HttpRequest, error: errors.SkyclockError) -> HttpResponse:
    if isinstance(error, errors.InvalidInput):
        return _invalid(error.problems)
    status, title = next(
        ((status, title) for kind, status, title in STATUSES if isinstance(error, kind)),
        (500, "Internal error"),
    )
    code = error.code if isinstance(error, errors.CloudError) else ""
    used_by = error.used_by if isinstance(error, errors.InUse) else ()
    return problem(status, title, str(error), code=code, used_by=used_by)
