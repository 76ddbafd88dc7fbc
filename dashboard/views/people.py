"""People: for admins."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard import access, queries
from dashboard.access import admin_required, require_admin
from dashboard.forms.people import InviteForm
from dashboard.models import User
from dashboard.services import people
from dashboard.views.responses import see_other, tell_errors
from provisioning.errors import InvalidInput


@admin_required
@require_safe
def people_list(request: HttpRequest) -> HttpResponseBase:
    context = {"people": queries.people(request.user), "roles": User.Role.choices}
    return render(request, "people/list.html", context)


@admin_required
@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest) -> HttpResponseBase:
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            path = people.invite(actor=require_admin(request.user), **form.cleaned_data)
        except InvalidInput as error:
            form.show(error)
        else:
            return _link_page(request, form.cleaned_data["username"], path)
    status = 400 if form.errors else 200
    return render(request, "people/invite.html", {"form": form}, status=status)


@admin_required
@require_POST
@tell_errors
def invite_again(request: HttpRequest, id: int) -> HttpResponseBase:
    person = access.get_person(request.user, id)
    path = people.invite_again(actor=require_admin(request.user), user=person)
    return _link_page(request, person.username, path)


@admin_required
@require_POST
@tell_errors
def change_role(request: HttpRequest, id: int) -> HttpResponseBase:
    person = access.get_person(request.user, id)
    role = request.POST.get("role", "")
    people.change_role(actor=require_admin(request.user), user=person, role=role)
    messages.success(request, f"{person.username} is now {person.get_role_display().lower()}.")
    return see_other("people")


@admin_required
@require_POST
@tell_errors
def deactivate(request: HttpRequest, id: int) -> HttpResponseBase:
    person = access.get_person(request.user, id)
    people.deactivate(actor=require_admin(request.user), user=person)
    messages.success(request, f"{person.username} is deactivated and signed out everywhere.")
    return see_other("people")


@admin_required
@require_POST
@tell_errors
def activate(request: HttpRequest, id: int) -> HttpResponseBase:
    person = access.get_person(request.user, id)
    people.activate(actor=require_admin(request.user), user=person)
    messages.success(request, f"{person.username} can sign in again.")
    return see_other("people")


def _link_page(request: HttpRequest, name: str, path: str) -> HttpResponseBase:
    # The link is a secret: it stands in this answer only, not in a message or an address.
    context = {"name": name, "link": request.build_absolute_uri(path)}
    return render(request, "people/link.html", context)
