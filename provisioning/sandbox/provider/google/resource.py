"""What the resource types of Google have in common."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from provisioning.sandbox.provider.google.wording import OperationFailed, googleapi
from provisioning.sandbox.provider.properties import Property, mapped, text
from provisioning.sandbox.provider.refusals import Refusal
from provisioning.sandbox.provider.resource import RestResource
from provisioning.sandbox.provider.rest_cloud import RestCloud, RestRefused
from provisioning.sandbox.provider.values import Properties, has_unknown, is_unknown

_PAUSE = 0.2
# The real provider puts it on all that it makes.
_ATTRIBUTION = {"goog-pulumi-provisioned": "true"}

PROJECT = text(computed=True, replaces=True)
LABELS = mapped(text())
DELETION_POLICY = text(default="DELETE", choices=("DELETE", "ABANDON", "PREVENT"), local=True)
LABEL_OUTPUTS = ("effectiveLabels", "pulumiLabels")


class GoogleResource(RestResource):
    """`api` is the path of its API below the simulated cloud: "/eventarc/v1"."""

    api: ClassVar[str]
    inputs: ClassVar[Mapping[str, Property]]

    def told(self, verb: str, id: str, values: Mapping[str, Any], refusal: Refusal) -> str:
        said = googleapi(refusal)
        if isinstance(refusal, OperationFailed):
            word = {"creating": "create", "updating": "update"}.get(verb, "delete")
            return f"Error waiting to {word} {self.label}: {said}"
        if verb == "reading" or (verb == "deleting" and isinstance(refusal, RestRefused)):
            return f'Error when reading or editing {self.label} "{id}": {said}'
        if verb == "deleting":
            return said
        name = f' "{id}"' if verb == "updating" else ""
        return f"Error {verb} {self.label}{name}: {said}"

    def delete(self, cloud: RestCloud, id: str, state: Properties) -> None:
        policy = state.get("deletionPolicy", "DELETE")
        if policy == "PREVENT" or state.get("deletionProtection"):
            setting = "policy=DELETE" if policy == "PREVENT" else "protection=false"
            raise Refusal(
                f"cannot destroy {self.label.lower()} without setting deletion_{setting} and "
                "running `pulumi up`"
            )
        if policy != "ABANDON":
            try:
                self.end(cloud, id, state)
            except RestRefused as refused:
                if refused.status != 404:
                    raise

    @abstractmethod
    def end(self, cloud: RestCloud, id: str, state: Properties) -> None:
        """Delete it; that it is gone may be refused."""

    def wait(self, cloud: RestCloud, operation: Mapping[str, Any]) -> dict[str, Any]:
        """The response of a long-running operation. Raises OperationFailed."""
        found = dict(operation)
        while not found.get("done"):
            time.sleep(_PAUSE)  # also after a cancel: the step is under way
            found = cloud.call("GET", f"{self.api}/{found['name']}")
        if error := found.get("error"):
            raise OperationFailed(code=error.get("code", 2), message=error.get("message", ""))
        response: dict[str, Any] = found.get("response", {})
        return response

    # ── Labels ──────────────────────────────────────────────────────────────────────

    def implied(self, cloud: RestCloud, inputs: Properties) -> Properties:
        if "pulumiLabels" not in self.outputs:
            return {}
        given = inputs.get("labels", {})
        return {"pulumiLabels": given if is_unknown(given) else wanted_labels(cloud, inputs)}


class Labelled(GoogleResource):
    """Labels of the program's own, of the provider's configuration, and of others. The
    program's are looked after; those of others stay."""

    follows = {"pulumiLabels": "labels"}


def wanted_labels(cloud: RestCloud, inputs: Properties) -> dict[str, Any]:
    return {**_ATTRIBUTION, **cloud.default_tags, **inputs.get("labels", {})}


def shown_labels(cloud: RestCloud, known: Properties, live: Mapping[str, str]) -> Properties:
    """Of an import nothing is known, so all that are not the provider's are the program's."""
    ours = known.get("labels")
    if ours is None and not known:
        ours = {key: value for key, value in live.items() if key not in _ATTRIBUTION}
    names = [*_ATTRIBUTION, *cloud.default_tags, *(ours or {})]
    return {
        "labels": {key: live[key] for key in ours or {} if key in live},
        "pulumiLabels": {key: live[key] for key in names if key in live},
        "effectiveLabels": dict(live),
    }


def kept_labels(
    cloud: RestCloud, olds: Properties, news: Properties, live: Mapping[str, str]
) -> dict[str, Any]:
    """After a change: what the program wants, and what others have put there."""
    ours = {*olds.get("labels", {}), *olds.get("pulumiLabels", {})}
    others = {key: value for key, value in live.items() if key not in ours}
    return {**others, **wanted_labels(cloud, news)}


def project_of(cloud: RestCloud, inputs: Properties) -> str:
    return str(inputs.get("project") or cloud.account)


def mask_of(fields: Mapping[str, Property], names: Iterable[str]) -> str:
    return ",".join(sorted(fields[name].api or name for name in names if name in fields))


def short(name: Any) -> str:
    """The last part of a full name; names may be given either way."""
    return str(name).rpartition("/")[2]


def same_name(old: Any, new: Any) -> bool:
    return short(old) == short(new)


def lower(name: str, inputs: Properties) -> str:
    """Names that we make of the resource's own are of the letters that Google takes."""
    return name.lower().replace("_", "-")


def known(value: Any) -> bool:
    return value is not None and not has_unknown(value)
