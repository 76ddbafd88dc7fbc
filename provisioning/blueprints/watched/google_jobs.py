"""Runs of a data pipeline that others made, read as those of own ones are.

Google does not tell what started a job: within a minute and a half after a firing of the schedule
it is taken for the schedule's, and of any other it is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from provisioning.clouds.session import Session
from provisioning.contracts import NativeSpec, RunPage, ScheduleSpec, StackSpec
from provisioning.errors import NotFound
from provisioning.schedules import natively

from ..google_common.times import utc
from ..google_data_pipeline.dataflow import Dataflow, Found
from ..google_data_pipeline.reader import LATE, Reader, listed
from .watcher import settings_of

INSTANT = timedelta(microseconds=1)


class AnyDataflow(Dataflow):
    """Nothing marks the jobs of others: the one that was made at about the same time, if it is
    the only one."""

    def _is_of(self, job: Found) -> bool:
        return True


class JobReader(Reader):
    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._jobs = session.client("datapipelines").projects().locations().pipelines().jobs()
        self._name = settings_of(spec).cloud_id
        self._spec = spec
        self._dataflow = AnyDataflow(session, spec)
        self._seen: dict[str, dict[str, Any]] = {}

    def runs(self, *, since: datetime | None, cursor: str | None = None) -> RunPage:
        try:
            jobs, token = self._page(cursor)
        except NotFound:
            return RunPage(runs=())
        wanted = [each for each in jobs if since is None or utc(each["createTime"]) >= since]
        return RunPage(
            runs=tuple(map(listed, wanted)), cursor=token if len(wanted) == len(jobs) else None
        )

    def _trigger(self, job: Mapping[str, Any]) -> tuple[str, str, datetime | None]:
        made = utc(str(job["createTime"]))
        for spec in self._spec.triggers:
            if not isinstance(spec, ScheduleSpec | NativeSpec):
                continue
            due = natively.next_firing(spec, made - LATE)
            if due is not None and due <= made:
                return spec.key, "", due
        return "", "", None
