"""Cloud Storage's JSON API: objects, but for how they are uploaded.
https://cloud.google.com/storage/docs/json_api/v1/objects"""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.google.calls import Answer, Call, Guarded, Operations
from provisioning.sandbox.google.storage.buckets import Buckets, forbidden
from provisioning.sandbox.google.storage.buckets_api import body_of
from provisioning.sandbox.google.storage.conditions import require_match
from provisioning.sandbox.google.storage.downloads import media
from provisioning.sandbox.google.storage.listing import listed
from provisioning.sandbox.google.storage.objects import Objects
from provisioning.sandbox.google.storage.records import Bucket, StoredObject
from provisioning.sandbox.google.storage.refusals import refusal
from provisioning.sandbox.rest import RestError, RestResponse

WRITABLE = frozenset({"cacheControl", "contentDisposition", "contentEncoding",
                      "contentLanguage", "contentType", "customTime", "metadata",
                      "storageClass"})  # fmt: skip
_MOST_PARTS = 32


class ObjectsApi:
    def __init__(self, buckets: Buckets, objects: Objects) -> None:
        self._buckets = buckets
        self._objects = objects

    def operations(self) -> Operations:
        return {
            name: Guarded(operation)
            for name, operation in (
                ("objects.get", self.get),
                ("objects.list", self._list),
                ("objects.patch", self._patch),
                ("objects.update", self._update),
                ("objects.delete", self._delete),
                ("objects.compose", self._compose),
                ("objects.copy", self._copy),
                ("objects.rewrite", self._rewrite),
            )
        }

    def get(self, call: Call) -> Answer:
        """The metadata, or the content where `alt=media` asks for it."""
        stored = self._enter(call, "storage.objects.get")
        if unchanged := self._matched(call, stored):
            return unchanged
        if call["alt"] == "media":
            return media(call.request, stored, self._objects.read(stored))
        return self._objects.described(stored)

    def _list(self, call: Call) -> Answer:
        bucket = self._buckets.enter(call.caller, "storage.objects.list", call["bucket"])
        found = self._objects.in_bucket(bucket.name, versions=call.flag("versions"))
        return listed(call, found, self._objects.described)

    def _patch(self, call: Call) -> Answer:
        return self._change(call, whole=False)

    def _update(self, call: Call) -> Answer:
        return self._change(call, whole=True)

    def _change(self, call: Call, *, whole: bool) -> Answer:
        stored = self._enter(call, "storage.objects.update")
        self._matched(call, stored)
        self._objects.change(stored, _changed({} if whole else stored.fields, body_of(call)))
        return self._objects.described(stored)

    def _delete(self, call: Call) -> Answer:
        stored = self._enter(call, "storage.objects.delete")
        self._matched(call, stored)
        if call["generation"]:
            self._objects.erase(stored)
        else:
            self._objects.retire(self._buckets.find(stored.bucket), stored)
        return RestResponse(204)

    def _compose(self, call: Call) -> Answer:
        name = call["destinationObject"]
        bucket = self._target(call, call["destinationBucket"], name)
        wish = body_of(call)
        sources = [self._source(call, bucket, one) for one in wish.get("sourceObjects", [])]
        if not 1 <= len(sources) <= _MOST_PARTS:
            message = "The number of source components provided must be between 1 and 32."
            raise refusal("invalid", message)
        fields = {"contentType": sources[0].content_type, **fields_of(wish.get("destination", {}))}
        data = b"".join(self._objects.read(one) for one in sources)
        count = sum(one.parts or 1 for one in sources)
        return self._objects.described(self._objects.write(bucket, name, data, fields, parts=count))

    def _copy(self, call: Call) -> Answer:
        return self._objects.described(self._copied(call))

    def _rewrite(self, call: Call) -> Answer:
        written = self._copied(call)
        return {
            "kind": "storage#rewriteResponse",
            "totalBytesRewritten": str(written.size),
            "objectSize": str(written.size),
            "done": True,
            "resource": self._objects.described(written),
        }

    def _copied(self, call: Call) -> StoredObject:
        source = self._find(call["sourceBucket"], call["sourceObject"], call["sourceGeneration"])
        self._buckets.enter(call.caller, "storage.objects.get", source.bucket, object=source.name)
        self._matched(call, source, prefix="ifSource")
        name = call["destinationObject"]
        bucket = self._target(call, call["destinationBucket"], name)
        wish = body_of(call)
        fields = fields_of(wish) if wish else dict(source.fields)
        return self._objects.write(bucket, name, self._objects.read(source), fields)

    def _source(self, call: Call, bucket: Bucket, wish: dict[str, Any]) -> StoredObject:
        self._buckets.enter(call.caller, "storage.objects.get", bucket.name)
        return self._find(bucket.name, wish.get("name", ""), str(wish.get("generation", "")))

    def _target(self, call: Call, bucket: str, name: str) -> Bucket:
        found = self._buckets.enter(call.caller, "storage.objects.create", bucket, object=name)
        require_writable(call, self._buckets, self._objects, bucket=found, name=name)
        return found

    def _enter(self, call: Call, permission: str) -> StoredObject:
        """Whoever may not list a bucket learns nothing of what is not in it."""
        bucket, name = call["bucket"], call["object"]
        self._buckets.enter(call.caller, permission, bucket, object=name)
        try:
            return self._find(bucket, name, call["generation"])
        except RestError:
            try:
                self._buckets.enter(call.caller, "storage.objects.list", bucket)
            except RestError:
                raise forbidden(call.caller, permission, f"{bucket}/{name}") from None
            raise

    def _find(self, bucket: str, name: str, generation: str) -> StoredObject:
        if generation.isdigit():
            found = self._objects.generation(bucket, name, int(generation))
        else:
            found = self._objects.live(bucket, name)
        if found is None:
            raise refusal("notFound", f"No such object: {bucket}/{name}")
        return found

    def _matched(
        self, call: Call, stored: StoredObject, *, prefix: str = "if"
    ) -> RestResponse | None:
        return require_match(
            call,
            generation=stored.generation,
            metageneration=stored.metageneration,
            prefix=prefix,
        )


def require_writable(
    call: Call, buckets: Buckets, objects: Objects, *, bucket: Bucket, name: str
) -> None:
    """The preconditions hold, and whoever overwrites may delete."""
    before = objects.live(bucket.name, name)
    require_match(
        call,
        generation=before.generation if before else 0,
        metageneration=before.metageneration if before else 0,
    )
    if before:
        buckets.enter(call.caller, "storage.objects.delete", bucket.name, object=name)


def fields_of(wish: dict[str, Any]) -> dict[str, Any]:
    return {name: wish[name] for name in WRITABLE & set(wish) if wish[name] not in (None, {})}


def _changed(before: dict[str, Any], wish: dict[str, Any]) -> dict[str, Any]:
    after = dict(before)
    for name in WRITABLE & set(wish):
        value = wish[name]
        if name == "metadata" and isinstance(value, dict):
            merged = {**after.get(name, {}), **value}
            value = {key: text for key, text in merged.items() if text is not None}
        if value in (None, {}):
            after.pop(name, None)
        else:
            after[name] = value
    return after
