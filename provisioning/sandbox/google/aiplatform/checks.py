"""What Vertex AI takes for a custom job.
https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.customJobs"""

from __future__ import annotations

import re
from typing import Any

from provisioning.sandbox.google.accounts import account_of
from provisioning.sandbox.google.calls import Call
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.times import seconds_of
from provisioning.sandbox.rest import RestError

_LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
_OUTPUT = re.compile(r"gs://[a-z0-9][a-z0-9._-]+(/.*)?")
_MACHINE = re.compile(r"[a-z][a-z0-9]*-[a-z0-9-]+")
_LOCATION = re.compile(r"(africa|asia|australia|europe|me|northamerica|southamerica|us)-[a-z]+\d+")
# What would change how a job runs, and does not here.
_UNKNOWN = {
    "network": "VPC networks",
    "pscInterfaceConfig": "private interfaces",
    "persistentResourceId": "persistent resources",
    "tensorboard": "TensorBoard",
    "enableWebAccess": "web access to jobs",
}


def invalid(message: str) -> RestError:
    return refusal("INVALID_ARGUMENT", message)


class JobChecks:
    def __init__(self, identity: Identity) -> None:
        self._access = identity.access
        self._accounts = identity.accounts

    def require(self, call: Call) -> None:
        """The call's body is a job that the caller may create."""
        if not _LOCATION.fullmatch(call.location):
            raise invalid(f"Location {call.location} is not supported by Vertex AI.")
        wish = call.body
        if not 1 <= len(wish.get("displayName", "")) <= 128:
            raise invalid("The display_name must have between 1 and 128 characters.")
        if wish.get("encryptionSpec"):
            raise refusal("UNIMPLEMENTED", "The sandbox does not simulate encryption keys of jobs.")
        _require_labels(wish.get("labels", {}))
        _require_spec(wish.get("jobSpec", {}))
        self._require_account(call, wish["jobSpec"])

    def _require_account(self, call: Call, spec: dict[str, Any]) -> None:
        given = spec.get("serviceAccount", "")
        if not given:
            return
        account = self._accounts.table.get(account_of(call.project, given))
        permission = "iam.serviceAccounts.actAs"
        if account is None or not self._access.may(call.caller, permission, account.name):
            message = (
                f"You do not have permission to act as service_account: {given}. "
                "(or it may not exist)."
            )
            raise refusal("PERMISSION_DENIED", message)


def _require_spec(spec: dict[str, Any]) -> None:
    for name, what in _UNKNOWN.items():
        if spec.get(name):
            raise refusal("UNIMPLEMENTED", f"The sandbox does not simulate {what} of custom jobs.")
    pools = spec.get("workerPoolSpecs", [])
    if not pools:
        raise invalid("The job_spec.worker_pool_specs must not be empty.")
    for number, pool in enumerate(pools):
        if pool:
            _require_pool(pool, f"job_spec.worker_pool_specs[{number}]")
    output = spec.get("baseOutputDirectory", {}).get("outputUriPrefix", "")
    if output and not _OUTPUT.fullmatch(output):
        raise invalid(f"'{output}' is not a Cloud Storage directory such as gs://bucket/folder/.")
    timeout = spec.get("scheduling", {}).get("timeout")
    if timeout:
        try:
            seconds_of(timeout)
        except ValueError as error:
            raise invalid(f"job_spec.scheduling.timeout: {error}") from error


def _require_pool(pool: dict[str, Any], at: str) -> None:
    container, package = pool.get("containerSpec", {}), pool.get("pythonPackageSpec")
    if bool(container) == bool(package):
        raise invalid(f"{at} needs either a container_spec or a python_package_spec.")
    if package:
        raise refusal("UNIMPLEMENTED", "The sandbox runs container_spec, no python_package_spec.")
    if not container.get("imageUri"):
        raise invalid(f"{at}.container_spec.image_uri must not be empty.")
    if not _MACHINE.fullmatch(pool.get("machineSpec", {}).get("machineType", "")):
        raise invalid(f"{at}.machine_spec.machine_type must be set, such as n1-standard-4.")
    if int(pool.get("replicaCount", 1)) < 1:
        raise invalid(f"{at}.replica_count must be at least 1.")


def _require_labels(labels: dict[str, str]) -> None:
    if len(labels) > 64:
        raise invalid("A job can have at most 64 labels.")
    for key, value in labels.items():
        if not (_LABEL_KEY.fullmatch(key) and _LABEL_VALUE.fullmatch(value)):
            raise invalid(f"Invalid label '{key}': '{value}'.")
