"""Resources that a crash may have left in the cloud: made, but not in the engine's state.

All have fixed names from the slug, and carry the Pipeline's label, or say in their description
whose they are: a stranger's resource of the same name is not taken over. Permissions need not
be found: giving one twice is giving it once.
"""

from __future__ import annotations

from collections.abc import Mapping

from provisioning.clouds.session import Session
from provisioning.contracts import StackSpec

from ..common.orphans import Finder, Inputs
from .names import LABEL, LABEL_LIMIT, Place


def ours(spec: StackSpec, labels: Mapping[str, str] | None) -> bool:
    return (labels or {}).get(LABEL) == spec.slug[:LABEL_LIMIT]


def place(spec: StackSpec) -> Place:
    return Place(spec.region, spec.account)


def _account(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    name = place(spec).account_name(place(spec).email(str(inputs["accountId"])))
    found = session.client("iam").projects().serviceAccounts().get(name=name).execute()
    return name if f"({LABEL}={spec.slug})" in found.get("description", "") else None


def _bucket(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    found = session.client("storage").get_bucket(inputs["name"])
    return str(found.name) if ours(spec, found.labels) else None


def _topic(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    name = f"projects/{spec.account}/topics/{inputs['name']}"
    found = session.client("pubsub").projects().topics().get(topic=name).execute()
    return name if ours(spec, found.get("labels")) else None


def _trigger(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    return _labelled(session, spec, "eventarc", "triggers", inputs)


def _workflow(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    return _labelled(session, spec, "workflows", "workflows", inputs)


def _service(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    return _labelled(session, spec, "run", "services", inputs)


def _labelled(
    session: Session, spec: StackSpec, api: str, collection: str, inputs: Inputs
) -> str | None:
    name = f"{place(spec).parent}/{collection}/{inputs['name']}"
    resources = getattr(session.client(api).projects().locations(), collection)()
    return name if ours(spec, resources.get(name=name).execute().get("labels")) else None


FINDERS: dict[str, Finder] = {
    "gcp:serviceaccount/account:Account": _account,
    "gcp:storage/bucket:Bucket": _bucket,
    "gcp:pubsub/topic:Topic": _topic,
    "gcp:eventarc/trigger:Trigger": _trigger,
    "gcp:workflows/workflow:Workflow": _workflow,
    "gcp:cloudrunv2/service:Service": _service,
}
