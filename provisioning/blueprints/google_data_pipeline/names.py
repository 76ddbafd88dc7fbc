"""The fixed names of what is deployed, from the slug; imports no package, so that programs may."""

from __future__ import annotations

from ..google_common.names import Place, own, trigger_id

WORK = "work"  # the bucket for what runs need meanwhile
WORKER, SCHEDULER, STARTER = "worker", "scheduler", "starter"  # accounts
STARTS = "skyclock/starts/"  # in the bucket for work: one object for each start by hand
KEPT_DAYS = 60


def pipeline(slug: str, place: Place) -> str:
    return f"{place.parent}/pipelines/{own(slug)}"


def workflow(slug: str, key: str, place: Place) -> str:
    return f"{place.parent}/workflows/{trigger_id(slug, key)}"
