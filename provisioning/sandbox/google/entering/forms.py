"""Requests of the token endpoints, which are forms. Google's STS takes JSON as well."""

from __future__ import annotations

from urllib.parse import parse_qsl

from provisioning.sandbox.google.bodies import snake
from provisioning.sandbox.google.dialect import oauth_refusal
from provisioning.sandbox.rest import RestRequest


def fields_of(request: RestRequest) -> dict[str, str]:
    """By OAuth's names, `subject_token`. Raises invalid_request."""
    try:
        if request.headers.get("content-type", "").startswith("application/json"):
            return {snake(name): str(value) for name, value in request.json().items()}
        return dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    except ValueError as error:
        raise oauth_refusal("invalid_request", "The request's body cannot be read.") from error
