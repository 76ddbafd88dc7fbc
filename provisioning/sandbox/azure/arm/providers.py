"""Resource providers: what a subscription has to be registered for before it uses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioning.sandbox.azure.arm.calls import PREFIX, ArmCall, ArmOperation, checked
from provisioning.sandbox.azure.arm.pages import paged
from provisioning.sandbox.azure.arm.records import Registration
from provisioning.sandbox.azure.errors import conflict, not_found
from provisioning.sandbox.records import Table
from provisioning.sandbox.rest import RestResponse, Route
from provisioning.sandbox.store import Store

NAMESPACES = {
    "Microsoft.Authorization": ("roleAssignments", "roleDefinitions"),
    "Microsoft.DataFactory": ("factories",),
    "Microsoft.EventGrid": ("topics", "systemTopics", "eventSubscriptions"),
    "Microsoft.Resources": ("resourceGroups", "subscriptions"),
    "Microsoft.Storage": ("storageAccounts",),
}
# Every subscription has these; they cannot be given up.
_ALWAYS = ("microsoft.authorization", "microsoft.resources")


class Providers:
    """A subscription of the sandbox begins with all of them registered."""

    def __init__(self, store: Store) -> None:
        self._table = Table(store, kind="azure_registration", record=Registration)

    def checking(self, namespace: str, operation: ArmOperation) -> ArmOperation:
        """The operation, refused where its provider is not registered."""

        def answer(call: ArmCall) -> RestResponse:
            if not self._registered(call.subscription, namespace):
                message = (
                    f"The subscription is not registered to use namespace '{namespace}'. See "
                    "https://aka.ms/rps-not-found for how to register subscriptions."
                )
                code = "MissingSubscriptionRegistration"
                detail = {"code": code, "target": namespace, "message": message}
                raise conflict(code, message, details=[detail])
            return operation(call)

        return answer

    def routes(self) -> Iterator[Route]:
        base = f"{PREFIX}/subscriptions/<subscription>/providers"
        for method, rule, name, operation in (
            ("GET", base, "List", self._list),
            ("GET", f"{base}/<namespace>", "Get", self._get),
            ("POST", f"{base}/<namespace>/register", "Register", self._register),
            ("POST", f"{base}/<namespace>/unregister", "Unregister", self._unregister),
        ):
            yield Route(method, rule, f"Providers.{name}", checked(operation))

    def _registered(self, subscription: str, namespace: str) -> bool:
        found = self._table.get(f"{subscription}/{namespace.lower()}")
        return found is None or found.registered or namespace.lower() in _ALWAYS

    def _list(self, call: ArmCall) -> RestResponse:
        return paged(call, [self._shown(call, each) for each in NAMESPACES], most=1000)

    def _get(self, call: ArmCall) -> RestResponse:
        return RestResponse(200, self._shown(call, _namespace(call)))

    def _register(self, call: ArmCall) -> RestResponse:
        return self._set(call, registered=True)

    def _unregister(self, call: ArmCall) -> RestResponse:
        namespace = _namespace(call)
        if namespace.lower() in _ALWAYS:
            message = f"Cannot unregister the resource namespace '{namespace}'."
            raise conflict("CannotUnregisterProvider", message)
        return self._set(call, registered=False)

    def _set(self, call: ArmCall, *, registered: bool) -> RestResponse:
        namespace = _namespace(call)
        self._table.put(
            Registration(subscription=call.subscription, namespace=namespace, registered=registered)
        )
        return RestResponse(200, self._shown(call, namespace))

    def _shown(self, call: ArmCall, namespace: str) -> dict[str, Any]:
        registered = self._registered(call.subscription, namespace)
        return {
            "id": f"/subscriptions/{call.subscription}/providers/{namespace}",
            "namespace": namespace,
            "registrationState": "Registered" if registered else "NotRegistered",
            "registrationPolicy": "RegistrationRequired",
            "resourceTypes": [
                {"resourceType": each, "locations": [], "apiVersions": []}
                for each in NAMESPACES[namespace]
            ],
        }


def _namespace(call: ArmCall) -> str:
    wanted = call.request.arguments["namespace"]
    found = {each.lower(): each for each in NAMESPACES}.get(wanted.lower())
    if found is None:
        message = f"The resource namespace '{wanted}' is invalid."
        raise not_found("InvalidResourceNamespace", message)
    return found
