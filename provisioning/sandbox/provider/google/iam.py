"""Members of IAM policies, and service accounts."""

from __future__ import annotations

import random
import re
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from provisioning.sandbox.provider.google.resource import (
    DELETION_POLICY,
    PROJECT,
    GoogleResource,
    lower,
    project_of,
)
from provisioning.sandbox.provider.google.wording import googleapi
from provisioning.sandbox.provider.names import Naming
from provisioning.sandbox.provider.properties import Property, boolean, record, text
from provisioning.sandbox.provider.refusals import Cancelled, Refusal
from provisioning.sandbox.provider.rest_cloud import RestCloud, RestRefused
from provisioning.sandbox.provider.values import Properties

_ATTEMPTS = 12
_CONDITION = record(
    {
        "description": text(),
        "expression": text(required=True),
        "title": text(required=True),
    },
    replaces=True,
)
_BINDING: dict[str, Property] = {
    "condition": _CONDITION,
    "member": text(required=True, replaces=True),
    "role": text(required=True, replaces=True),
}


class Account(GoogleResource):
    """A service account; its id is its full name."""

    type = "gcp:serviceaccount/account:Account"
    label = "service account"
    api = "/iam/v1"
    naming = Naming(property="accountId", prefix=None, longest=30, change=lower)
    inputs = {
        "accountId": text(
            low=6, high=30, pattern=r"[a-z][-a-z0-9]*[a-z0-9]", computed=True, replaces=True
        ),
        "createIgnoreAlreadyExists": boolean(local=True),
        "deletionPolicy": DELETION_POLICY,
        "description": text(high=256),
        "disabled": boolean(default=False),
        "displayName": text(),
        "project": PROJECT,
    }
    outputs = ("email", "member", "name", "uniqueId")

    def create(self, cloud: RestCloud, inputs: Properties) -> str:
        project = project_of(cloud, inputs)
        wish = {key: inputs[key] for key in ("displayName", "description") if key in inputs}
        body = {"accountId": inputs["accountId"], "serviceAccount": wish}
        try:
            made = cloud.call("POST", f"{self.api}/projects/{project}/serviceAccounts", body)
        except RestRefused as refused:
            if refused.status != 409 or not inputs.get("createIgnoreAlreadyExists"):
                raise
            email = f"{inputs['accountId']}@{project}.iam.gserviceaccount.com"
            return f"projects/{project}/serviceAccounts/{email}"
        return str(made["name"])

    def read(self, cloud: RestCloud, id: str, known: Properties) -> Properties | None:
        found = cloud.find(f"{self.api}/{id}")
        if found is None:
            return None
        return {
            "accountId": found["email"].partition("@")[0],
            "description": found.get("description"),
            "disabled": found.get("disabled", False),
            "displayName": found.get("displayName"),
            "email": found["email"],
            "member": f"serviceAccount:{found['email']}",
            "name": found["name"],
            "project": found["projectId"],
            "uniqueId": found["uniqueId"],
        }

    def update(
        self, cloud: RestCloud, id: str, *, olds: Properties, news: Properties, changed: set[str]
    ) -> None:
        if "disabled" in changed:
            verb = "disable" if news.get("disabled") else "enable"
            cloud.call("POST", f"{self.api}/{id}:{verb}", {})
        if texts := sorted(changed & {"displayName", "description"}):
            account = {name: news.get(name, "") for name in texts}
            body = {"serviceAccount": account, "updateMask": ",".join(texts)}
            cloud.call("PATCH", f"{self.api}/{id}", body)

    def end(self, cloud: RestCloud, id: str, state: Properties) -> None:
        cloud.call("DELETE", f"{self.api}/{id}")


class Member(GoogleResource):
    """One member of one role in the policy of something; its id names all three."""

    outputs = ("etag",)
    target: ClassVar[str]  # the input that names what the policy is of

    @abstractmethod
    def policy(self, cloud: RestCloud, of: str) -> Any:
        """What is there now."""

    @abstractmethod
    def put(self, cloud: RestCloud, of: str, policy: Any) -> None:
        """Refused with 409 or 412 when somebody else was quicker."""

    def of(self, cloud: RestCloud, values: Properties) -> str:
        """The full name of what the policy is of."""
        return str(values[self.target])

    def create(self, cloud: RestCloud, inputs: Properties) -> str:
        of, role, member = self.of(cloud, inputs), inputs["role"], inputs["member"]
        condition = inputs.get("condition")

        def add(bindings: list[Any]) -> None:
            binding = {"role": role, "members": [member]}
            bindings.append({**binding, "condition": condition} if condition else binding)

        self._change(cloud, of, add)
        return f"{of}/{role}/{member}"

    def read(self, cloud: RestCloud, id: str, known: Properties) -> Properties | None:
        of, role, member = self._parts(id)
        try:
            policy = self.policy(cloud, of)
        except RestRefused as refused:
            if refused.status == 404:
                return None
            raise
        if not _has(policy, role, member):
            return None
        return {**self.named(of), "role": role, "member": member, "etag": policy.get("etag")}

    def named(self, of: str) -> Properties:
        """The inputs that name it."""
        return {self.target: of}

    def end(self, cloud: RestCloud, id: str, state: Properties) -> None:
        of, role, member = self._parts(id)

        def take(bindings: list[Any]) -> None:
            for binding in bindings:
                if binding["role"] == role and member in binding["members"]:
                    binding["members"].remove(member)

        self._change(cloud, of, take)

    def told(self, verb: str, id: str, values: Mapping[str, Any], refusal: Refusal) -> str:
        what = f'for {self.label} "{values.get(self.target, id)}"'
        if verb == "reading":
            return f"Error when reading or editing IAM Member {what}: {googleapi(refusal)}"
        return (
            f"Error applying IAM policy {what}: Error setting IAM policy {what}: "
            f"{googleapi(refusal)}"
        )

    def _change(self, cloud: RestCloud, of: str, change: Callable[[list[Any]], None]) -> None:
        """Policies are changed as a whole: whoever was beaten to it reads again."""
        for left in reversed(range(_ATTEMPTS)):
            policy = self.policy(cloud, of)
            policy.setdefault("bindings", [])
            change(policy["bindings"])
            try:
                self.put(cloud, of, policy)
            except RestRefused as refused:
                if refused.status not in (409, 412) or not left:
                    raise
                if cloud.cancelled.wait(random.uniform(0.02, 0.2)):  # noqa: S311
                    raise Cancelled from refused
            else:
                return

    def _parts(self, id: str) -> tuple[str, str, str]:
        match = re.fullmatch(r"(.+?)/(roles/[^/]+)/(.+)", id)
        if match is None:
            raise Refusal(f"the id '{id}' names no resource, role and member")
        return match[1], match[2], match[3]


def _has(policy: Any, role: str, member: str) -> bool:
    return any(
        binding["role"] == role and member in binding["members"]
        for binding in policy.get("bindings", [])
    )


class ProjectMember(Member):
    type = "gcp:projects/iAMMember:IAMMember"
    label = "project"
    api = "/cloudresourcemanager/v1"
    target = "project"
    inputs = {**_BINDING, "project": text(required=True, replaces=True)}

    def policy(self, cloud: RestCloud, of: str) -> Any:
        return cloud.call("POST", f"{self.api}/projects/{of}:getIamPolicy", {})

    def put(self, cloud: RestCloud, of: str, policy: Any) -> None:
        cloud.call("POST", f"{self.api}/projects/{of}:setIamPolicy", {"policy": policy})

    def of(self, cloud: RestCloud, values: Properties) -> str:
        return str(values["project"]).removeprefix("projects/")


class AccountMember(Member):
    """Who may do what to a service account, such as act as it."""

    type = "gcp:serviceaccount/iAMMember:IAMMember"
    label = "service account"
    api = "/iam/v1"
    target = "serviceAccountId"
    inputs = {**_BINDING, "serviceAccountId": text(required=True, replaces=True)}

    def policy(self, cloud: RestCloud, of: str) -> Any:
        return cloud.call("POST", f"{self.api}/{of}:getIamPolicy", {})

    def put(self, cloud: RestCloud, of: str, policy: Any) -> None:
        cloud.call("POST", f"{self.api}/{of}:setIamPolicy", {"policy": policy})


class BucketMember(Member):
    type = "gcp:storage/bucketIAMMember:BucketIAMMember"
    label = "bucket"
    api = "/storage/storage/v1"
    target = "bucket"
    inputs = {**_BINDING, "bucket": text(required=True, replaces=True)}

    def of(self, cloud: RestCloud, values: Properties) -> str:
        return f"b/{str(values['bucket']).removeprefix('b/')}"

    def named(self, of: str) -> Properties:
        return {"bucket": of.removeprefix("b/")}

    def policy(self, cloud: RestCloud, of: str) -> Any:
        return cloud.call("GET", f"{self.api}/{of}/iam")

    def put(self, cloud: RestCloud, of: str, policy: Any) -> None:
        cloud.call("PUT", f"{self.api}/{of}/iam", policy)


class ServiceMember(Member):
    """Who may do what to a service of Cloud Run, such as invoke it."""

    type = "gcp:cloudrunv2/serviceIamMember:ServiceIamMember"
    label = "cloudrunv2 service"
    api = "/run/v2"
    target = "name"
    inputs = {
        **_BINDING,
        "location": text(computed=True, replaces=True),
        "name": text(computed=True, replaces=True),
        "project": PROJECT,
    }

    def of(self, cloud: RestCloud, values: Properties) -> str:
        name = str(values["name"])
        if "/" in name:
            return name
        place = values.get("location") or cloud.region
        return f"projects/{project_of(cloud, values)}/locations/{place}/services/{name}"

    def named(self, of: str) -> Properties:
        _, project, _, location, _, name = of.split("/")
        return {"project": project, "location": location, "name": name}

    def policy(self, cloud: RestCloud, of: str) -> Any:
        return cloud.call("GET", f"{self.api}/{of}:getIamPolicy")

    def put(self, cloud: RestCloud, of: str, policy: Any) -> None:
        cloud.call("POST", f"{self.api}/{of}:setIamPolicy", {"policy": policy})
