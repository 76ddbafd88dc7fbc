"""One's own account: time zone, API tokens, password."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from dashboard import queries
from dashboard.access import member_required, require_member
from dashboard.forms.people import ChangePasswordForm, TokenForm, ZoneForm
from dashboard.forms.styled import StyledForm
from dashboard.models import CalendarFeed, User
from dashboard.services import feeds, people
from dashboard.views.responses import see_other
from provisioning.errors import InvalidInput


@member_required
@require_safe
def account(request: HttpRequest) -> HttpResponseBase:
    return _page(request, require_member(request.user))


@member_required
@require_POST
def change_zone(request: HttpRequest) -> HttpResponseBase:
    user = require_member(request.user)
    form = ZoneForm(request.POST)
    if not form.is_valid():
        return _page(request, user, zone_form=form)
    people.change_timezone(actor=user, timezone=form.cleaned_data["timezone"])
    messages.success(request, f"Your time zone is now {user.timezone}.")
    return see_other("account")


@member_required
@require_POST
def create_token(request: HttpRequest) -> HttpResponseBase:
    user = require_member(request.user)
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, user, token_form=form)
    # Shown in this answer and nowhere again, so there is no redirect that could carry it.
    return _page(request, user, new_token=people.create_token(user, form.cleaned_data["name"]))


@member_required
@require_POST
def revoke_token(request: HttpRequest, id: int) -> HttpResponseBase:
    user = require_member(request.user)
    token = get_object_or_404(queries.tokens_of(user), pk=id)
    people.revoke_token(actor=user, token=token)
    messages.success(request, f"The token “{token.name}” is revoked.")
    return see_other("account")


@member_required
@require_POST
def create_feed(request: HttpRequest) -> HttpResponseBase:
    user = require_member(request.user)
    # Shown in this answer and nowhere again, as a token is.
    path = reverse("calendar-feed", args=[feeds.create(user)])
    return _page(request, user, new_feed=request.build_absolute_uri(path))


@member_required
@require_POST
def revoke_feed(request: HttpRequest) -> HttpResponseBase:
    feeds.revoke(require_member(request.user))
    messages.success(request, "Your calendar feed has ended. Calendars that read it get nothing.")
    return see_other("account")


@sensitive_post_parameters()
@member_required
@require_POST
def change_password(request: HttpRequest) -> HttpResponseBase:
    user = require_member(request.user)
    form = ChangePasswordForm(user, request.POST)
    if not form.is_valid() or not _changed(user, form):
        return _page(request, user, password_form=form)
    update_session_auth_hash(request, user)
    messages.success(request, "Your password is changed. Other sessions of yours have ended.")
    return see_other("account")


def _changed(user: User, form: ChangePasswordForm) -> bool:
    try:
        people.change_password(actor=user, password=form.cleaned_data["password"])
    except InvalidInput as error:
        form.show(error)
        return False
    return True


def _page(
    request: HttpRequest,
    user: User,
    *,
    zone_form: StyledForm | None = None,
    token_form: StyledForm | None = None,
    password_form: StyledForm | None = None,
    new_token: str = "",
    new_feed: str = "",
) -> HttpResponseBase:
    refused = zone_form or token_form or password_form
    context = {
        "zone_form": zone_form or ZoneForm(initial={"timezone": user.timezone}),
        "token_form": token_form or TokenForm(),
        "password_form": password_form or ChangePasswordForm(user),
        "new_token": new_token,
        "new_feed": new_feed,
        "feed": CalendarFeed.objects.filter(user=user).first(),
        "tokens": queries.tokens_of(user),
    }
    return render(request, "account.html", context, status=400 if refused else 200)
