"""Parallel and Map: states whose work is done by strands of their own."""

from __future__ import annotations

from provisioning.sandbox.aws.states.definitions import processor
from provisioning.sandbox.aws.states.flow import with_item
from provisioning.sandbox.aws.states.language.problems import StateFailed, runtime
from provisioning.sandbox.aws.states.language.scope import written
from provisioning.sandbox.aws.states.records import Strand
from provisioning.sandbox.aws.states.walk import PAUSE, Walk

# "Step Functions might not let more than 40 iterations of an inline Map run at once."
MOST_AT_ONCE = 40
_ENDED = ("done", "failed", "aborted")


class Composites:
    """What one walk does with them."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        walk.child_done = self.child_done
        walk.child_failed = self.child_failed
        walk.end_children = self.end_children
        walk.drop_children = self.drop_children

    # ── Beginning ───────────────────────────────────────────────────────────────────

    def begin(self, strand: Strand) -> None:
        """Begin, or begin anew after a failure that is retried."""
        if self._walk.state(strand)["Type"] == "Parallel":
            self._begin_branches(strand)
        else:
            self._begin_items(strand)

    def _begin_branches(self, strand: Strand) -> None:
        walk = self._walk
        given = walk.flow.arguments(walk.moment(strand))
        walk.note(strand, "ParallelStateStarted")
        strand.phase, strand.due = "working", None
        for index, branch in enumerate(walk.state(strand)["Branches"]):
            path = [*strand.path, strand.state, index]
            self._add(strand, index, path=path, start=branch["StartAt"], given=given)

    def _begin_items(self, strand: Strand) -> None:
        walk, moment = self._walk, self._walk.moment(strand)
        strand.items = walk.flow.items(moment)
        strand.concurrency = self._concurrency(strand)
        walk.note(strand, "MapStateStarted", {"length": len(strand.items)})
        strand.phase, strand.due = "working", None
        started = strand.event
        for _ in range(min(len(strand.items), strand.concurrency)):
            self._begin_item(strand, after=started)
        if not strand.items:
            self._complete(strand, [])

    def _concurrency(self, strand: Strand) -> int:
        walk, moment = self._walk, self._walk.moment(strand)
        found = walk.flow.value(moment, "MaxConcurrency")
        if found is None:
            return MOST_AT_ONCE
        if isinstance(found, bool) or not isinstance(found, int):
            path = moment.state.get("MaxConcurrencyPath", "")
            raise runtime(
                f"The MaxConcurrencyPath field refers to value {_quoted(found)} which is not a "
                f"valid integer: {path}"
            )
        if found < 0:
            raise runtime(f"The MaxConcurrency has to be at least 0, not {found}.")
        return min(found or MOST_AT_ONCE, MOST_AT_ONCE)

    def _begin_item(self, strand: Strand, *, after: int) -> None:
        """Of the items the first that has no iteration yet."""
        walk = self._walk
        index = len(walk.children(strand))
        item = strand.items[index]
        given = walk.flow.item(with_item(walk.moment(strand), index, item), item)
        start = processor(walk.state(strand))["StartAt"]
        child = self._add(
            strand, index, path=[*strand.path, strand.state], start=start, given=given, item=item
        )
        child.event = after
        walk.note(child, "MapIterationStarted", {"name": strand.state, "index": index})

    def _add(
        self,
        strand: Strand,
        index: int,
        *,
        path: list[str | int],
        start: str,
        given: object,
        item: object = None,
    ) -> Strand:
        execution = self._walk.execution
        child = Strand(
            number=execution.next_strand,
            parent=strand.number,
            index=index,
            path=path,
            variables=dict(strand.variables),
            item=item,
            state=start,
            input=given,
            event=strand.event,
            due=self._walk.now + PAUSE,
        )
        execution.next_strand += 1
        execution.strands[child.number] = child
        return child

    # ── Ends ────────────────────────────────────────────────────────────────────────

    def child_done(self, strand: Strand, child: Strand) -> None:
        walk = self._walk
        children = walk.children(strand)
        if walk.state(strand)["Type"] == "Map":
            self._note_iteration(strand, child, "Succeeded")
            if len(children) < len(strand.items):
                try:
                    self._begin_item(strand, after=child.event)
                except StateFailed as failure:
                    walk.failed(strand, failure)
                return
        expected = max(len(strand.items), len(children))
        if len(children) == expected and all(each.phase == "done" for each in children):
            strand.event = child.event
            self._complete(strand, [each.output for each in children])

    def _complete(self, strand: Strand, results: list[object]) -> None:
        """What follows comes after the last thing that a child did, as AWS has it."""
        walk = self._walk
        last = strand.event
        walk.note(strand, f"{walk.state(strand)['Type']}StateSucceeded")
        strand.event = last
        try:
            moment = walk.moment(strand)
            output = walk.flow.output(moment, results)
            assigned = walk.flow.assigned(moment, moment.state.get("Assign"), results)
            self._remove_children(strand)
            walk.leave(strand, output, assigned)
        except StateFailed as failure:
            walk.failed(strand, failure)

    def child_failed(self, strand: Strand, child: Strand) -> None:
        """One failed: the others are ended, and the state fails with its error."""
        walk = self._walk
        if walk.state(strand)["Type"] == "Map":
            self._note_iteration(strand, child, "Failed")
        strand.event = child.event
        walk.failed(strand, StateFailed(child.error, child.cause))

    def end_children(self, strand: Strand) -> None:
        for child in self._walk.children(strand):
            if child.phase not in _ENDED:
                self._end(child, after=strand.event)

    def _end(self, strand: Strand, *, after: int) -> None:
        """Abort a strand, those below it first."""
        walk = self._walk
        for child in walk.children(strand):
            if child.phase not in _ENDED:
                self._end(child, after=after)
        walk.cancel(strand)
        kind = walk.state(strand)["Type"]
        if strand.phase != "entering" and kind in ("Task", "Wait", "Parallel", "Map"):
            walk.history.add(walk.execution, f"{kind}StateAborted", after=after)
        parent = walk.parent(strand)
        if parent is not None and walk.state(parent)["Type"] == "Map":
            details = {"name": parent.state, "index": strand.index}
            walk.history.add(walk.execution, "MapIterationAborted", after=after, details=details)
        strand.phase, strand.due = "aborted", None

    def drop_children(self, strand: Strand) -> None:
        """Before the state is tried again or left: what its strands came to is of no more use."""
        self._remove_children(strand)
        strand.items = []

    def _remove_children(self, strand: Strand) -> None:
        for child in self._walk.children(strand):
            self._remove_children(child)
            del self._walk.execution.strands[child.number]

    def _note_iteration(self, strand: Strand, child: Strand, how: str) -> None:
        details = {"name": strand.state, "index": child.index}
        self._walk.history.add(
            self._walk.execution, f"MapIteration{how}", after=child.event, details=details
        )


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else f'"{written(value)}"'
