"""A sample object, a sample event: into the Pipeline's own bucket, on its own bus."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from dashboard.models import AuditEntry, Connection, Pipeline, User
from dashboard.services import samples
from dashboard.services.entering import Entered, require_level
from provisioning.contracts import EventSample, Level, ObjectSample
from provisioning.errors import CloudAway, NotPossible
from tests.dashboard.api.conftest import Caller, fields

Told = list[ObjectSample | EventSample]


class Emitter:
    """A Blueprint that takes samples, and remembers them."""

    def __init__(self) -> None:
        self.told: Told = []
        self.error: Exception | None = None

    def emit(self, session: Any, spec: Any, sample: ObjectSample | EventSample) -> str:
        if self.error:
            raise self.error
        self.told.append(sample)
        return f"sent-{len(self.told)}"


@pytest.fixture
def emitter(monkeypatch: pytest.MonkeyPatch) -> Emitter:
    found = Emitter()

    def enter(pipeline: Pipeline, level: Level) -> Entered:
        require_level(pipeline.connection, level)
        return Entered(blueprint=found, session=None, spec=None)

    monkeypatch.setattr(samples, "enter", enter)
    return found


def put(api: Caller, into: Pipeline, expect: int = 201, **body: Any) -> Any:
    whole = {"pipeline": into.pk, "key": "data/x.csv", "content": "a,b\n", **body}
    return api.post("/sandbox/objects", whole, expect=expect)


def send(api: Caller, into: Pipeline, expect: int = 201, **body: Any) -> Any:
    whole = {"pipeline": into.pk, "source": "shop", "type": "paid", **body}
    return api.post("/sandbox/events", whole, expect=expect)


def test_an_object_is_put_as_text_or_bytes(
    emitter: Emitter, api: Caller, deployed: Pipeline
) -> None:
    assert put(api, deployed) == {"pipeline": deployed.pk, "sent": "sent-1"}
    put(api, deployed, content="Zürich")
    raw = bytes(range(256))
    put(api, deployed, content=base64.b64encode(raw).decode(), encoding="base64")
    put(api, deployed, content="")
    contents = [sample.content for sample in emitter.told if isinstance(sample, ObjectSample)]
    assert contents == [b"a,b\n", "Zürich".encode(), raw, b""]
    entry = AuditEntry.objects.filter(action="pipeline.object").order_by("pk").first()
    assert entry is not None and entry.actor is not None
    assert (entry.actor.username, entry.detail["key"]) == ("mel", "data/x.csv")
    assert "a,b" not in str(entry.detail)


def test_an_event_is_sent(emitter: Emitter, api: Caller, deployed: Pipeline) -> None:
    detail = {"rows": 240, "nested": {"list": [1, None, True]}}
    assert send(api, deployed, detail=detail)["sent"] == "sent-1"
    assert emitter.told == [EventSample(source="shop", type="paid", detail=detail)]
    assert AuditEntry.objects.filter(action="pipeline.event").count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"key": ""}, "key"),
        ({"key": "x" * 1025}, "key"),
        ({"key": "data/a\nb.csv"}, "key"),
        ({"key": "data/\x7f.csv"}, "key"),
        ({"content": "not base64!", "encoding": "base64"}, "content"),
        ({"content": "ä", "encoding": "base64"}, "content"),
        ({"content": "x", "encoding": "gzip"}, "encoding"),
        ({"content": "x" * (5 * 1024 * 1024 + 1)}, "content"),
        ({"content": 7}, "content"),
        ({"content": "a\x00b"}, "content"),
        ({"pipeline": 999}, "pipeline"),
        ({"pipeline": "1"}, "pipeline"),
        ({"pipeline": 2**63}, "pipeline"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_what_is_wrong_with_an_object_is_named(
    body: dict[str, Any], field: str, emitter: Emitter, api: Caller, deployed: Pipeline
) -> None:
    assert set(fields(put(api, deployed, expect=422, **body))) == {field}
    assert emitter.told == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"source": ""}, "source"),
        ({"source": "x" * 257}, "source"),
        ({"type": ""}, "type"),
        ({"type": "x" * 129}, "type"),
        ({"detail": []}, "detail"),
        ({"detail": {"a": "x" * 300_000}}, "detail"),
        ({"pipeline": 999}, "pipeline"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_what_is_wrong_with_an_event_is_named(
    body: dict[str, Any], field: str, emitter: Emitter, api: Caller, deployed: Pipeline
) -> None:
    assert set(fields(send(api, deployed, expect=422, **body))) == {field}
    assert emitter.told == []


def test_a_real_account_is_never_reached_from_here(
    emitter: Emitter, api: Caller, deployed: Pipeline, member: User
) -> None:
    Connection.objects.update(sandbox=False)
    for refused in (put(api, deployed, expect=409), send(api, deployed, expect=409)):
        assert "is on a real account" in refused["detail"]
    assert emitter.told == []
    # From its own page it is, when the Connection allows it.
    deployed.refresh_from_db()
    samples.put_object(actor=member, pipeline=deployed, key="k", content=b"x")
    assert len(emitter.told) == 1
    Connection.objects.update(level="observe")
    with pytest.raises(NotPossible, match="for observe only"):
        samples.put_object(actor=member, pipeline=Pipeline.objects.get(), key="k", content=b"x")


@pytest.mark.parametrize(
    ("error", "status"),
    [(NotPossible("This pipeline has no bucket."), 409), (CloudAway("Nobody there."), 503)],
)
def test_what_the_blueprint_says_is_told(
    error: Exception, status: int, emitter: Emitter, api: Caller, deployed: Pipeline
) -> None:
    emitter.error = error
    assert put(api, deployed, expect=status)["detail"] == str(error)
    assert not AuditEntry.objects.filter(action="pipeline.object").exists()
