"""Cloud Run's API: services and revisions.
https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services"""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.google.calls import (
    Call,
    Guarded,
    Operations,
    not_found,
    parent_of,
    part,
)
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.iam_methods import IamMethods
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.lists import page
from provisioning.sandbox.google.masks import masked, patched
from provisioning.sandbox.google.operations import Operation, OperationTable
from provisioning.sandbox.google.run import describing
from provisioning.sandbox.google.run.checks import ServiceChecks, invalid, require_id
from provisioning.sandbox.google.run.records import Service
from provisioning.sandbox.google.run.services import Services
from provisioning.sandbox.google.times import written
from provisioning.sandbox.world import World

_SECONDS = 0.8
_TYPE = "type.googleapis.com/google.cloud.run.v2.Service"
_WRITABLE = ("annotations", "client", "clientVersion", "customAudiences", "defaultUriDisabled",
             "description", "ingress", "invokerIamDisabled", "labels", "launchStage", "scaling",
             "template", "traffic")  # fmt: skip
_UNKNOWN = ("binaryAuthorization", "buildConfig", "iapEnabled", "multiRegionSettings",
            "sshEnabled")  # fmt: skip


class RunApi:
    def __init__(self, world: World, identity: Identity, services: Services) -> None:
        self._clock = world.clock
        self._policies = identity.policies
        self._services = services
        self._checks = ServiceChecks(identity)
        self._iam = IamMethods(identity, lambda call: self._find(call).name)
        self._operations = OperationTable(
            world,
            service="run",
            completions={
                "create-service": self._ready,
                "update-service": self._ready,
                "delete-service": self._deleted,
            },
            metadata=self._metadata,
        )

    def operations(self) -> Operations:
        collection = "projects.locations.services"
        return {
            **self._operations.operations(),
            **self._iam.operations(collection),
            f"{collection}.create": self._create,
            f"{collection}.get": self._get,
            f"{collection}.list": self._list,
            f"{collection}.patch": self._patch,
            f"{collection}.delete": self._delete,
            f"{collection}.revisions.get": Guarded(self._get_revision, "run.revisions.get"),
            f"{collection}.revisions.list": Guarded(self._list_revisions, "run.revisions.list"),
        }

    def _create(self, call: Call) -> dict[str, Any]:
        require_id(call["serviceId"])
        name = f"{call['parent']}/services/{call['serviceId']}"
        if self._services.table.get(name):
            id = call["serviceId"]
            message = f"Resource '{id}' already exists."
            raise refusal("ALREADY_EXISTS", message)
        wish = self._checks.require(call, _wish(call.body))
        if call.flag("validateOnly"):
            return {"done": True, "response": {"@type": _TYPE, "name": name, **wish}}
        service = self._services.create(name, wish, caller=call.caller.email)
        shown = describing.service(service)
        return self._operations.begin("create-service", name, seconds=_SECONDS, resource=shown)

    def _patch(self, call: Call) -> dict[str, Any]:
        service = self._find(call)
        etag = call.body.get("etag", "")
        if etag and etag != describing.service(service)["etag"]:
            raise refusal("ABORTED", "Conflict for resource: the etag does not match.")
        if call["updateMask"]:
            wish = patched(service.wish, call.body, masked(call, fields=dict.fromkeys(_WRITABLE)))
        else:
            wish = call.body
        filled = self._checks.require(call, _wish(wish))
        self._services.change(service, filled, caller=call.caller.email)
        shown = describing.service(service)
        return self._operations.begin(
            "update-service", service.name, seconds=_SECONDS, resource=shown
        )

    def _ready(self, operation: Operation, time: float) -> dict[str, Any]:
        service = self._services.table.get(operation.target)
        if service is None:
            raise refusal("NOT_FOUND", f"Resource '{operation.target}' was not found")
        self._services.ready(service)
        return {"@type": _TYPE, **describing.service(service)}

    def _get(self, call: Call) -> dict[str, Any]:
        return describing.service(self._find(call))

    def _list(self, call: Call) -> dict[str, Any]:
        mine = [one for one in self._services.table if _lies_in(one, call["parent"])]
        mine.sort(key=lambda one: one.name)
        return page(call, mine, "services", describing.service)

    def _delete(self, call: Call) -> dict[str, Any]:
        service = self._find(call)
        shown = {**describing.service(service), "deleteTime": written(self._clock.now())}
        return self._operations.begin(
            "delete-service", service.name, seconds=_SECONDS, resource=shown
        )

    def _deleted(self, operation: Operation, time: float) -> dict[str, Any]:
        service = self._services.table.get(operation.target)
        if service is not None:
            self._services.delete(service)
            self._policies.forget(service.name)
        return dict(operation.metadata)

    def _get_revision(self, call: Call) -> dict[str, Any]:
        found = self._services.revisions.get(call.resource)
        if found is None:
            raise not_found(call.resource)
        return describing.revision(found)

    def _list_revisions(self, call: Call) -> dict[str, Any]:
        service = self._services.table.get(call["parent"])
        if service is None:
            raise not_found(call["parent"])
        return page(call, self._services.of(service), "revisions", describing.revision)

    def _find(self, call: Call) -> Service:
        service = self._services.table.get(call.resource)
        if service is None:
            raise not_found(call.resource)
        return service

    def _metadata(self, operation: Operation, resource: dict[str, Any] | None) -> dict[str, Any]:
        """The service itself, as it is by then."""
        return {"@type": _TYPE, **(resource or {})}


def _wish(body: dict[str, Any]) -> dict[str, Any]:
    for name in _UNKNOWN:
        if body.get(name):
            raise refusal("UNIMPLEMENTED", f"The sandbox does not simulate {name} of services.")
    if len(body.get("description", "")) > 512:
        raise invalid("description: must have at most 512 characters.")
    return {name: body[name] for name in _WRITABLE if name in body}


def _lies_in(service: Service, parent: str) -> bool:
    """`-` stands for all locations."""
    if part(parent, "locations") == "-":
        return service.project == part(parent, "projects")
    return parent_of(service.name) == parent
