"""What Eventarc takes for a trigger.
https://cloud.google.com/eventarc/docs/reference/rest/v1/projects.locations.triggers"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from provisioning.sandbox.google.accounts import Account, account_of, denied
from provisioning.sandbox.google.calls import Call, part
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.eventarc.records import FINALIZED, PUBLISHED
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.projects import storage_agent
from provisioning.sandbox.google.storage.buckets import Buckets
from provisioning.sandbox.rest import RestError

WRITABLE = frozenset({"destination", "eventDataContentType", "eventFilters", "labels",
                      "retryPolicy", "serviceAccount"})  # fmt: skip
_ID = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_PATH = re.compile(r"/?[\w.~%:@!$&'()*+,;=-]*(/[\w.~%:@!$&'()*+,;=-]*)*")
_SIMULATED = (FINALIZED, PUBLISHED)
_NO_PUBLISHER = (
    'Invalid resource state for "": The Cloud Storage service account for your bucket is unable '
    "to publish to Cloud Pub/Sub topics in the specified project.\nTo use GCS CloudEvent "
    "triggers, the GCS service account requires the Pub/Sub Publisher (roles/pubsub.publisher) "
    "IAM role in the specified project. (See "
    "https://cloud.google.com/eventarc/docs/run/quickstart-storage#before-you-begin)"
)


def invalid(message: str) -> RestError:
    return refusal("INVALID_ARGUMENT", message)


class TriggerChecks:
    """`find` says whether there is a service of Cloud Run, or a workflow, of this full name."""

    def __init__(
        self,
        identity: Identity,
        *,
        buckets: Buckets,
        topics: Callable[[str], bool],
        find: Callable[[str], bool],
    ) -> None:
        self._access = identity.access
        self._accounts = identity.accounts
        self._buckets = buckets
        self._topics = topics
        self._find = find

    def require(self, call: Call, name: str, wish: dict[str, Any]) -> None:
        """The wish is a trigger that the caller may make. Fills in what is left out."""
        filters = _filters(wish)
        kind = filters.get("type", "")
        if kind not in _SIMULATED:
            raise refusal("UNIMPLEMENTED", f"The sandbox does not deliver events of type '{kind}'.")
        self._require_destination(name, wish)
        self._require_account(call, wish)
        if kind == FINALIZED:
            self._require_bucket(name, filters)
        elif set(filters) != {"type"}:
            raise invalid(f"Events of type {kind} cannot be filtered by other attributes.")
        if topic := wish.get("transport", {}).get("pubsub", {}).get("topic"):
            self._require_topic(kind, topic)
        attempts = wish.get("retryPolicy", {}).get("maxAttempts")
        if attempts not in (None, 1) or (attempts and "cloudRun" not in wish["destination"]):
            raise invalid("retry_policy.max_attempts can only be 1, for Cloud Run destinations.")

    def _require_destination(self, name: str, wish: dict[str, Any]) -> None:
        destination = wish.get("destination", {})
        chosen = [key for key in destination if key != "networkConfig"]
        if len(chosen) != 1:
            raise invalid("A trigger needs exactly one destination.")
        project = f"projects/{part(name, 'projects')}"
        if chosen == ["cloudRun"]:
            service = destination["cloudRun"]
            region, id = service.get("region", ""), service.get("service", "")
            if not _PATH.fullmatch(service.get("path", "")):
                raise invalid(f"Invalid path '{service['path']}' of the Cloud Run service.")
            target = f"{project}/locations/{region}/services/{id}"
        elif chosen == ["workflow"]:
            target = destination["workflow"]
            if not re.fullmatch(rf"{project}/locations/[^/]+/workflows/[^/]+", target):
                raise invalid(f"Invalid workflow '{target}': it must be of the trigger's project.")
        else:
            raise refusal("UNIMPLEMENTED", f"The sandbox does not deliver to {chosen[0]}.")
        if not self._find(target):
            raise invalid(f"Invalid destination: '{target}' does not exist.")

    def _require_account(self, call: Call, wish: dict[str, Any]) -> None:
        given = wish.get("serviceAccount", "")
        if not given:
            raise invalid("The sandbox needs a trigger's service_account.")
        account = self._accounts.table.get(account_of(call.project, given))
        if account is None:
            raise invalid(f"Service account {given} does not exist.")
        wish["serviceAccount"] = account.email
        if not self._access.may(call.caller, "iam.serviceAccounts.actAs", account.name):
            raise denied("iam.serviceAccounts.actAs", account.name, service="iam")
        self._require_receiver(account)

    def _require_receiver(self, account: Account) -> None:
        permission = "eventarc.events.receiveEvent"
        if not self._access.allows(account.email, permission, f"projects/{account.project}"):
            message = f'Permission "{permission}" denied on "{account.email}"'
            raise refusal("PERMISSION_DENIED", message)

    def _require_bucket(self, name: str, filters: dict[str, str]) -> None:
        if set(filters) != {"type", "bucket"}:
            raise invalid("Cloud Storage events are filtered by the attributes type and bucket.")
        bucket, project = self._buckets.table.get(filters["bucket"]), part(name, "projects")
        if bucket is None or bucket.project != project:
            raise invalid(f'Bucket "{filters["bucket"]}" not found in project "{project}".')
        location = part(name, "locations")
        if location.upper() != bucket.location:
            raise invalid(
                f'The trigger\'s location must be that of the bucket: "{bucket.name}" is in '
                f"{bucket.location.lower()}, the trigger in {location}."
            )
        agent = storage_agent(project)
        if not self._access.allows(agent, "pubsub.topics.publish", f"projects/{project}"):
            raise refusal("FAILED_PRECONDITION", _NO_PUBLISHER)

    def _require_topic(self, kind: str, topic: str) -> None:
        if kind != PUBLISHED:
            raise invalid(f"A topic of one's own can only be given for events of type {PUBLISHED}.")
        if not self._topics(topic):
            raise invalid(f"Topic '{topic}' does not exist.")


def require_id(id: str) -> None:
    if not _ID.fullmatch(id):
        raise invalid(
            f"Invalid trigger_id '{id}': it must be of lower case letters, digits and hyphens, "
            "begin with a letter, end with no hyphen, and have at most 63 characters."
        )


def _filters(wish: dict[str, Any]) -> dict[str, str]:
    filters: dict[str, str] = {}
    for one in wish.get("eventFilters", []):
        attribute = one.get("attribute", "")
        if attribute in filters or not attribute or not one.get("value"):
            raise invalid("Each event filter needs an attribute of its own, and a value.")
        if one.get("operator"):
            raise invalid(f"The operator '{one['operator']}' is not for the attribute {attribute}.")
        filters[attribute] = one["value"]
    if "type" not in filters:
        raise invalid("A trigger must have an event filter for the attribute 'type'.")
    return filters
