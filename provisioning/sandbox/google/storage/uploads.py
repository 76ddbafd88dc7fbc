"""Uploads: in one piece, with metadata in two parts, or resumable in as many as it takes.
https://cloud.google.com/storage/docs/uploads-downloads"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from email.message import Message
from typing import Any
from urllib.parse import urlencode

from provisioning.sandbox.google.accounts import Caller
from provisioning.sandbox.google.api import Api
from provisioning.sandbox.google.calls import Call
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.slashes import SLASH
from provisioning.sandbox.google.storage.buckets import Buckets
from provisioning.sandbox.google.storage.contents import require_intact
from provisioning.sandbox.google.storage.objects import Objects
from provisioning.sandbox.google.storage.objects_api import ObjectsApi, fields_of, require_writable
from provisioning.sandbox.google.storage.records import Upload
from provisioning.sandbox.google.storage.refusals import refusal
from provisioning.sandbox.records import Table
from provisioning.sandbox.rest import RestRequest, RestResponse, Route
from provisioning.sandbox.world import World

_PATH = "/storage/upload/storage/v1/b/<bucket>/o"
_DOWNLOAD = "/storage/download/storage/v1/b/<bucket>/o/<object>"
_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
_ID, _READ = "storage.objects.insert", "storage.objects.get"
_KEPT_SECONDS = 7 * 86_400


class Uploads:
    def __init__(
        self, world: World, identity: Identity, *, buckets: Buckets, objects: Objects
    ) -> None:
        self._table = Table(world.store, kind="google upload", record=Upload)
        self._clock = world.clock
        self._accounts = identity.accounts
        self._buckets = buckets
        self._objects = objects
        self._require_scope: Callable[[Caller, str], None]

    def routes(self, objects: ObjectsApi, api: Api) -> Iterator[Route]:
        self._require_scope = api.scope_check(_ID, _READ)

        def download(request: RestRequest) -> RestResponse:
            answer = objects.get(self._call(request, _READ))
            return answer if isinstance(answer, RestResponse) else RestResponse(body=answer)

        yield Route("POST", _PATH, _ID, lambda request: self._begin(self._call(request, _ID)))
        yield Route("PUT", _PATH, _ID, lambda request: self._go_on(self._call(request, _ID)))
        yield Route("DELETE", _PATH, _ID, lambda request: self._cancel(self._call(request, _ID)))
        yield Route("GET", _DOWNLOAD, _READ, download)

    def _call(self, request: RestRequest, method: str) -> Call:
        caller = self._accounts.caller(request.headers.get("authorization", ""))
        self._require_scope(caller, method)
        arguments = {name: value.replace(SLASH, "/") for name, value in
                     request.arguments.items()}  # fmt: skip
        return Call(
            method=method,
            caller=caller,
            parameters={**request.query, **arguments},
            body={},
            request=request,
        )

    def _begin(self, call: Call) -> RestResponse:
        kind = call["uploadType"]
        if kind == "resumable":
            return self._begin_session(call)
        if kind == "multipart":
            fields, data, content_type = _two_parts(call.request)
        elif kind == "media":
            fields, data = {}, call.request.body
            content_type = call.request.headers.get("content-type", "")
        else:
            raise refusal("invalid", "Upload requests must include an uploadType URL parameter.")
        return self._finish(call, {"contentType": content_type, **fields}, data)

    def _begin_session(self, call: Call) -> RestResponse:
        try:
            fields = call.request.json()
        except ValueError as error:
            raise refusal("parseError", "Parse Error") from error
        name = fields.get("name") or call["name"]
        bucket = self._buckets.enter(
            call.caller, "storage.objects.create", call["bucket"], object=name
        )
        require_writable(call, self._buckets, self._objects, bucket=bucket, name=name)
        self._forget_old()
        kind = call.request.headers.get("x-upload-content-type", "")
        upload = Upload(
            id=f"AHB{uuid.uuid4().hex}",
            bucket=bucket.name,
            parameters=dict(call.parameters),
            fields={"contentType": kind, **fields, "name": name},
            begun=self._clock.now(),
        )
        self._table.put(upload)
        query = urlencode({"uploadType": "resumable", "name": name, "upload_id": upload.id})
        place = f"{call.request.root}/storage/upload/storage/v1/b/{bucket.name}/o?{query}"
        return RestResponse(200, None, {"Location": place, "X-GUploader-UploadID": upload.id})

    def _go_on(self, call: Call) -> RestResponse:
        """A further piece, or the question how much has arrived."""
        upload = self._session(call)
        data = call.request.body
        match = _RANGE.fullmatch(call.request.headers.get("content-range", ""))
        if match and match[1] is not None and int(match[1]) != upload.received:
            if int(match[1]) > upload.received:
                return _incomplete(upload)
            data = data[upload.received - int(match[1]) :]
        if not match and call.request.headers.get("content-range"):
            raise refusal("invalid", "Invalid Content-Range header.")
        whole = self._objects.contents.get(upload.id) + data
        total = match[3] if match else str(len(whole))
        if total != str(len(whole)):
            self._objects.contents.put(upload.id, whole)
            upload.received = len(whole)
            self._table.put(upload)
            return _incomplete(upload)
        self._forget(upload)
        begun = Call(
            method=_ID,
            caller=call.caller,
            parameters=upload.parameters,
            body={},
            request=call.request,
        )
        return self._finish(begun, upload.fields, whole)

    def _cancel(self, call: Call) -> RestResponse:
        self._forget(self._session(call))
        return RestResponse(499)

    def _finish(self, call: Call, fields: dict[str, Any], data: bytes) -> RestResponse:
        name = fields.get("name") or call["name"]
        bucket = self._buckets.enter(
            call.caller, "storage.objects.create", call["bucket"], object=name
        )
        require_writable(call, self._buckets, self._objects, bucket=bucket, name=name)
        require_intact(data, fields, call.request.headers.get("x-goog-hash", ""))
        wish = {**fields, "contentEncoding": fields.get("contentEncoding")
                or call["contentEncoding"] or None}  # fmt: skip
        wish["contentType"] = wish.get("contentType") or "application/octet-stream"
        stored = self._objects.write(bucket, name, data, fields_of(wish))
        return RestResponse(body=self._objects.described(stored))

    def _session(self, call: Call) -> Upload:
        upload = self._table.get(call["upload_id"])
        if upload is None:
            raise refusal("notFound", "No such upload session.")
        return upload

    def _forget(self, upload: Upload) -> None:
        self._table.delete(upload.key)
        self._objects.contents.delete(upload.id)

    def _forget_old(self) -> None:
        for upload in self._table:
            if upload.begun < self._clock.now() - _KEPT_SECONDS:
                self._forget(upload)


def _incomplete(upload: Upload) -> RestResponse:
    arrived = {"Range": f"bytes=0-{upload.received - 1}"} if upload.received else {}
    return RestResponse(308, None, {**arrived, "X-GUploader-UploadID": upload.id})


def _two_parts(request: RestRequest) -> tuple[dict[str, Any], bytes, str]:
    """The metadata, the content and its type. The content is bytes, whatever they look like,
    so that no mail parser may touch it."""
    boundary = _boundary(request.headers.get("content-type", ""))
    pieces = re.split(rb"(?:^|\r\n)--" + re.escape(boundary) + rb"(?:--)?[ \t]*", request.body)
    if len(pieces) != 4:
        raise refusal("parseError", "Failed to parse the multipart request.")
    _, metadata = _part(pieces[1])
    headers, data = _part(pieces[2])
    try:
        fields = json.loads(metadata or b"{}")
    except ValueError as error:
        raise refusal("parseError", "Parse Error") from error
    return fields, data, headers.get("content-type", "")


def _boundary(content_type: str) -> bytes:
    message = Message()
    message["Content-Type"] = content_type
    boundary = str(message.get_param("boundary", "")).strip("'\"")
    if not content_type.startswith("multipart/") or not boundary:
        raise refusal("invalid", "A multipart upload must be of the type multipart/related.")
    return boundary.encode()


def _part(piece: bytes) -> tuple[dict[str, str], bytes]:
    head, _, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n"))
    return {name.strip().lower(): value.strip() for name, _, value in lines}, data
