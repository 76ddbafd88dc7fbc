"""Resource groups, and what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from provisioning.sandbox.azure.arm.calls import PREFIX, ArmCall, checked, group_id
from provisioning.sandbox.azure.arm.filters import parse_filter, passes
from provisioning.sandbox.azure.arm.locations import plain_location
from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.pages import paged
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.arm.tags import require_tags
from provisioning.sandbox.azure.errors import bad_request, conflict, not_found
from provisioning.sandbox.azure.forms import anything, mapped, record, require_form, text
from provisioning.sandbox.rest import RestResponse, Route

TYPE = "Microsoft.Resources/resourceGroups"
_NAME = re.compile(r"[-\w().]{1,90}")
_BODY = record({"location": text, "managedBy": text, "tags": mapped(anything)})
_DELETE_SECONDS = 3.0
_PAGE = 1000


class Groups:
    def __init__(self, manager: Manager) -> None:
        self._manager = manager
        self._resources = manager.resources

    def routes(self) -> Iterator[Route]:
        base = f"{PREFIX}/subscriptions/<subscription>/resourcegroups"
        one = f"{base}/<group>"
        for method, rule, name, operation in (
            ("PUT", one, "ResourceGroups.CreateOrUpdate", self._put),
            ("GET", one, "ResourceGroups.Get", self._get),
            ("PATCH", one, "ResourceGroups.Update", self._patch),
            ("DELETE", one, "ResourceGroups.Delete", self._delete),
            ("GET", base, "ResourceGroups.List", self._list),
            ("GET", f"{one}/resources", "Resources.ListByResourceGroup", self._list_inside),
            (
                "GET",
                f"{PREFIX}/subscriptions/<subscription>/resources",
                "Resources.List",
                self._list_resources,
            ),
        ):
            yield Route(method, rule, name, checked(operation))

    def _put(self, call: ArmCall) -> RestResponse:
        body, before = call.json(), self._find(call)
        require_form(body, _BODY, at="body")
        if not _NAME.fullmatch(call.group) or call.group.endswith("."):
            message = (
                f"The provided resource group name '{call.group}' has these invalid characters "
                "or forms. The name can only be a letter, digit, '-', '.', '(', ')' or '_', and "
                "cannot end with '.'."
            )
            raise bad_request(message, code="InvalidResourceGroupName")
        if not body.get("location"):
            message = "The location property is required for this definition."
            raise bad_request(message, code="LocationRequired")
        location = plain_location(str(body["location"]))
        self._require_same(before, location)
        group = Resource(
            id=before.id if before else group_id(call.subscription, call.group),
            type=TYPE,
            name=before.name if before else call.group,
            envelope={**_given(body), "location": location},
            etag="",
            created=before.created if before else self._manager.now(),
            modified=self._manager.now(),
        )
        require_tags(group.tags)
        self._resources.put(group)
        return RestResponse(200 if before else 201, _shown(group))

    def _get(self, call: ArmCall) -> RestResponse:
        group = self._find(call)
        if call.request.method == "HEAD":
            return RestResponse(204 if group else 404)
        return RestResponse(200, _shown(self._require(call)))

    def _patch(self, call: ArmCall) -> RestResponse:
        group, body = self._require(call), call.json()
        require_form(body, _BODY, at="body")
        changed = group.model_copy(update={"envelope": {**group.envelope, **_given(body)}})
        require_tags(changed.tags)
        self._resources.put(changed)
        return RestResponse(200, _shown(changed))

    def _delete(self, call: ArmCall) -> RestResponse:
        group = self._require(call)
        group.deleting = True
        self._resources.put(group)
        operations = self._manager.operations
        begun = operations.begin(call, seconds=_DELETE_SECONDS, act="delete", resource=group.id)
        return RestResponse(202, None, operations.location(call, begun))

    def _list(self, call: ArmCall) -> RestResponse:
        wanted = parse_filter(call.request.query.get("$filter", ""))
        start = f"/subscriptions/{call.subscription}/"
        found = self._resources.of_type(TYPE, below=start)
        return paged(call, [_shown(each) for each in found if passes(each, wanted)], most=_PAGE)

    def _list_inside(self, call: ArmCall) -> RestResponse:
        return self._inside(call, f"{self._require(call).key}/")

    def _list_resources(self, call: ArmCall) -> RestResponse:
        return self._inside(call, f"/subscriptions/{call.subscription}/")

    def _inside(self, call: ArmCall, start: str) -> RestResponse:
        """Those with a location: what is inside a resource is not listed."""
        wanted = parse_filter(call.request.query.get("$filter", ""))
        found = [
            {"id": each.id, "name": each.name, "type": each.type, **each.envelope}
            for each in self._resources
            if each.location and each.type != TYPE and each.key.startswith(start)
            if passes(each, wanted)
        ]
        return paged(call, found, most=_PAGE)

    def _find(self, call: ArmCall) -> Resource | None:
        return self._resources.get(group_id(call.subscription, call.group))

    def _require(self, call: ArmCall) -> Resource:
        group = self._find(call)
        if group is None:
            message = f"Resource group '{call.group}' could not be found."
            raise not_found("ResourceGroupNotFound", message)
        return group

    def _require_same(self, before: Resource | None, location: str) -> None:
        if before is None:
            return
        if before.deleting:
            message = (
                f"The resource group '{before.name}' is in deprovisioning state and cannot "
                "perform this operation."
            )
            raise conflict("ResourceGroupBeingDeleted", message)
        if before.location != location:
            message = (
                f"Invalid resource group location '{location}'. The Resource group already "
                f"exists in location '{before.location}'."
            )
            raise conflict("InvalidResourceGroupLocation", message)


def _given(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in ("tags", "managedBy") if body.get(name) is not None}


def _shown(group: Resource) -> dict[str, Any]:
    state = "Deleting" if group.deleting else "Succeeded"
    return {
        "id": group.id,
        "name": group.name,
        "type": TYPE,
        **group.envelope,
        "properties": {"provisioningState": state},
    }
