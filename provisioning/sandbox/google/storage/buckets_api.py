"""Cloud Storage's JSON API: buckets.
https://cloud.google.com/storage/docs/json_api/v1/buckets"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from provisioning.sandbox.google.calls import Answer, Call, Guarded, Operations
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.lists import cut
from provisioning.sandbox.google.projects import storage_agent
from provisioning.sandbox.google.storage.buckets import Buckets, forbidden
from provisioning.sandbox.google.storage.conditions import require_match
from provisioning.sandbox.google.storage.records import Bucket
from provisioning.sandbox.google.storage.refusals import refusal
from provisioning.sandbox.rest import RestError, RestResponse

_PAGE = 1000


class BucketsApi:
    def __init__(self, identity: Identity, buckets: Buckets) -> None:
        self._buckets = buckets
        self._projects = identity.projects
        self._policies = identity.policies
        self._access = identity.access

    def operations(self) -> Operations:
        return {
            name: Guarded(operation)
            for name, operation in (
                ("buckets.insert", self._insert),
                ("buckets.get", self._get),
                ("buckets.list", self._list),
                ("buckets.patch", self._patch),
                ("buckets.update", self._update),
                ("buckets.delete", self._delete),
                ("buckets.getIamPolicy", self._get_policy),
                ("buckets.setIamPolicy", self._set_policy),
                ("buckets.testIamPermissions", self._test_permissions),
                ("projects.serviceAccount.get", self._agent),
            )
        }

    def _insert(self, call: Call) -> Answer:
        project = self._in_project(call, call["project"], "storage.buckets.create")
        return self._buckets.create(project, body_of(call)).described()

    def _get(self, call: Call) -> Answer:
        bucket = self._buckets.enter(call.caller, "storage.buckets.get", call["bucket"])
        return self._matched(call, bucket) or bucket.described()

    def _list(self, call: Call) -> Answer:
        project = self._in_project(call, call["project"], "storage.buckets.list")
        mine = [one for one in self._buckets.table if one.project == project]
        mine = [one for one in mine if one.name.startswith(call["prefix"])]
        mine.sort(key=lambda one: one.name)
        size = min(call.number("maxResults", _PAGE), _PAGE)
        found, token = cut(mine, size=size, token=call["pageToken"])
        items = {"items": [one.described() for one in found]} if found else {}
        return {"kind": "storage#buckets", **items, **({"nextPageToken": token} if token else {})}

    def _patch(self, call: Call) -> Answer:
        return self._change(call, whole=False)

    def _update(self, call: Call) -> Answer:
        return self._change(call, whole=True)

    def _change(self, call: Call, *, whole: bool) -> Answer:
        bucket = self._buckets.enter(call.caller, "storage.buckets.update", call["bucket"])
        self._matched(call, bucket)
        self._buckets.change(bucket, body_of(call), whole=whole)
        return bucket.described()

    def _delete(self, call: Call) -> Answer:
        bucket = self._buckets.enter(call.caller, "storage.buckets.delete", call["bucket"])
        self._matched(call, bucket)
        self._buckets.delete(bucket)
        return RestResponse(204)

    def _get_policy(self, call: Call) -> Answer:
        permission = "storage.buckets.getIamPolicy"
        bucket = self._buckets.enter(call.caller, permission, call["bucket"])
        return self._policy(bucket)

    def _set_policy(self, call: Call) -> Answer:
        permission = "storage.buckets.setIamPolicy"
        bucket = self._buckets.enter(call.caller, permission, call["bucket"])
        try:
            self._policies.put(bucket.resource, body_of(call))
        except RestError as error:
            reason = "conditionNotMet" if error.code == "ABORTED" else "invalid"
            raise refusal(reason, error.message) from error
        return self._policy(bucket)

    def _policy(self, bucket: Bucket) -> dict[str, Any]:
        found = self._policies.get(bucket.resource).described()
        return {
            "kind": "storage#policy",
            "resourceId": f"projects/_/buckets/{bucket.name}",
            **found,
        }

    def _test_permissions(self, call: Call) -> Answer:
        bucket = self._buckets.find(call["bucket"])
        asked = parse_qs(urlsplit(call.request.target).query).get("permissions", [])
        found = [p for p in asked if self._access.may(call.caller, p, bucket.resource)]
        return {
            "kind": "storage#testIamPermissionsResponse",
            **({"permissions": found} if found else {}),
        }

    def _agent(self, call: Call) -> Answer:
        """The account by which Cloud Storage itself acts in the project."""
        project = self._in_project(call, call["projectId"], "resourcemanager.projects.get")
        email = storage_agent(project)
        return {"kind": "storage#serviceAccount", "email_address": email}

    def _in_project(self, call: Call, given: str, permission: str) -> str:
        if not given:
            raise refusal("required", "Required parameter: project")
        found = self._projects.get(given)
        project = found.id if found else given
        if not self._access.may(call.caller, permission, f"projects/{project}"):
            raise forbidden(call.caller, permission)
        return project

    def _matched(self, call: Call, bucket: Bucket) -> RestResponse | None:
        return require_match(
            call, generation=bucket.generation, metageneration=bucket.metageneration
        )


def body_of(call: Call) -> dict[str, Any]:
    """As it was sent: a null takes a setting away, so it must not be lost."""
    try:
        return call.request.json()
    except ValueError as error:
        raise refusal("parseError", "Parse Error") from error
