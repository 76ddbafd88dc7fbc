"""Applications and their service principals."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from provisioning.sandbox.azure.arm.resources import TENANT
from provisioning.sandbox.azure.entra.directory import DOMAIN, Directory
from provisioning.sandbox.azure.entra.records import Application, ServicePrincipal
from provisioning.sandbox.azure.graph.credentials import Credentials
from provisioning.sandbox.azure.graph.dialect import bad_request, no_object
from provisioning.sandbox.azure.graph.shapes import (
    body_of,
    shown_application,
    shown_principal,
    text_of,
)
from provisioning.sandbox.rest import RestRequest, RestResponse, Route

PREFIX = "/graph/v1.0"
_FILTER = re.compile(r"\s*(\w+)\s+eq\s+'((?:[^']|'')*)'\s*")


class Applications:
    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._table = directory.applications
        self._credentials = Credentials(directory)

    def routes(self) -> Iterator[Route]:
        base = f"{PREFIX}/applications"
        for method, rule, name, operation in (
            ("POST", base, "Create", self._create),
            ("GET", base, "List", self._list),
        ):
            yield Route(method, rule, f"Applications.{name}", operation)
        for one in (f"{base}/<id>", f"{base}(appId='<app>')"):
            yield from self._of_one(one)

    def _of_one(self, one: str) -> Iterator[Route]:
        federated = f"{one}/federatedIdentityCredentials"
        for method, rule, name, operation in (
            ("GET", one, "Get", self._get),
            ("PATCH", one, "Update", self._update),
            ("DELETE", one, "Delete", self._delete),
            ("POST", f"{one}/addPassword", "AddPassword", self._credentials.add_password),
            ("POST", f"{one}/removePassword", "RemovePassword", self._credentials.remove_password),
            ("GET", federated, "ListFederated", self._credentials.list_federated),
            ("POST", federated, "CreateFederated", self._credentials.add_federated),
            ("GET", f"{federated}/<federated>", "GetFederated", self._credentials.get_federated),
            (
                "DELETE",
                f"{federated}/<federated>",
                "DeleteFederated",
                self._credentials.remove_federated,
            ),
        ):
            yield Route(method, rule, f"Applications.{name}", self._found(operation))

    def _found(
        self, operation: Callable[[RestRequest, Application], RestResponse]
    ) -> Callable[[RestRequest], RestResponse]:
        def answer(request: RestRequest) -> RestResponse:
            wanted = request.arguments.get("id") or request.arguments["app"]
            by_id = "id" in request.arguments
            found = self._table.get(wanted.lower()) if by_id else (
                self._directory.application(wanted))  # fmt: skip
            if found is None:
                raise no_object(wanted)
            return operation(request, found)

        return answer

    def _create(self, request: RestRequest) -> RestResponse:
        body = body_of(request)
        made = Application(
            id=str(uuid.uuid4()),
            app_id=str(uuid.uuid4()),
            name=text_of(body, "displayName", most=256),
            created=self._directory.now(),
        )
        self._credentials.set_certificates(made, body)
        self._table.put(made)
        return RestResponse(201, shown_application(made))

    def _list(self, request: RestRequest) -> RestResponse:
        return RestResponse(
            200, _listed(request, (shown_application(each) for each in self._table))
        )

    def _get(self, request: RestRequest, application: Application) -> RestResponse:
        return RestResponse(200, shown_application(application))

    def _update(self, request: RestRequest, application: Application) -> RestResponse:
        body = body_of(request)
        changed = application.model_copy(deep=True)
        if "displayName" in body:
            changed.name = text_of(body, "displayName", most=256)
        self._credentials.set_certificates(changed, body)
        self._table.put(changed)
        return RestResponse(204)

    def _delete(self, request: RestRequest, application: Application) -> RestResponse:
        """With its service principal, which is in the same tenant."""
        self._table.delete(application.key)
        principal = self._directory.principal_of(application.app_id)
        if principal is not None:
            self._directory.principals.delete(principal.key)
        return RestResponse(204)


class ServicePrincipals:
    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._table = directory.principals

    def routes(self) -> Iterator[Route]:
        base = f"{PREFIX}/servicePrincipals"
        for method, rule, name, operation in (
            ("POST", base, "Create", self._create),
            ("GET", base, "List", self._list),
        ):
            yield Route(method, rule, f"ServicePrincipals.{name}", operation)
        for one in (f"{base}/<id>", f"{base}(appId='<app>')"):
            for method, name, act in (
                ("GET", "Get", self._get),
                ("PATCH", "Update", self._update),
                ("DELETE", "Delete", self._delete),
            ):
                yield Route(method, one, f"ServicePrincipals.{name}", act)
        yield Route("GET", f"{PREFIX}/organization", "Organization.List", self._organization)

    def _create(self, request: RestRequest) -> RestResponse:
        app_id = text_of(body_of(request), "appId", most=36).lower()
        application = self._directory.application(app_id)
        if application is None:
            message = (
                f"The appId '{app_id}' of the service principal does not reference a valid "
                "application object."
            )
            raise bad_request(message)
        if self._directory.principal_of(app_id) is not None:
            message = (
                f"The service principal cannot be created, updated, or restored because the "
                f"service principal name {app_id} is already in use."
            )
            raise bad_request(message)
        made = ServicePrincipal(
            id=str(uuid.uuid4()),
            app_id=app_id,
            name=application.name,
            created=self._directory.now(),
        )
        self._table.put(made)
        return RestResponse(201, shown_principal(made))

    def _list(self, request: RestRequest) -> RestResponse:
        return RestResponse(200, _listed(request, (shown_principal(each) for each in self._table)))

    def _get(self, request: RestRequest) -> RestResponse:
        return RestResponse(200, shown_principal(self._find(request)))

    def _update(self, request: RestRequest) -> RestResponse:
        enabled = body_of(request).get("accountEnabled")
        if not isinstance(enabled, bool):
            message = "Of a service principal the sandbox changes accountEnabled only."
            raise bad_request(message)
        self._table.put(self._find(request).model_copy(update={"enabled": enabled}))
        return RestResponse(204)

    def _delete(self, request: RestRequest) -> RestResponse:
        self._table.delete(self._find(request).key)
        return RestResponse(204)

    def _organization(self, request: RestRequest) -> RestResponse:
        domain = {"name": DOMAIN, "isDefault": True, "isInitial": True}
        found = {"id": TENANT, "displayName": "Sandbox", "verifiedDomains": [domain]}
        return RestResponse(200, {"value": [found]})

    def _find(self, request: RestRequest) -> ServicePrincipal:
        arguments = request.arguments
        found = (
            self._table.get(arguments["id"].lower())
            if "id" in arguments
            else self._directory.principal_of(arguments["app"])
        )
        if found is None:
            raise no_object(arguments.get("id") or arguments["app"])
        return found


def _listed(request: RestRequest, shown: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """All, or those of which one property equals a text."""
    wanted = request.query.get("$filter", "")
    if not wanted:
        return {"value": list(shown)}
    match = _FILTER.fullmatch(wanted)
    if match is None or match[1] not in ("appId", "displayName", "id"):
        raise bad_request("The sandbox filters by appId, displayName or id, with eq.")
    name, value = match[1], match[2].replace("''", "'").lower()
    return {"value": [each for each in shown if str(each[name]).lower() == value]}
