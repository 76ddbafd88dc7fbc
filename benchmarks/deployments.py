"""A deployment of eight resources: ours, the bare engine's and the Automation API's, in one run.

    .venv/bin/python -m benchmarks.deployments [rounds] [rounds of the queue]

All three deploy the same program of the same Blueprint to the sandbox clouds with the same engine:
`operations.start` up to its outcome, with every event and the outputs read from the spool; one
`pulumi up` with its program in a process that waits for it; and create_or_select_stack,
set_all_config and up, as documented, in a process that has loaded everything. What they made is
compared first. Then 16 stacks wait in a queue for a few slots. It fails where a goal is missed.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.deploying import Contender, bare, changes, library, ours, outputs, resources
from benchmarks.queueing import in_library, in_product
from provisioning.blueprints import registry
from provisioning.clouds import open_session
from provisioning.contracts import EngineCommand, EventSpec, Operation, StackSpec
from provisioning.engine.command import prepare_engine
from tests.deployed_stack import DeployedStack
from tests.sandbox_process import ACCOUNT, REGION, SandboxProcess

KIND = "aws_sagemaker_pipeline"
TRIGGER = EventSpec(key="t1", source="example.data", types=("dataset.ready",))
RESOURCES = 8  # of AWS; the program's two components come on top
QUEUED = 16
SLOTS = 4
ROUNDS = 7
QUEUE_ROUNDS = 3
TO_BARE, TO_LIBRARY, THROUGHPUT = 1.25, 0.4, 2.0
CACHE = Path.home() / ".cache" / "skyclock" / "engine"


@dataclass
class Place:
    """A sandbox, and a state folder for all stacks."""

    folder: Path
    engine: EngineCommand
    sandbox: SandboxProcess
    stacks: int = 0

    def stack(self, slug: str) -> DeployedStack:
        blueprint = registry.get(KIND)
        spec = StackSpec(
            pipeline_id=1,
            name="Measured",
            slug=slug,
            blueprint=KIND,
            settings=blueprint.validate(blueprint.example()),
            triggers=(TRIGGER,),
            region=REGION,
            account=ACCOUNT,
        )
        self.stacks += 1
        access = self.sandbox.access()
        # Numbers of its own: they name the spools, which lie in one folder.
        return DeployedStack(self.folder, self.engine, access, spec, number=1000 * self.stacks)


@dataclass
class Taken:
    """Seconds by what was measured and by whom, a number for each round."""

    seconds: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def note(self, what: str, who: str, seconds: float) -> None:
        self.seconds.setdefault((what, who), []).append(seconds)
        print(f"{what:10} {who:8} {seconds:7.2f} s", file=sys.stderr, flush=True)

    def ratio(self, what: str, who: str, other: str) -> float:
        """Within each round, which a busy machine slows as a whole; then the middle one."""
        pairs = zip(self.seconds[what, who], self.seconds[what, other], strict=True)
        return median(mine / theirs for mine, theirs in pairs)

    def show(self) -> None:
        for (what, who), taken in self.seconds.items():
            spread = f"[{min(taken):.2f} - {max(taken):.2f}]"
            print(f"{what:10} {who:8} {median(taken):7.2f} s  {spread}")


@contextmanager
def place() -> Iterator[Place]:
    engine = prepare_engine(None, CACHE, print)
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        (folder / "sandbox").mkdir()
        sandbox = SandboxProcess(folder / "sandbox").start()
        ending.callback(sandbox.end)
        yield Place(folder, engine, sandbox)


def turned(contenders: Sequence[Contender], by: int) -> Sequence[Contender]:
    by %= len(contenders)
    return [*contenders[by:], *contenders[:by]]


def alone(place: Place, rounds: int, taken: Taken) -> None:
    """Each in turn: all resources made, then nothing to do, then all gone again."""
    contenders = [
        ours(place.stack("by-ours")),
        bare(place.stack("by-bare")),
        library(place.stack("by-library")),
    ]
    for number in range(-1, rounds):  # the first one loads what is loaded once
        for what, does in (("up", "create"), ("no-op up", "same")):
            for contender in turned(contenders, number):
                seconds = contender.up()
                if number >= 0:
                    taken.note(what, contender.name, seconds)
                assert set(changes(contender.stack)) == {does}, changes(contender.stack)
                assert len(resources(contender.stack)) == RESOURCES, resources(contender.stack)
            answers = {contender.answer() for contender in contenders}
            assert len(answers) == 1, answers
        for contender in contenders:
            gone(contender.stack)


def gone(stack: DeployedStack) -> None:
    outcome = stack.run(Operation.DESTROY)
    assert outcome.status == "succeeded", outcome.error


def queued(place: Place, rounds: int, taken: Taken) -> None:
    ways: list[tuple[str, Callable[..., float]]] = [("ours", in_product), ("library", in_library)]
    for number in range(rounds):
        for name, way in ways if number % 2 == 0 else reversed(ways):
            stacks = [place.stack(f"{name}-{number}-{each:02}") for each in range(QUEUED)]
            taken.note("16 queued", name, way(stacks, SLOTS))
            check(place, stacks)
            for stack in stacks:
                gone(stack)


def check(place: Place, stacks: Sequence[DeployedStack]) -> None:
    """Every stack has its own, once, as the cloud lists it and as the outputs say."""
    session = open_session(place.sandbox.access())
    listed = session.client("sagemaker").list_pipelines(MaxResults=100)["PipelineSummaries"]
    rules = session.client("events").list_rules()["Rules"]
    said = [outputs(stack)["pipeline_name"] for stack in stacks]
    assert sorted(each["PipelineName"] for each in listed) == sorted(said), (listed, said)
    ours = [each["Name"] for each in rules if any(s.spec.slug in each["Name"] for s in stacks)]
    assert len(ours) == len(stacks), ours
    for stack, name in zip(stacks, said, strict=True):
        assert stack.spec.slug in name, (stack.spec.slug, name)
        assert len(resources(stack)) == RESOURCES and set(changes(stack)) == {"create"}


def main(rounds: int = ROUNDS, queue_rounds: int = QUEUE_ROUNDS) -> int:
    taken = Taken()
    with place() as found:
        alone(found, rounds, taken)
        queued(found, queue_rounds, taken)
    taken.show()
    ratios = {
        "up to bare": (taken.ratio("up", "ours", "bare"), TO_BARE),
        "up to library": (taken.ratio("up", "ours", "library"), TO_LIBRARY),
        "no-op up to bare": (taken.ratio("no-op up", "ours", "bare"), TO_BARE),
        "no-op up to library": (taken.ratio("no-op up", "ours", "library"), TO_LIBRARY),
    }
    if queue_rounds:
        queue = taken.ratio("16 queued", "ours", "library")
        ratios["16 queued to library"] = (queue, 1 / THROUGHPUT)
    for name, (found_ratio, goal) in ratios.items():
        verdict = "" if found_ratio <= goal else "  MISSED"
        print(f"{name:22} {found_ratio:5.2f}  goal: at most {goal:.2f}{verdict}")
    print(json.dumps({name: round(each, 3) for name, (each, _) in ratios.items()}))
    return int(any(each > goal for each, goal in ratios.values()))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
