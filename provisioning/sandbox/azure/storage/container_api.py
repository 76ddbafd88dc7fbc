"""Containers over the blob service's own HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.storage import listings
from provisioning.sandbox.azure.storage.blob_api import PREFIX, require_account, told
from provisioning.sandbox.azure.storage.blobs import Blobs
from provisioning.sandbox.azure.storage.containers import NAME, TYPE
from provisioning.sandbox.azure.storage.doorkeeping import BLOBS, CONTAINERS, BlobAccess
from provisioning.sandbox.rest import RestError, RestRequest, RestResponse, Route

_META = "x-ms-meta-"
Operation = Callable[[RestRequest, Resource], RestResponse]


class ContainerApi:
    def __init__(self, manager: Manager, blobs: Blobs, access: BlobAccess) -> None:
        self._manager = manager
        self._blobs = blobs
        self._access = access

    def routes(self) -> Iterator[Route]:
        account = f"{PREFIX}/<account>"
        container = f"{account}/<container>"
        for method, rule, name, operation in (
            ("GET", account, "BlobService.Get", self._service),
            ("PUT", container, "Containers.Put", self._put),
            ("GET", container, "Containers.Get", self._get),
            ("DELETE", container, "Containers.Delete", self._delete),
        ):
            yield Route(method, rule, name, self._answering(operation))

    def _answering(self, operation: Operation) -> Callable[[RestRequest], RestResponse]:
        def answer(request: RestRequest) -> RestResponse:
            account = require_account(self._blobs, request)
            self._access.require(
                request,
                account,
                _action(request),
                below=_below(request),
                open_to_all=self._is_open(request, account),
            )
            return told(operation(request, account))

        return answer

    def _is_open(self, request: RestRequest, account: Resource) -> bool:
        name = request.arguments.get("container")
        found = self._blobs.container(account, name) if name else None
        reads = request.method in ("GET", "HEAD")
        return bool(reads and found and found.properties.get("publicAccess") == "Container")

    def _service(self, request: RestRequest, account: Resource) -> RestResponse:
        if request.query.get("comp") == "list":
            found = self._manager.resources.of_type(TYPE, below=f"{account.id}/")
            body = listings.containers(found, url=_url(request, account), query=request.query)
            return RestResponse(200, body, {"Content-Type": "application/xml"})
        kinds = {"x-ms-sku-name": account.envelope["sku"]["name"],
                 "x-ms-account-kind": account.envelope["kind"]}  # fmt: skip
        if request.query.get("restype") == "account":
            return RestResponse(200, None, kinds)
        raise _unsupported(request)

    def _put(self, request: RestRequest, account: Resource) -> RestResponse:
        comp, name = request.query.get("comp"), request.arguments["container"]
        if comp not in (None, "metadata"):
            raise _unsupported(request)
        found = self._blobs.container(account, name)
        if comp == "metadata":
            container = self._require(request, account)
        elif found is not None:
            message = "The specified container already exists."
            raise RestError(409, "ContainerAlreadyExists", message)
        else:
            container = self._new(request, account, name)
        container.properties["metadata"] = {
            key.removeprefix(_META): value
            for key, value in request.headers.items()
            if key.startswith(_META)
        }
        container.modified = self._manager.now()
        self._manager.resources.put(container)
        return RestResponse(200 if comp else 201, None, _changed(container))

    def _new(self, request: RestRequest, account: Resource, name: str) -> Resource:
        if not NAME.fullmatch(name):
            message = "The specified resource name contains invalid characters."
            raise RestError(400, "InvalidResourceName", message)
        access = request.headers.get("x-ms-blob-public-access", "None").capitalize()
        if access != "None" and not account.properties.get("allowBlobPublicAccess"):
            message = "Public access is not permitted on this storage account."
            raise RestError(409, "PublicAccessNotPermitted", message)
        now = self._manager.now()
        return Resource(
            id=f"{account.id}/blobServices/default/containers/{name}",
            type=TYPE,
            name=name,
            properties={"publicAccess": access},
            etag=f'"0x8D{int(now * 1000):X}"',
            created=now,
            modified=now,
        )

    def _get(self, request: RestRequest, account: Resource) -> RestResponse:
        container = self._require(request, account)
        if request.query.get("comp") == "list":
            prefix = request.query.get("prefix", "")
            body = listings.blobs(
                self._blobs.in_container(account.name, container.name, prefix=prefix),
                url=_url(request, account),
                container=container.name,
                query=request.query,
            )
            return RestResponse(200, body, {"Content-Type": "application/xml"})
        if request.query.get("comp") not in (None, "metadata"):
            raise _unsupported(request)
        known = container.properties.get("metadata") or {}
        told_too = {f"{_META}{name}": value for name, value in known.items()}
        lease = {"x-ms-lease-status": "unlocked", "x-ms-lease-state": "available"}
        return RestResponse(200, None, {**_changed(container), **told_too, **lease})

    def _delete(self, request: RestRequest, account: Resource) -> RestResponse:
        self._manager.remove(self._require(request, account))
        return RestResponse(202)

    def _require(self, request: RestRequest, account: Resource) -> Resource:
        found = self._blobs.container(account, request.arguments["container"])
        if found is None:
            message = "The specified container does not exist."
            raise RestError(404, "ContainerNotFound", message)
        return found


def _action(request: RestRequest) -> str:
    """Listing blobs reads them; the rest is about containers."""
    if request.method in ("PUT", "DELETE"):
        return f"{CONTAINERS}/{'write' if request.method == 'PUT' else 'delete'}"
    lists = "container" in request.arguments and request.query.get("comp") == "list"
    return f"{BLOBS if lists else CONTAINERS}/read"


def _below(request: RestRequest) -> str:
    name = request.arguments.get("container")
    return f"/blobServices/default/containers/{name}" if name else ""


def _url(request: RestRequest, account: Resource) -> str:
    return f"{request.root}{PREFIX}/{account.name}/"


def _changed(container: Resource) -> dict[str, str]:
    etag = container.etag.strip('"')
    return {"ETag": f'"{etag}"', "Last-Modified": listings.date(container.modified)}


def _unsupported(request: RestRequest) -> RestError:
    message = f"The sandbox does not simulate {request.method} {request.path} with this query."
    return RestError(400, "UnsupportedOperation", message)
