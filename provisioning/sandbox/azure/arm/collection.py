"""One type of resource behind its addresses: put, get, change, list and delete."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from provisioning.sandbox.azure.arm.calls import PREFIX, ArmCall, ArmOperation, checked
from provisioning.sandbox.azure.arm.kind import Kind
from provisioning.sandbox.azure.arm.locations import plain_location
from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.pages import paged
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.arm.tags import require_tags
from provisioning.sandbox.azure.errors import bad_request, conflict, not_found
from provisioning.sandbox.azure.forms import anything, mapped, record, require_form, text
from provisioning.sandbox.rest import RestError, RestResponse, Route

_OBJECT = record({})
_BODY = record(
    {
        "identity": record({"type": text}),
        "kind": text,
        "location": text,
        "properties": _OBJECT,
        "sku": record({"name": text}),
        "tags": mapped(anything),
    }
)
OnResource = Callable[[ArmCall, Resource], RestResponse]


class Collection:
    def __init__(self, manager: Manager, kind: Kind) -> None:
        self._manager = manager
        self._resources = manager.resources
        self._kind = kind

    def routes(self) -> Iterator[Route]:
        kind, rule = self._kind, _rule(self._kind)
        yield self._route("PUT", rule, kind.put_name, self._put)
        yield self._route("GET", rule, kind.get_name, self._get)
        yield self._route("DELETE", rule, "Delete", self._delete)
        if kind.changeable:
            yield self._route("PATCH", rule, "Update", self._patch)
        yield self._route("GET", rule.rpartition("/")[0], kind.list_name, self._list)
        if kind.located:
            everywhere = f"{PREFIX}/subscriptions/<subscription>/providers/{kind.provider}/"
            everywhere += kind.template.split("/")[0]
            yield self._route("GET", everywhere, "ListBySubscription", self._list_all)

    def action(self, name: str, operation: OnResource) -> Route:
        """A POST to one resource: `…/start`, which is the operation "Triggers.Start"."""
        called = f"{self._kind.label}.{name[:1].upper()}{name[1:]}"
        return self.at("POST", name, called, operation)

    def at(self, method: str, below: str, name: str, operation: OnResource) -> Route:
        """An operation at an address below a resource, which has to exist."""

        def act(call: ArmCall) -> RestResponse:
            return operation(call, self.find(call))

        route = self._route(method, f"{_rule(self._kind)}/{below}", "", act)
        return replace(route, name=name)

    def find(self, call: ArmCall) -> Resource:
        """Raises RestError when there is none."""
        self._parent(call, "read")
        resource = self._resources.get(_id(self._kind, call))
        if resource is None:
            raise self._kind.missing(call)
        return resource

    def shown_in(self, call: ArmCall, parent: Resource) -> list[dict[str, Any]]:
        """All that are in another resource, as they are told."""
        found = self._resources.of_type(self._kind.type, below=f"{parent.id}/")
        return [self._shown(call, each) for each in found]

    def _route(self, method: str, rule: str, name: str, operation: ArmOperation) -> Route:
        registered = self._manager.providers.checking(self._kind.provider, operation)
        call = checked(registered, groups=self._resources if "<group>" in rule else None)
        return Route(method, rule, f"{self._kind.label}.{name}", call)

    # ── The verbs ───────────────────────────────────────────────────────────────────

    def _put(self, call: ArmCall) -> RestResponse:
        kind, body = self._kind, call.json()
        self._require_writable_group(call)
        self._parent(call, "write")
        before = self._resources.get(_id(kind, call))
        self._require_match(call, before)
        draft = self._draft(call, body, before)
        _require_location(kind, draft, before)
        require_tags(draft.tags)
        kind.accept(call, draft, before)
        return self._keep(call, draft, before)

    def _patch(self, call: ArmCall) -> RestResponse:
        kind, body, before = self._kind, call.json(), self.find(call)
        merged: dict[str, Any] = {**before.envelope, "properties": before.properties}
        for name in kind.envelope:
            if name in body:
                merged[name] = body[name]
        merged["properties"] = {**before.properties, **(body.get("properties") or {})}
        draft = self._draft(call, merged, before)
        require_tags(draft.tags)
        kind.accept(call, draft, before)
        return self._keep(call, draft, before)

    def _keep(self, call: ArmCall, draft: Resource, before: Resource | None) -> RestResponse:
        kind = self._kind
        if before is None:
            draft.ready = self._manager.now() + kind.seconds
        self._resources.put(draft)
        kind.accepted(draft, before)
        shown = self._shown(call, draft)
        if before is not None:
            return RestResponse(kind.updated, shown)
        if not kind.waits:
            return RestResponse(kind.created, shown)
        operations = self._manager.operations
        if kind.waits == "status":
            begun = operations.begin(call, seconds=kind.seconds)
            return RestResponse(kind.created, shown, operations.status(call, begun))
        settled = self._shown(call, draft.model_copy(update={"ready": 0.0}))
        begun = operations.begin(call, seconds=kind.seconds, body=settled)
        return RestResponse(202, None, operations.location(call, begun))

    def _get(self, call: ArmCall) -> RestResponse:
        resource = self.find(call)
        if call.request.method == "HEAD":
            return RestResponse(204)
        wanted = call.request.headers.get("if-none-match", "")
        if wanted.strip('"') in (resource.etag.strip('"'), "*"):
            return RestResponse(304)
        return RestResponse(200, self._shown(call, resource))

    def _delete(self, call: ArmCall) -> RestResponse:
        self._parent(call, "delete")
        resource = self._resources.get(_id(self._kind, call))
        if resource is None:
            return RestResponse(204)
        self._require_match(call, resource)
        self._kind.require_deletable(resource)
        self._manager.remove(resource)
        if self._kind.deleted != 202:
            return RestResponse(self._kind.deleted)
        operations = self._manager.operations
        begun = operations.begin(call, seconds=self._kind.seconds)
        return RestResponse(202, None, operations.location(call, begun))

    def _list(self, call: ArmCall) -> RestResponse:
        self._parent(call, "read")
        start = f"{_id(self._kind, call)}/"
        return self._page(call, self._resources.of_type(self._kind.type, below=start))

    def _list_all(self, call: ArmCall) -> RestResponse:
        start = f"/subscriptions/{call.subscription}/"
        return self._page(call, self._resources.of_type(self._kind.type, below=start))

    def _page(self, call: ArmCall, found: list[Resource]) -> RestResponse:
        shown = [self._shown(call, each) for each in found]
        return paged(call, shown, most=self._kind.page)

    # ── What it takes ───────────────────────────────────────────────────────────────

    def _parent(self, call: ArmCall, verb: str) -> None:
        """Raises RestError when the resource that it is to be in does not exist."""
        depth = self._kind.template.count("{}")
        if depth < 2:
            return
        parent = f"{_id(self._kind, call, depth=depth - 1)}"
        if self._resources.get(parent) is None:
            nested = "/".join(self._kind.template.split("/")[::2])
            message = (
                f"Failed to perform '{verb}' on resource(s) of type '{nested}', because the "
                f"parent resource '{parent}' could not be found."
            )
            raise not_found("ParentResourceNotFound", message)

    def _require_writable_group(self, call: ArmCall) -> None:
        group = self._resources.get(
            f"/subscriptions/{call.subscription}/resourceGroups/{call.group}"
        )
        if group is not None and group.deleting:
            message = (
                f"The resource group '{group.name}' is in deprovisioning state and cannot "
                "perform this operation."
            )
            raise conflict("ResourceGroupBeingDeleted", message)

    def _require_match(self, call: ArmCall, before: Resource | None) -> None:
        wanted = call.request.headers.get("if-match", "").strip('"')
        if wanted and (before is None or wanted not in ("*", before.etag.strip('"'))):
            message = "The condition specified using HTTP conditional header(s) is not met."
            raise RestError(412, "PreconditionFailed", message)

    def _draft(self, call: ArmCall, body: dict[str, Any], before: Resource | None) -> Resource:
        kind, now = self._kind, self._manager.now()
        require_form(body, _BODY, at="body")
        properties = body.get("properties") or {}
        return Resource(
            id=before.id if before else _id(kind, call),
            type=kind.type,
            name=before.name if before else call.names[-1],
            envelope={name: body[name] for name in kind.envelope if body.get(name) is not None},
            properties=properties,
            secrets=before.secrets if before else {},
            etag=kind.new_etag(),
            created=before.created if before else now,
            modified=now,
            ready=before.ready if before else 0.0,
        )

    def _shown(self, call: ArmCall, resource: Resource) -> dict[str, Any]:
        kind = self._kind
        shown = {"id": resource.id, "name": resource.name, "type": resource.type}
        if kind.etag:
            shown[kind.etag] = resource.etag
        return {**shown, **resource.envelope, "properties": kind.shown(call, resource)}


def _rule(kind: Kind) -> str:
    rule = f"{PREFIX}/subscriptions/<subscription>/resourceGroups/<group>/providers/"
    rule += f"{kind.provider}/{kind.template}"
    for at in range(kind.template.count("{}")):
        rule = rule.replace("{}", f"<name{at}>", 1)
    return rule


def _id(kind: Kind, call: ArmCall, *, depth: int | None = None) -> str:
    """The id in the type's own spelling; of an ancestor where `depth` says so."""
    names = call.names if depth is None else call.names[:depth]
    parts, left = [], list(names)
    for part in kind.template.split("/"):
        if part == "{}":
            if not left:
                break
            part = left.pop(0)
        parts.append(part)
        if not left and depth is not None:
            break
    start = f"/subscriptions/{call.subscription}/resourceGroups/{call.group}"
    return "/".join([start, "providers", kind.provider, *parts])


def _require_location(kind: Kind, draft: Resource, before: Resource | None) -> None:
    if not kind.located:
        return
    if not draft.location:
        message = "The location property is required for this definition."
        raise bad_request(message, code="LocationRequired")
    draft.envelope["location"] = plain_location(draft.location)
    if before is not None and before.location != draft.location:
        message = (
            f"The resource '{before.name}' already exists in location '{before.location}' in "
            f"resource group '{before.group}'. A resource with the same name cannot be created "
            f"in location '{draft.location}'. Please select a new resource name."
        )
        raise conflict("InvalidResourceLocation", message)
