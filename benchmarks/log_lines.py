"""How soon two hundred viewers see a line of a log, against a bare fan-out over TCP.

    .venv/bin/python -m benchmarks.log_lines [viewers] [rounds]

An engine's events go to a spool file at 10 and at 1,000 lines a second; the worker's own code
takes them from there, saves them as rows and tells of them by Redis; the web server is the one
that `make run` starts. In every other round the same batches, saved in the same way, go over a
bare asyncio server instead, at the moment of their commit. What arrived is looked at afterwards:
each viewer has to have each line once and in order.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks import log_viewers
from dashboard.supervisor.ports import free

RATES = (10, 1000)
GOALS = {10: 2.0, 1000: 2.5}  # times the fan-out's p95
COMMIT_GOAL = 0.150
SECONDS = 4.0
PATIENCE = 60.0
PEOPLE = 8
EVENT = re.compile(rb"event: line\nid: \d+\ndata: ([^\n]*)\n\n")
TEXT = "aws:sqs/queue:Queue letters creating (3 s), and what else an engine has to say"


def p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)] if values else float("nan")


@dataclass
class Engine:
    """Writes lines to a spool at a rate, as the operation's process does; the worker sees it
    as that process."""

    spool: Any
    rate: int
    seconds: float
    written: list[float] = field(default_factory=list)  # when each line was

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._write)
        self._thread.start()

    def poll(self) -> int | None:
        return None if self._thread.is_alive() else 0

    def rest(self, seconds: float) -> None:
        self._thread.join(seconds)

    def cancel(self) -> None: ...
    def kill(self) -> None: ...

    def last_words(self) -> str:
        return ""

    def _write(self) -> None:
        from provisioning.contracts import LogEvent  # noqa: PLC0415

        begun = time.monotonic()
        for turn in range(int(self.rate * self.seconds)):
            time.sleep(max(0.0, begun + turn / self.rate - time.monotonic()))
            self.spool.write(LogEvent(time=datetime.now(UTC), level="info", text=TEXT))
            self.written.append(time.monotonic())


class Worker:
    """A Deployment that runs, and when each of its lines was committed."""

    def __init__(self, name: str, user: Any, connection: Any) -> None:
        from dashboard.models import Deployment  # noqa: PLC0415
        from dashboard.services import deployment_log, leases, pipelines  # noqa: PLC0415
        from provisioning.blueprints import registry  # noqa: PLC0415
        from provisioning.masking import Masker  # noqa: PLC0415
        from provisioning.operations.spool import Spool  # noqa: PLC0415

        kind = "aws_sagemaker_pipeline"
        pipeline = pipelines.create(
            actor=user, name=name, connection=connection, blueprint=kind,
            settings=registry.get(kind).example(), triggers=[],
        )  # fmt: skip
        self.row = Deployment.objects.create(
            pipeline=pipeline, version=pipeline.current_version, operation="up", requested_by=user
        )
        lease = leases.claim(self.row)
        assert lease
        self.row.refresh_from_db()
        self.recorder = deployment_log.Recorder(self.row, lease)
        self.recorder.spool.parent.mkdir(parents=True, exist_ok=True)
        self.spool = Spool(self.recorder.spool, Masker([]))
        self.committed: dict[int, float] = {}
        self.to_commit: list[float] = []

    def run(self, rate: int, tell: Any) -> range:
        """One round; `tell` gets the lines of each batch once they are committed."""
        from dashboard import live  # noqa: PLC0415
        from dashboard.services import deployments  # noqa: PLC0415

        first = self.recorder.last + 1

        def told(id: int, *, lines: Any, **more: Any) -> None:
            now = time.monotonic()
            self.committed |= {line.n: now for line in lines}
            tell(id, lines=lines, **more)

        publish, live.publish = live.publish, told
        try:
            engine = Engine(self.spool, rate, SECONDS)
            deployments._follow(self.recorder, engine)
        finally:
            live.publish = publish
        numbers = range(first, self.recorder.last + 1)
        assert len(numbers) == len(engine.written), "the spool was not saved whole"
        pairs = zip(numbers, engine.written, strict=True)
        self.to_commit = [self.committed[n] - at for n, at in pairs]
        return numbers


@dataclass
class Bench:
    product: Worker
    bare: Worker
    client: Any  # the process of the viewers
    floor: Any  # the connection to the bare server
    publish: Any

    def round(self, name: str, rate: int) -> tuple[list[float], list[float]]:
        """Seconds from the commit of a line to each viewer, and from the spool to the commit."""
        worker = self.product if name == "product" else self.bare
        tell = self.publish if name == "product" else self._fan_out
        numbers = worker.run(rate, tell)
        waits: list[float] = []
        for pieces in self._received(name, worker.recorder.last):
            arrived = list(_lines(pieces))
            assert [n for n, _ in arrived] == list(numbers), f"{name}: lost, doubled or reordered"
            waits += [at - worker.committed[n] for n, at in arrived]
        return waits, worker.to_commit

    def _received(self, name: str, last: int) -> list[list[tuple[float, bytes]]]:
        """What each viewer got, once all have the last line."""
        end = b"id: %d\n" % last
        deadline = time.monotonic() + PATIENCE
        found: list[list[tuple[float, bytes]]] = []
        while not found or not all(end in log_viewers.joined(each) for each in found):
            assert time.monotonic() < deadline, f"{name}: the last line did not come"
            time.sleep(0.5)
            self.client.send(name)
            more = self.client.recv()
            found = [old + new for old, new in zip(found, more, strict=True)] if found else more
        return found

    def _fan_out(self, id: int, *, lines: Any, last: int, **more: Any) -> None:
        from dashboard.live.wire import lines_event, lines_json  # noqa: PLC0415

        self.floor.sendall(lines_event(lines_json(lines), last=last))


def _lines(pieces: list[tuple[float, bytes]]) -> Iterator[tuple[int, float]]:
    """(number, when it was there) of each line in what one viewer received."""
    ends, size = [], 0
    for at, data in pieces:
        size += len(data)
        ends.append((size, at))
    place = iter(ends)
    end, at = next(place, (0, 0.0))
    for event in EVENT.finditer(log_viewers.joined(pieces)):
        while end < event.end():
            end, at = next(place)
        yield from ((line[0], at) for line in json.loads(event.group(1)))


# ── The stage ───────────────────────────────────────────────────────────────────────


@contextmanager
def web(folder: Path, redis_url: str) -> Iterator[int]:
    """The web server as the supervisor starts it."""
    from dashboard.supervisor import parts  # noqa: PLC0415

    (port,) = free(1)
    layout = parts.Layout(
        data=folder, host="127.0.0.1", port=port, ports={}, engine_cache=folder,
        engine_root=None, with_sandbox=False,
    )  # fmt: skip
    env = {**os.environ, **parts.environment(layout, redis_url)}
    process = subprocess.Popen(parts.web(layout, env).argv, env=env)
    try:
        log_viewers.await_port(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def cookies(users: list[Any]) -> list[str]:
    from django.test import Client  # noqa: PLC0415

    found = []
    for user in users:
        browser = Client()
        browser.force_login(user)
        found.append(browser.cookies["sessionid"].value)
    return found


def measure(folder: Path, redis: Any, viewers: int, rounds: int) -> None:
    from django.core.management import call_command  # noqa: PLC0415

    from dashboard import live  # noqa: PLC0415
    from dashboard.models import User  # noqa: PLC0415
    from dashboard.services import connections  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    users = [User.objects.create(username=f"p{n}", role=User.Role.ADMIN) for n in range(PEOPLE)]
    connection = connections.create_sandbox(actor=users[0], name="Sandbox AWS", cloud="aws")
    product, bare = (Worker(name, users[0], connection) for name in ("product", "bare"))
    inside, client = get_context("spawn").Pipe()
    with web(folder, redis.url) as port, log_viewers.fan_out() as floor:
        path = f"/deployments/{product.row.pk}/events?after=0"
        args = (inside, viewers, port, path, cookies(users), floor.viewers)
        process = get_context("spawn").Process(target=log_viewers.watch, args=args, daemon=True)
        process.start()
        assert client.recv() == "watching"
        told = redis.client()
        subscribed = len(told.client_list(_type="pubsub")), told.pubsub_numpat()
        print(f"{viewers} viewers, {subscribed[0]} subscriber of {subscribed[1]} pattern in Redis")
        assert subscribed == (1, 1), "one subscription per process"
        report(Bench(product, bare, client, floor.producer, live.publish), rounds)
        client.send("end")
        process.join(20)


def report(bench: Bench, rounds: int) -> None:
    for name in ("product", "bare"):  # nobody's first round counts
        bench.round(name, RATES[0])
    for rate in RATES:
        found: dict[str, list[float]] = {"product": [], "bare": []}
        commits: list[float] = []
        for number in range(rounds):
            for name in sorted(found, reverse=bool(number % 2)):
                waits, to_commit = bench.round(name, rate)
                found[name].append(p95(waits))
                commits += to_commit
        show(rate, found, p95(commits))


def show(rate: int, found: dict[str, list[float]], commit: float) -> None:
    middle = {name: sorted(values)[len(values) // 2] for name, values in found.items()}
    for name, values in found.items():
        spread = f"{min(values) * 1000:.1f} to {max(values) * 1000:.1f}"
        print(f"{rate:5,}/s  {name:8} p95 {middle[name] * 1000:7.1f} ms, rounds {spread}")
    ratio = middle["product"] / middle["bare"]
    print(f"{rate:5,}/s  ratio {ratio:.2f}, goal {GOALS[rate]}")
    print(
        f"{rate:5,}/s  engine to commit p95 {commit * 1000:.0f} ms, goal {COMMIT_GOAL * 1000:.0f}"
    )


def main() -> None:
    from tests.redis_process import RedisProcess  # noqa: PLC0415

    viewers = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 9
    folder = Path(os.environ["SKYCLOCK_DATA"])
    redis = RedisProcess(folder / "redis").start()
    try:
        os.environ["REDIS_URL"] = redis.url
        import django  # noqa: PLC0415

        django.setup()
        measure(folder, redis, viewers, rounds)
    finally:
        redis.end()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as data:
        os.environ["SKYCLOCK_DATA"] = data
        os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
        main()
