"""Bearer tokens, and who is asking."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import HttpBearer

from dashboard.access import require_member
from dashboard.models import User
from dashboard.services import people


class Bearer(HttpBearer):
    """A session's cookie is no way in: then another site's page could use it."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        user = people.user_for_token(token)
        if user is not None:
            request.user = user
        return user


def caller(request: HttpRequest) -> User:
    """The person whose token this is; `Bearer` has put them there."""
    return require_member(request.user)
