"""Signing in and out, and the one-time link by which an account gets its password."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login, logout
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.access import is_member
from dashboard.forms.people import TOO_MANY, SignInForm, WelcomeForm
from dashboard.models import User
from dashboard.services import people, sign_ins
from dashboard.views.responses import next_page, see_other
from provisioning.errors import InvalidInput, NotPossible

KNOWN = "known-browser"
YEAR = 365 * 24 * 3600
BACKEND = "django.contrib.auth.backends.ModelBackend"


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponseBase:
    if is_member(request.user):
        return see_other(next_page(request, "overview"))
    form = SignInForm(
        request,
        data=request.POST or None,
        word=request.get_signed_cookie(KNOWN, default="", salt=KNOWN) or "",
        address=request.META.get("REMOTE_ADDR", ""),
    )
    if request.method == "POST" and form.is_valid():
        user = form.get_user()
        login(request, user)
        return _remember(see_other(next_page(request, "overview")), user)
    context = {"form": form, "next": next_page(request, "overview")}
    status = 429 if form.has_error(NON_FIELD_ERRORS, TOO_MANY) else 200
    return render(request, "sign_in.html", context, status=status)


def _remember(answer: HttpResponse, user: User) -> HttpResponse:
    """So that guesses of others behind the same address do not keep this person out."""
    answer.set_signed_cookie(
        KNOWN,
        sign_ins.word_for(user),
        salt=KNOWN,
        max_age=YEAR,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        path=reverse("sign-in"),
    )
    return answer


@require_POST
def sign_out(request: HttpRequest) -> HttpResponseBase:
    logout(request)
    return see_other("sign-in")


@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, uidb64: str, token: str) -> HttpResponseBase:
    person = people.person_for_link(uidb64, token)
    if person is None:
        return render(request, "welcome_ended.html", status=410)
    form = WelcomeForm(request.POST or None, initial={"username": person.username})
    if request.method == "POST" and form.is_valid() and _welcome(request, form, uidb64, token):
        return see_other("overview")
    return render(request, "welcome.html", {"form": form, "person": person})


def _welcome(request: HttpRequest, form: WelcomeForm, uidb64: str, token: str) -> bool:
    name, password = form.cleaned_data["username"], form.cleaned_data["password"]
    try:
        user = people.welcome(uidb64=uidb64, token=token, username=name, password=password)
    except InvalidInput as error:
        form.show(error)
        return False
    except NotPossible as error:
        form.add_error(None, str(error))
        return False
    login(request, user, backend=BACKEND)
    return True
