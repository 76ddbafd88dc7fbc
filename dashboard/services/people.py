"""People: invitations, roles, one-time links and API tokens."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError as ModelInvalid
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from dashboard import audit
from dashboard.access import require_admin
from dashboard.models import ApiToken, CalendarFeed, User
from dashboard.services import problems
from provisioning.errors import InvalidInput, NotPossible

FIRST_ADMIN = "admin"
# Lets secret scanners recognise a leaked one.
TOKEN_PREFIX = "sky_"  # noqa: S105
LAST_USED_STEP = timedelta(minutes=1)


# ── Invitations ─────────────────────────────────────────────────────────────────────


@transaction.atomic
def invite(*, actor: User, email: str, username: str, role: str) -> str:
    """Make an account without a password; returns the path of its one-time link."""
    require_admin(actor)
    user = User(email=email.strip(), username=username.strip(), role=role)
    user.set_unusable_password()
    _validate(user)
    user.save()
    audit.record(actor=actor, action="person.invite", subject=user, detail={"role": role})
    return _link(user)


@transaction.atomic
def invite_again(*, actor: User, user: User) -> str:
    """A new link for somebody who lost the first one, or the password."""
    require_admin(actor)
    if not user.is_active:
        raise NotPossible(f"{user.username} is deactivated.")
    user.set_unusable_password()  # earlier links end with it
    user.save(update_fields=["password"])
    audit.record(actor=actor, action="person.invite_again", subject=user)
    return _link(user)


def setup_link() -> str:
    """Path of the one-time link by which the first admin chooses a password."""
    if can_administer():
        raise NotPossible("An admin exists already; ask them for an invitation.")
    return _link(_first_admin())


def ensure_admin(password: str) -> bool:
    """Give the first admin this password, unless somebody can administer already."""
    if can_administer():
        return False
    user = _first_admin()
    user.set_password(password)
    user.save(update_fields=["password"])
    return True


def can_administer() -> bool:
    return any(user.has_usable_password() for user in _admins())


def first_admin_name() -> str:
    """Who can sign in as admin; for those who have just started the product."""
    return next(user.username for user in _admins() if user.has_usable_password())


def person_for_link(uidb64: str, token: str) -> User | None:
    """Whose link this is, while it is valid."""
    return _person_for_link(uidb64, token, users=User.objects.all())


@transaction.atomic
def welcome(*, uidb64: str, token: str, username: str, password: str) -> User:
    """Choose name and password by a one-time link; the link ends with it."""
    # The lock lets one of two simultaneous uses of a link win.
    user = _person_for_link(uidb64, token, users=User.objects.select_for_update())
    if user is None:
        raise NotPossible("This link was used already or has run out. Ask for a new one.")
    user.username = username.strip()
    user.set_password(password)
    _validate(user)
    _validate_password(password, user)
    user.save(update_fields=["username", "password"])
    audit.record(actor=user, action="person.welcome", subject=user)
    return user


# ── Roles ───────────────────────────────────────────────────────────────────────────


@transaction.atomic
def change_role(*, actor: User, user: User, role: str) -> User:
    require_admin(actor)
    if role != User.Role.ADMIN:
        _keep_an_admin(without=user)
    before, user.role = user.role, role
    _validate(user)
    user.save(update_fields=["role"])
    detail = {"before": before, "after": role}
    audit.record(actor=actor, action="person.change_role", subject=user, detail=detail)
    return user


@transaction.atomic
def deactivate(*, actor: User, user: User) -> User:
    """End all ways in: password, sessions, links, tokens and the calendar feed."""
    require_admin(actor)
    _keep_an_admin(without=user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    user.tokens.all().delete()
    CalendarFeed.objects.filter(user=user).delete()
    audit.record(actor=actor, action="person.deactivate", subject=user)
    return user


@transaction.atomic
def activate(*, actor: User, user: User) -> User:
    require_admin(actor)
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record(actor=actor, action="person.activate", subject=user)
    return user


# ── One's own account ───────────────────────────────────────────────────────────────


@transaction.atomic
def change_timezone(*, actor: User, timezone: str) -> User:
    actor.timezone = timezone
    _validate(actor)
    actor.save(update_fields=["timezone"])
    audit.record(actor=actor, action="person.change_timezone", subject=actor)
    return actor


@transaction.atomic
def change_password(*, actor: User, password: str) -> User:
    """The caller has checked the present password, and keeps the present session alive."""
    _validate_password(password, actor)
    actor.set_password(password)
    actor.save(update_fields=["password"])
    audit.record(actor=actor, action="person.change_password", subject=actor)
    return actor


# ── API tokens ──────────────────────────────────────────────────────────────────────


@transaction.atomic
def create_token(user: User, name: str) -> str:
    """A bearer token, shown this once; only its digest is kept."""
    text = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(user=user, name=name.strip()[:80], digest=_digest(text))
    audit.record(actor=user, action="token.create", subject=token)
    return text


@transaction.atomic
def revoke_token(*, actor: User, token: ApiToken) -> None:
    if token.user_id != actor.pk:
        require_admin(actor)
    audit.record(actor=actor, action="token.revoke", subject=token)
    token.delete()


def user_for_token(text: str) -> User | None:
    token = (
        ApiToken.objects.select_related("user")
        .filter(digest=_digest(text), user__is_active=True)
        .first()
    )
    if token is None:
        return None
    now = timezone.now()
    # Not at every call: a busy client must not turn each read into a write.
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_STEP)
    if token.last_used_at is None or token.last_used_at < now - LAST_USED_STEP:
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    return token.user


# ── The small print ─────────────────────────────────────────────────────────────────


def _digest(text: str) -> str:
    # The token is 256 random bits, so a plain digest cannot be guessed backwards.
    return hashlib.sha256(text.encode()).hexdigest()


def _link(user: User) -> str:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return f"/welcome/{uid}/{default_token_generator.make_token(user)}/"


def _person_for_link(uidb64: str, token: str, *, users: QuerySet[User]) -> User | None:
    try:
        user = users.get(pk=int(urlsafe_base64_decode(uidb64)), is_active=True)
    except (ValueError, OverflowError, User.DoesNotExist):
        return None
    return user if default_token_generator.check_token(user, token) else None


def _first_admin() -> User:
    """The account that waits for its first password."""
    user = _admins().first()
    if user is None:
        user = User(username=_free_username(), role=User.Role.ADMIN)
        user.set_unusable_password()
        user.save()
        audit.record(actor=None, action="person.first_admin", subject=user)
    return user


def _free_username() -> str:
    taken = User.objects.filter(username=FIRST_ADMIN).exists()
    return f"{FIRST_ADMIN}-{secrets.token_hex(2)}" if taken else FIRST_ADMIN


def _admins() -> QuerySet[User]:
    return User.objects.filter(role=User.Role.ADMIN, is_active=True).order_by("pk")


def _keep_an_admin(*, without: User) -> None:
    others = _admins().select_for_update().exclude(pk=without.pk)
    if without.is_admin and not any(user.has_usable_password() for user in others):
        raise NotPossible(f"{without.username} is the only admin who can sign in.")


def _validate(user: User) -> None:
    problems.refuse(problems.of_row(user, "username", "email", "role"))


def _validate_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ModelInvalid as error:
        raise InvalidInput.at("password", " ".join(error.messages), "weak") from None
