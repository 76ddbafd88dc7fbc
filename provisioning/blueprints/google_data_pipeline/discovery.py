"""Data pipelines of a project, ours or not."""

from __future__ import annotations

from provisioning.clouds.session import Session
from provisioning.contracts import Found

from ..google_common.calls import pages
from ..google_common.names import Place
from .building import CLASSIC, FLEX, LAUNCH, TEMPLATE


def discover(session: Session) -> tuple[Found, ...]:
    """Of the Connection's region: Google lists one at a time."""
    parent = Place(session.region, session.account).parent
    pipelines = session.client("datapipelines").projects().locations().pipelines()
    return tuple(
        Found(
            cloud_id=each["name"],
            name=each["name"].rpartition("/")[2],
            kind="Data pipeline",
            triggers=_triggers(each.get("scheduleInfo", {})),
            detail=_detail(each),
        )
        for each in pages(pipelines, "pipelines", "list the data pipelines", parent=parent)
    )


def _triggers(schedule: dict[str, str]) -> tuple[str, ...]:
    if not schedule.get("schedule"):
        return ()
    return (f"{schedule['schedule']} {schedule.get('timeZone') or 'UTC'}",)


def _detail(found: dict[str, object]) -> str:
    state = str(found.get("state", "")).removeprefix("STATE_").lower()
    return f"{state}, {template_of(found)}".strip(", ")


def template_of(pipeline: dict[str, object]) -> str:
    workload = pipeline.get("workload")
    for kind in (CLASSIC, FLEX):
        request = workload.get(kind) if isinstance(workload, dict) else None
        if request:
            holder = request.get(LAUNCH[kind], {}) if kind == FLEX else request
            return str(holder.get(TEMPLATE[kind], ""))
    return ""
