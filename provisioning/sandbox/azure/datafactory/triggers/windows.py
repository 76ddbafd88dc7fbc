"""Tumbling window triggers: every window since the start runs, the oldest first."""

from __future__ import annotations

from typing import Any

from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.datafactory.names import TRIGGER, factory_of
from provisioning.sandbox.azure.datafactory.runs.records import PipelineRun
from provisioning.sandbox.azure.datafactory.triggers.deliveries import Deliveries
from provisioning.sandbox.azure.datafactory.triggers.documents import Triggers
from provisioning.sandbox.azure.datafactory.triggers.records import (
    TriggerRun,
    Window,
    window_key,
)
from provisioning.sandbox.azure.datafactory.triggers.trigger_runs import Firing, TriggerRuns
from provisioning.sandbox.azure.datafactory.triggers.window_dependencies import (
    depends_on,
    waits_for,
)
from provisioning.sandbox.azure.datafactory.triggers.window_times import window_times
from provisioning.sandbox.azure.errors import bad_request
from provisioning.sandbox.azure.times import short, written
from provisioning.sandbox.records import Table

# So many may wait for others at once; those after them are looked at later.
_MOST_WAITING = 200
_RETRY_SECONDS = 30.0
_KIND = "TumblingWindowTrigger"


class Windows:
    def __init__(
        self, manager: Manager, triggers: Triggers, deliveries: Deliveries, runs: TriggerRuns
    ) -> None:
        self._manager = manager
        self._triggers = triggers
        self._deliveries = deliveries
        self._runs = runs
        self._table = Table(manager.world.store, kind="azure_window", record=Window)
        self._open: dict[str, dict[int, Window]] = {}
        for window in self._table:
            self._index(window)
        manager.world.simulation.handle("azure_windows", self._passed)
        manager.world.simulation.handle("azure_window", self._again)
        manager.when_removed(TRIGGER, self._forget)

    # ── Of the trigger ──────────────────────────────────────────────────────────────

    def require_startable(self, trigger: Resource) -> None:
        """A start in the far past or future is fine: windows are made up for, or come."""

    def started(self, trigger: Resource) -> None:
        self._go_on(trigger)

    def resume(self, trigger: Resource) -> None:
        for window in self._of(trigger):
            if window.status == "Retrying" and window.due is not None:
                self._announce(window)
        self._go_on(trigger)

    def ended(self, run: PipelineRun) -> None:
        """A pipeline run of a window has ended."""
        trigger_run = self._runs.get(run.watcher) if run.watcher else None
        if trigger_run is None or trigger_run.type != _KIND:
            return
        trigger = self._manager.resources.get(
            f"{trigger_run.factory}/triggers/{trigger_run.trigger}"
        )
        window = self._window_of(trigger, trigger_run) if trigger else None
        if trigger is None or window is None or window.status != "Running":
            return
        if run.status == "Failed" and self._retries(trigger, window):
            return
        self._close(window, trigger_run, "Succeeded" if run.status == "Succeeded" else "Failed")
        trigger_run.message = run.message
        self._runs.put(trigger_run)
        self._go_on(trigger)
        self._go_on_downstream(trigger)

    def rerun(self, trigger: Resource, before: TriggerRun) -> None:
        """The window once more, as a trigger run of its own in the same group."""
        window = self._window_of(trigger, before)
        if window is None or window.status in ("Waiting", "Running", "Retrying"):
            message = f"The trigger run {before.id} has not ended: it cannot be run again."
            raise bad_request(message, code="TriggerRunNotRerunnable")
        before.latest = False
        self._runs.put(before)
        run = self._new_run(trigger, window)
        run.group = before.group
        window.run, window.attempts, window.status = run.id, 0, "Waiting"
        self._keep(window)
        self._run(trigger, window)

    def cancel(self, trigger: Resource, run: TriggerRun) -> list[str]:
        """Returns the pipeline runs that are to be cancelled with it."""
        window = self._window_of(trigger, run)
        if window is None or window.status not in ("Waiting", "Running", "Retrying"):
            message = f"The trigger run {run.id} has ended: it cannot be cancelled."
            raise bad_request(message, code="TriggerRunNotCancelable")
        self._close(window, run, "Cancelled")
        self._go_on(trigger)
        return list(run.pipelines.values())

    # ── Going on ────────────────────────────────────────────────────────────────────

    def _passed(self, key: str, time: float) -> None:
        """Another window has passed."""
        trigger = self._manager.resources.get(key)
        if trigger is None:
            return
        state = self._triggers.state(trigger)
        if state.started and state.due == time:
            self._go_on(trigger)

    def _again(self, key: str, time: float) -> None:
        window = self._table.get(key)
        if window is None or window.status != "Retrying" or window.due != time:
            return
        trigger = self._manager.resources.get(window.trigger)
        if trigger is not None:
            window.status, window.due = "Waiting", None
            self._run(trigger, window)

    def _go_on(self, trigger: Resource) -> None:
        """Run what may run now, and say when the next window will have passed."""
        state = self._triggers.state(trigger)
        if not state.started:
            return
        times, now = window_times(trigger.properties["typeProperties"]), self._manager.now()
        most = int(trigger.properties["typeProperties"]["maxConcurrency"])
        for window in [each for each in self._of(trigger) if each.status == "Waiting"]:
            if self._under_way(trigger) < most and not self._waits(trigger, window):
                self._run(trigger, window)
        while self._has_room(trigger, most) and times.exists(state.next_window):
            if times.due(state.next_window) > now:
                break
            self._open_window(trigger, state.next_window)
            state.next_window += 1
            self._triggers.keep(state)
        coming = times.due(state.next_window) if times.exists(state.next_window) else None
        state.due = coming if coming is not None and coming > now else None
        self._triggers.keep(state)
        if state.due is not None:
            self._manager.world.simulation.announce(
                at=state.due, kind="azure_windows", key=trigger.key
            )

    def _go_on_downstream(self, trigger: Resource) -> None:
        start = f"{factory_of(trigger.id)}/triggers/"
        for other in self._manager.resources.of_type(TRIGGER, below=start):
            if other.properties["type"] == _KIND and depends_on(other, trigger.name):
                self._go_on(other)

    def _has_room(self, trigger: Resource, most: int) -> bool:
        waiting = sum(1 for each in self._of(trigger) if each.status == "Waiting")
        return self._under_way(trigger) < most and waiting < _MOST_WAITING

    def _under_way(self, trigger: Resource) -> int:
        return sum(1 for each in self._of(trigger) if each.status in ("Running", "Retrying"))

    def _open_window(self, trigger: Resource, number: int) -> None:
        times = window_times(trigger.properties["typeProperties"])
        window = Window(
            trigger=trigger.id,
            number=number,
            begins=times.begins(number),
            ends=times.ends(number),
            run="",
        )
        window.run = self._new_run(trigger, window).id
        self._keep(window)
        if self._deliveries.dropped(trigger):
            self._close(window, self._trigger_run(window), "Dropped")
        elif seconds := self._deliveries.delay(trigger):
            self._wait(window, seconds)
        elif not self._waits(trigger, window):
            self._run(trigger, window)

    def _waits(self, trigger: Resource, window: Window) -> bool:
        """Whether it has to wait; its trigger run tells for what."""
        run = self._trigger_run(window)
        run.dependencies = waits_for(
            trigger,
            begins=window.begins,
            ends=window.ends,
            resources=self._manager.resources,
            find=lambda id, number: self._table.get(window_key(id, number)),
        )
        self._runs.put(run)
        return bool(run.dependencies)

    def _run(self, trigger: Resource, window: Window) -> None:
        run = self._trigger_run(window)
        outputs = {"windowStartTime": short(window.begins), "windowEndTime": short(window.ends)}
        cause = {
            "name": trigger.name,
            "startTime": written(self._manager.now()),
            "scheduledTime": short(window.ends),
            "outputs": outputs,
        }
        window.status, window.attempts = "Running", window.attempts + 1
        self._keep(window)
        self._runs.start(run, trigger, trigger.properties["pipeline"], Firing(cause))
        if run.status == "Failed":  # it could not even begin
            self._close(window, run, "Failed")
        run.updated = self._manager.now()
        self._runs.put(run)

    def _retries(self, trigger: Resource, window: Window) -> bool:
        policy = trigger.properties["typeProperties"].get("retryPolicy") or {}
        if window.attempts > int(policy.get("count") or 0):
            return False
        self._wait(window, float(policy.get("intervalInSeconds") or _RETRY_SECONDS))
        return True

    def _wait(self, window: Window, seconds: float) -> None:
        window.status, window.due = "Retrying", self._manager.now() + seconds
        self._keep(window)
        self._announce(window)

    def _close(self, window: Window, run: TriggerRun, status: Any) -> None:
        window.status, window.due = status, None
        self._keep(window)
        run.status = {"Dropped": "Failed"}.get(status, status)
        run.updated = self._manager.now()
        if status == "Dropped":
            run.message = "Somebody asked the sandbox to drop this window."
        self._runs.put(run)

    # ── What is kept ────────────────────────────────────────────────────────────────

    def _new_run(self, trigger: Resource, window: Window) -> TriggerRun:
        properties = {
            "TriggerTime": written(self._manager.now()),
            "ScheduleTime": short(window.ends),
            "windowStartTime": short(window.begins),
            "windowEndTime": short(window.ends),
            "windowNumber": str(window.number),
        }
        return self._runs.open(trigger, properties)

    def _trigger_run(self, window: Window) -> TriggerRun:
        run = self._runs.get(window.run)
        assert run, "a window that has not ended keeps its trigger run"
        return run

    def _window_of(self, trigger: Resource, run: TriggerRun) -> Window | None:
        """None when the window has been run again since."""
        number = int(run.properties.get("windowNumber", -1))
        window = self._table.get(window_key(trigger.id, number))
        return window if window is not None and window.run == run.id else None

    def _of(self, trigger: Resource) -> list[Window]:
        """Those that have not ended, the oldest first."""
        return [window for _, window in sorted(self._open.get(trigger.key, {}).items())]

    def _keep(self, window: Window) -> None:
        self._table.put(window)
        self._index(window)

    def _index(self, window: Window) -> None:
        known = self._open.setdefault(window.trigger.lower(), {})
        if window.status in ("Waiting", "Running", "Retrying"):
            known[window.number] = window
        else:
            known.pop(window.number, None)

    def _announce(self, window: Window) -> None:
        assert window.due is not None
        self._manager.world.simulation.announce(at=window.due, kind="azure_window", key=window.key)

    def _forget(self, trigger: Resource) -> None:
        self._open.pop(trigger.key, None)
        for window in self._table:
            if window.trigger.lower() == trigger.key:
                self._table.delete(window.key)
