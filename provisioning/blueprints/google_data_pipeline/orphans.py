"""A data pipeline that a crash may have left. It has no labels; the jobs that it starts do."""

from __future__ import annotations

from provisioning.clouds.session import Session
from provisioning.contracts import StackSpec

from ..common.orphans import Finder, Inputs
from ..google_common import orphans
from .building import LAUNCH


def _pipeline(session: Session, spec: StackSpec, inputs: Inputs) -> str | None:
    name = f"{orphans.place(spec).parent}/pipelines/{inputs['name']}"
    pipelines = session.client("datapipelines").projects().locations().pipelines()
    found = pipelines.get(name=name).execute()
    for kind, request in found.get("workload", {}).items():
        environment = request.get(LAUNCH.get(kind, ""), {}).get("environment", {})
        if orphans.ours(spec, environment.get("additionalUserLabels")):
            return name
    return None


FINDERS: dict[str, Finder] = {"gcp:dataflow/pipeline:Pipeline": _pipeline}
