"""Subscriptions and the tenant that they are in. The sandbox has as many as are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioning.sandbox.azure.arm.calls import PREFIX, ArmCall, checked
from provisioning.sandbox.azure.arm.locations import LOCATIONS
from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.operations import RESULTS_RULE, STATUS_RULE
from provisioning.sandbox.azure.arm.resources import TENANT
from provisioning.sandbox.azure.authorization.access import Access
from provisioning.sandbox.rest import RestResponse, Route


class Subscriptions:
    def __init__(self, manager: Manager, access: Access) -> None:
        self._manager = manager
        self._access = access

    def routes(self) -> Iterator[Route]:
        one = f"{PREFIX}/subscriptions/<subscription>"
        operations = self._manager.operations
        for rule, name, operation in (
            (f"{PREFIX}/subscriptions", "Subscriptions.List", self._list),
            (one, "Subscriptions.Get", self._get),
            (f"{one}/locations", "Subscriptions.ListLocations", self._locations),
            (f"{PREFIX}/tenants", "Tenants.List", self._tenants),
            (RESULTS_RULE, "Operations.Result", operations.show_result),
            (STATUS_RULE, "Operations.Status", operations.show_status),
        ):
            yield Route("GET", rule, name, checked(operation))

    def _list(self, call: ArmCall) -> RestResponse:
        """Those in which the caller has a role."""
        found = self._access.subscriptions(call.caller)
        return RestResponse(200, {"value": [_shown(each) for each in sorted(found)]})

    def _get(self, call: ArmCall) -> RestResponse:
        return RestResponse(200, _shown(call.subscription))

    def _locations(self, call: ArmCall) -> RestResponse:
        start = f"/subscriptions/{call.subscription}/locations"
        found = [
            {"id": f"{start}/{name}", "name": name, "type": "Region", "displayName": called}
            for name, called in LOCATIONS.items()
        ]
        return RestResponse(200, {"value": found})

    def _tenants(self, call: ArmCall) -> RestResponse:
        found = {"id": f"/tenants/{TENANT}", "tenantId": TENANT, "displayName": "Sandbox"}
        return RestResponse(200, {"value": [found]})


def _shown(subscription: str) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{subscription}",
        "subscriptionId": subscription,
        "displayName": "Sandbox",
        "state": "Enabled",
        "tenantId": TENANT,
        "authorizationSource": "RoleBased",
    }
