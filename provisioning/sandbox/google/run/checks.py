"""What Cloud Run takes for a service, and what it fills in.
https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services"""

from __future__ import annotations

import re
from typing import Any

from provisioning.sandbox.google.accounts import account_of
from provisioning.sandbox.google.calls import Call
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.projects import default_account
from provisioning.sandbox.google.run.records import DEFAULT_CONCURRENCY, DEFAULT_INSTANCES
from provisioning.sandbox.google.times import seconds_of
from provisioning.sandbox.rest import RestError

_ID = re.compile(r"[a-z]([a-z0-9-]{0,47}[a-z0-9])?")
_RESERVED = frozenset({"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION", "K_SINK"})
_LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
_LONGEST = 3600
# What would change how a container runs, and does not here.
_OF_TEMPLATE = {
    "vpcAccess": "VPC access",
    "volumes": "volumes",
    "encryptionKey": "customer-managed encryption keys",
    "nodeSelector": "GPUs",
    "serviceMesh": "service meshes",
    "sandboxes": "sandboxes within services",
}
_OF_CONTAINER = {
    "volumeMounts": "volumes",
    "dependsOn": "sidecars",
    "sourceCode": "deployments from source",
    "baseImageUri": "base images",
    "command": "commands of one's own",
    "args": "arguments of one's own",
}


def invalid(message: str) -> RestError:
    return refusal("INVALID_ARGUMENT", message)


def require_id(id: str) -> None:
    if not _ID.fullmatch(id):
        raise invalid(
            f"Violation in CreateServiceRequest.service_id: Service id '{id}' must only use "
            "lowercase alphanumeric characters and dashes, begin with a letter, not end with a "
            "dash, and be less than 50 characters."
        )


class ServiceChecks:
    def __init__(self, identity: Identity) -> None:
        self._access = identity.access
        self._accounts = identity.accounts

    def require(self, call: Call, wish: dict[str, Any]) -> dict[str, Any]:
        """The wish with what is left out filled in."""
        template = wish.get("template") or {}
        _require_simulated(template, _OF_TEMPLATE)
        _require_traffic(wish.get("traffic", []))
        self._require_account(call, template)
        filled = {
            "ingress": "INGRESS_TRAFFIC_ALL",
            "launchStage": "GA",
            "scaling": {},
            "traffic": [{"type": _LATEST, "percent": 100}],
            **{key: value for key, value in wish.items() if value not in (None, {}, [])},
            "template": _template(template),
        }
        return filled

    def _require_account(self, call: Call, template: dict[str, Any]) -> None:
        given = template.get("serviceAccount", "")
        email = account_of(call.project, given) if given else default_account(call.project)
        account = self._accounts.table.get(email)
        permission = "iam.serviceAccounts.actAs"
        if account is None or not self._access.may(call.caller, permission, account.name):
            message = (
                f"Permission '{permission.lower()}' denied on service account {email} "
                "(or it may not exist)."
            )
            raise refusal("PERMISSION_DENIED", message)
        template["serviceAccount"] = email


def _template(template: dict[str, Any]) -> dict[str, Any]:
    containers = template.get("containers", [])
    if len(containers) != 1:
        if not containers:
            raise invalid("template.containers: must have at least one container.")
        raise refusal("UNIMPLEMENTED", "The sandbox does not simulate sidecars.")
    timeout = str(template.get("timeout") or "300s")
    try:
        seconds = seconds_of(timeout)
    except ValueError as error:
        raise invalid(f"template.timeout: {error}") from error
    if not 0 < seconds <= _LONGEST:
        raise invalid(f"template.timeout: must be between 1 and {_LONGEST} seconds.")
    concurrency = template.get("maxInstanceRequestConcurrency") or DEFAULT_CONCURRENCY
    if not 1 <= concurrency <= 1000:
        raise invalid("template.max_instance_request_concurrency: must be between 1 and 1000.")
    scaling = dict(template.get("scaling", {}))
    scaling.setdefault("maxInstanceCount", DEFAULT_INSTANCES)
    return {
        **template,
        "timeout": timeout,
        "maxInstanceRequestConcurrency": concurrency,
        "scaling": scaling,
        "containers": [_container(containers[0])],
    }


def _container(container: dict[str, Any]) -> dict[str, Any]:
    if not container.get("image"):
        raise invalid("template.containers[0].image: expected a container image, got an empty text")
    _require_simulated(container, _OF_CONTAINER)
    names = [one.get("name", "") for one in container.get("env", [])]
    if reserved := sorted(_RESERVED & set(names)):
        raise invalid(
            "template.containers[0].env: The following reserved env names were provided: "
            f"{', '.join(reserved)}. These values are automatically set by the system."
        )
    if len(set(names)) != len(names) or "" in names:
        raise invalid("template.containers[0].env: the names must be given, and be unique.")
    if any(one.get("valueSource") for one in container.get("env", [])):
        raise refusal("UNIMPLEMENTED", "The sandbox does not simulate secrets in variables.")
    limits = {"cpu": "1000m", "memory": "512Mi", **container.get("resources", {}).get("limits", {})}
    return {
        "ports": [{"name": "http1", "containerPort": 8080}],
        **container,
        "resources": {"cpuIdle": True, **container.get("resources", {}), "limits": limits},
    }


def _require_traffic(traffic: list[dict[str, Any]]) -> None:
    for one in traffic:
        if one.get("type", _LATEST) != _LATEST or one.get("percent", 100) != 100:
            message = "The sandbox sends all requests to the latest revision."
            raise refusal("UNIMPLEMENTED", message)


def _require_simulated(given: dict[str, Any], unknown: dict[str, str]) -> None:
    for name, what in unknown.items():
        if given.get(name):
            raise refusal("UNIMPLEMENTED", f"The sandbox does not simulate {what} of Cloud Run.")
