"""Signing in and out, and the one-time link by which an account gets its password."""

from __future__ import annotations

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.access import is_member
from dashboard.forms.people import SignInForm, WelcomeForm
from dashboard.services import people
from dashboard.views.responses import next_page, see_other
from provisioning.errors import InvalidInput, NotPossible

BACKEND = "django.contrib.auth.backends.ModelBackend"


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponseBase:
    if is_member(request.user):
        return see_other(next_page(request, "overview"))
    form = SignInForm(request, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        login(request, form.get_user())
        return see_other(next_page(request, "overview"))
    return render(request, "sign_in.html", {"form": form, "next": next_page(request, "overview")})


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
