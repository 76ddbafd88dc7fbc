"""The blob service over HTTP, as far as azure-storage-blob's usual ways go."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from xml.etree import ElementTree

from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.storage import listings
from provisioning.sandbox.azure.storage.blobs import Blobs, Written
from provisioning.sandbox.azure.storage.conditions import require_met
from provisioning.sandbox.azure.storage.doorkeeping import BLOBS, BlobAccess
from provisioning.sandbox.azure.storage.records import Blob
from provisioning.sandbox.rest import RestError, RestRequest, RestResponse, Route

PREFIX = "/blob"
_VERSION = "2025-11-05"
_SETTINGS = ("Content-Type", "Content-Encoding", "Content-Language", "Content-MD5",
             "Content-Disposition", "Cache-Control")  # fmt: skip
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_META = "x-ms-meta-"
_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "DELETE": "delete"}


class BlobApi:
    def __init__(self, blobs: Blobs, access: BlobAccess) -> None:
        self._blobs = blobs
        self._access = access

    def routes(self) -> Iterator[Route]:
        rule = f"{PREFIX}/<account>/<container>/<path:blob>"
        for method, name, operation in (
            ("PUT", "Blobs.Put", self._put),
            ("GET", "Blobs.Get", self._get),
            ("DELETE", "Blobs.Delete", self._delete),
        ):
            yield Route(method, rule, name, self._answering(operation))

    def _answering(
        self, operation: Callable[[RestRequest, Resource], RestResponse]
    ) -> Callable[[RestRequest], RestResponse]:
        def answer(request: RestRequest) -> RestResponse:
            account = require_account(self._blobs, request)
            container = self._blobs.container(account, request.arguments["container"])
            access = container.properties.get("publicAccess") if container else "None"
            reads = request.method in ("GET", "HEAD")
            self._access.require(
                request,
                account,
                f"{BLOBS}/{_VERBS[request.method]}",
                below=_below(request),
                open_to_all=reads and access in ("Blob", "Container"),
            )
            if container is None:
                message = "The specified container does not exist."
                raise RestError(404, "ContainerNotFound", message)
            return told(operation(request, account))

        return answer

    # ── Reading ─────────────────────────────────────────────────────────────────────

    def _get(self, request: RestRequest, account: Resource) -> RestResponse:
        if request.query.get("comp") == "blocklist":
            return self._block_list(request)
        blob = self._require(request)
        require_met(request.headers, blob, writing=False)
        comp = request.query.get("comp")
        if comp == "metadata" or comp is None:
            headers = _headers(blob)
        else:
            raise _unsupported(request)
        if request.method == "HEAD" or comp == "metadata":
            return RestResponse(200, None, {**headers, "Content-Length": str(blob.size)})
        return self._content(request, blob, headers)

    def _content(self, request: RestRequest, blob: Blob, headers: dict[str, str]) -> RestResponse:
        wanted = request.headers.get("x-ms-range") or request.headers.get("range", "")
        match = _RANGE.fullmatch(wanted)
        if match is None:
            return RestResponse(200, self._blobs.read(blob), headers)
        begin, last = int(match[1]), int(match[2]) if match[2] else blob.size - 1
        if begin >= blob.size:
            message = "The range specified is invalid for the current size of the resource."
            raise RestError(416, "InvalidRange", message)
        last = min(last, blob.size - 1)
        data = self._blobs.contents.part(blob.digest, begin=begin, length=last - begin + 1)
        ranged = {"Content-Range": f"bytes {begin}-{last}/{blob.size}"}
        if "Content-MD5" in headers:
            headers["x-ms-blob-content-md5"] = headers.pop("Content-MD5")
        if request.headers.get("x-ms-range-get-content-md5") == "true":
            ranged["Content-MD5"] = _md5(data)
        return RestResponse(206, data, {**headers, **ranged})

    def _block_list(self, request: RestRequest) -> RestResponse:
        place = _place(request)
        blob, kind = self._blobs.get(*place), request.query.get("blocklisttype", "committed")
        open_ones = self._blobs.blocks(*place)
        if blob is None and not open_ones:
            raise _no_blob()
        body = listings.block_list(
            blob.blocks if blob and kind != "uncommitted" else [],
            open_ones if kind != "committed" else [],
        )
        size = {"x-ms-blob-content-length": str(blob.size if blob else 0)}
        return RestResponse(200, body, {"Content-Type": "application/xml", **size})

    # ── Writing ─────────────────────────────────────────────────────────────────────

    def _put(self, request: RestRequest, account: Resource) -> RestResponse:
        comp = request.query.get("comp")
        if comp == "block":
            return self._put_block(request)
        blob = self._blobs.get(*_place(request))
        require_met(request.headers, blob, writing=True)
        if comp == "blocklist":
            return self._put_block_list(request, account)
        if comp in ("metadata", "properties"):
            return self._change(request, comp)
        if comp is not None:
            raise _unsupported(request)
        if "x-ms-copy-source" in request.headers:
            return self._copy(request, account)
        if request.headers.get("x-ms-blob-type") != "BlockBlob":
            raise RestError(
                400, "UnsupportedBlobType", "The sandbox has block blobs only, which most are."
            )
        _require_md5(request)
        made = self._blobs.put(
            account, *_place(request)[1:], request.body, _written(request.headers)
        )
        return RestResponse(201, None, {**_changed(made), "Content-MD5": made.md5})

    def _put_block(self, request: RestRequest) -> RestResponse:
        id = request.query.get("blockid", "")
        try:
            base64.b64decode(id, validate=True)
        except ValueError as error:
            message = "The specified block id is not base64."
            raise RestError(400, "InvalidQueryParameterValue", message) from error
        _require_md5(request)
        self._blobs.put_block(*_place(request), id, request.body)
        return RestResponse(201, None, {"Content-MD5": _md5(request.body)})

    def _put_block_list(self, request: RestRequest, account: Resource) -> RestResponse:
        place = _place(request)
        blob = self._blobs.get(*place)
        committed = {each[0]: each for each in blob.blocks} if blob else {}
        uncommitted = {
            each.id: (each.id, each.digest, each.size) for each in self._blobs.blocks(*place)
        }
        listed = []
        for kind, id in _listed(request.body):
            found = {
                "Committed": committed.get(id),
                "Uncommitted": uncommitted.get(id),
                "Latest": uncommitted.get(id) or committed.get(id),
            }.get(kind)
            if found is None:
                raise RestError(400, "InvalidBlockList", "The specified block list is invalid.")
            listed.append(found)
        made = self._blobs.put_list(account, *place[1:], listed, _written(request.headers))
        return RestResponse(201, None, _changed(made))

    def _copy(self, request: RestRequest, account: Resource) -> RestResponse:
        """From another blob of the sandbox; it is done at once."""
        source = request.headers["x-ms-copy-source"]
        match = re.match(r".*?/blob/([^/]+)/([^/]+)/([^?]+)", source)
        found = self._blobs.get(*match.groups()) if match else None
        if found is None:
            message = "The source of the copy was not found among the sandbox's blobs."
            raise RestError(404, "CannotVerifyCopySource", message)
        made = self._blobs.copy(found, account, *_place(request)[1:])
        done = {"x-ms-copy-id": secrets.token_hex(16), "x-ms-copy-status": "success"}
        return RestResponse(202, None, {**_changed(made), **done})

    def _change(self, request: RestRequest, comp: str) -> RestResponse:
        blob, written = self._require(request), _written(request.headers)
        if comp == "metadata":
            blob.metadata = written.metadata
        else:
            blob.settings = written.settings
        self._blobs.change(blob)
        return RestResponse(200, None, _changed(blob))

    def _delete(self, request: RestRequest, account: Resource) -> RestResponse:
        blob = self._require(request)
        require_met(request.headers, blob, writing=True)
        self._blobs.delete(account, blob)
        return RestResponse(202)

    def _require(self, request: RestRequest) -> Blob:
        blob = self._blobs.get(*_place(request))
        if blob is None:
            raise _no_blob()
        return blob


def require_account(blobs: Blobs, request: RestRequest) -> Resource:
    """Elsewhere the name of an account that does not exist has no address."""
    account = blobs.account(request.arguments["account"])
    if account is None:
        message = f"There is no storage account '{request.arguments['account']}'."
        raise RestError(404, "ResourceNotFound", message)
    return account


def told(answer: RestResponse) -> RestResponse:
    """With the headers that every answer has."""
    usual = {"x-ms-version": _VERSION, "x-ms-request-id": secrets.token_hex(16)}
    return replace(answer, headers={**usual, **answer.headers})


def _place(request: RestRequest) -> tuple[str, str, str]:
    found = request.arguments
    return found["account"], found["container"], found["blob"]


def _below(request: RestRequest) -> str:
    _, container, blob = _place(request)
    return f"/blobServices/default/containers/{container}/blobs/{blob}"


def _written(headers: Mapping[str, str]) -> Written:
    settings = {
        name: headers[f"x-ms-blob-{name.lower()}"]
        for name in _SETTINGS
        if headers.get(f"x-ms-blob-{name.lower()}")
    }
    if "Content-Type" not in settings and headers.get("content-type"):
        settings["Content-Type"] = headers["content-type"]
    metadata = {
        name.removeprefix(_META): value for name, value in headers.items() if name.startswith(_META)
    }
    return Written(settings, metadata)


def _headers(blob: Blob) -> dict[str, str]:
    settings = {"Content-Type": "application/octet-stream", **blob.settings}
    if blob.md5:
        settings["Content-MD5"] = blob.md5
    return {
        **settings,
        **_changed(blob),
        **{f"{_META}{name}": value for name, value in blob.metadata.items()},
        "Accept-Ranges": "bytes",
        "x-ms-blob-type": blob.kind,
        "x-ms-creation-time": listings.date(blob.created),
        "x-ms-lease-status": "unlocked",
        "x-ms-lease-state": "available",
        "x-ms-server-encrypted": "true",
        "x-ms-access-tier": "Hot",
    }


def _changed(blob: Blob) -> dict[str, str]:
    return {"ETag": f'"{blob.etag}"', "Last-Modified": listings.date(blob.modified)}


def _listed(body: bytes) -> list[tuple[str, str]]:
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 (no entities: from who has the key)
    except ElementTree.ParseError as error:
        message = "XML specified is not syntactically valid."
        raise RestError(400, "InvalidXmlDocument", message) from error
    return [(each.tag, each.text or "") for each in root]


def _require_md5(request: RestRequest) -> None:
    given = request.headers.get("content-md5")
    if given and given != _md5(request.body):
        message = (
            "The MD5 value specified in the request did not match with the MD5 value calculated "
            "by the server."
        )
        raise RestError(400, "Md5Mismatch", message)


def _md5(data: bytes) -> str:
    digest = hashlib.md5(data, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def _no_blob() -> RestError:
    return RestError(404, "BlobNotFound", "The specified blob does not exist.")


def _unsupported(request: RestRequest) -> RestError:
    message = f"The sandbox does not simulate {request.method} with comp={request.query['comp']}."
    return RestError(400, "UnsupportedOperation", message)
