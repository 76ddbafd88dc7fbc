"""Webhooks, as their senders meet them."""

from __future__ import annotations

import json
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.utils import timezone

from dashboard import celery
from dashboard.models import Hook, Pipeline, Start, User
from dashboard.services import hooks, own_triggers, pipelines, triggers
from provisioning.contracts import ParameterSpec
from tests.dashboard.api.conftest import Caller, fields

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SPECS = (
    ParameterSpec(name="InputData", kind="string", default="s3://bucket/in/"),
    ParameterSpec(name="Rate", kind="float", default="0.5"),
    ParameterSpec(name="Rounds", kind="integer", default="3"),
    ParameterSpec(name="Mode", kind="string", default="full", choices=("full", "delta")),
)


@dataclass
class Sender:
    """Somebody who knows an address and a secret."""

    address: str
    secret: str
    sent: int = 0

    def __call__(self, body: Any = None, *, expect: int = 202, **changes: Any) -> Any:
        answer = self.send(body, **changes)
        assert answer.status_code == expect, answer.content.decode()
        return answer.json()

    def send(
        self, body: Any = None, *, id: str | None = None, at: float | None = None,
        raw: bytes | None = None, headers: dict[str, str] | None = None,
    ) -> Any:  # fmt: skip
        self.sent += 1
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        id = f"msg_{self.sent}" if id is None else id
        stamp = str(int(time.time() if at is None else at))
        signature = hooks.sign(self.secret, id=id, timestamp=stamp, body=content)
        said = {"webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": signature}
        browser = Client(enforce_csrf_checks=True)
        return browser.generic(
            "POST", self.address, content, "application/json", headers=said | (headers or {})
        )


@pytest.fixture
def hooked(new_pipeline: Callable[..., Pipeline], monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    made = new_pipeline("Hooked", triggers=[{"kind": "webhook"}])
    Pipeline.objects.filter(pk=made.pk).update(
        deployed_version=made.current_version, may_exist_in_cloud=True
    )
    monkeypatch.setattr(hooks.runs, "parameters", lambda _pipeline: SPECS)
    own_triggers.refresh(made)
    made.refresh_from_db()
    return made


@pytest.fixture
def rotate(api: Caller, hooked: Pipeline) -> Callable[..., dict[str, Any]]:
    path = f"/pipelines/{hooked.pk}/triggers/{hooked.triggers.get().pk}/rotate"
    return lambda **body: dict(api.post(path, body))


@pytest.fixture
def sender(rotate: Callable[..., dict[str, Any]]) -> Sender:
    made = rotate()
    return Sender(made["address"], made["secret"])


def test_the_signature_is_that_of_the_published_convention() -> None:
    """The example of https://www.standardwebhooks.com."""
    body = b'{"test": 2432232314}'
    signature = hooks.sign(
        SECRET, id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp="1614265330", body=body
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_signed_call_owes_a_start(sender: Sender, hooked: Pipeline, messages: Any) -> None:
    answer = sender({"parameters": {"Rate": 0.25, "Rounds": 7}})
    start = Start.objects.get()
    assert answer == {"start": start.pk, "state": "waiting"}
    assert (start.pipeline, start.trigger) == (hooked, hooked.triggers.get())
    assert start.parameters == {"Rate": "0.25", "Rounds": "7"}
    assert start.cause == "webhook msg_1"


@pytest.mark.django_db(transaction=True)
def test_it_is_enqueued_at_once(sender: Sender, messages: Any) -> None:
    answer = sender()
    assert messages() == [(celery.PERFORM_START, [answer["start"]])]


def test_a_call_without_a_body_takes_the_defaults(sender: Sender) -> None:
    sender()
    sender({})
    assert [start.parameters for start in Start.objects.all()] == [{}, {}]


# ── Who may ─────────────────────────────────────────────────────────────────────────


def test_nobody_else_learns_anything_not_even_that_there_is_an_address(
    sender: Sender, hooked: Pipeline, member: User
) -> None:
    stranger = Sender(sender.address, SECRET)
    old = time.time() - 301
    nowhere = Sender("/hooks/there-is-none", sender.secret)
    told = [
        stranger.send({"parameters": {}}), stranger.send({"parameters": {"Nonsense": 1}}),
        stranger.send(raw=b"no json"), sender.send(at=old), sender.send(at=time.time() + 400),
        sender.send(at=10**11), sender.send(at=-5),
        sender.send(id=""), sender.send(id="a b"), sender.send(id="x" * 181), sender.send(id="é"),
        sender.send(headers={"webhook-signature": ""}),
        sender.send(headers={"webhook-signature": "v1,é"}),
        sender.send(headers={"webhook-signature": "v1," * 1000}),
        sender.send(headers={"webhook-timestamp": "soon"}),
        sender.send(headers={"webhook-timestamp": "9" * 12}),
        sender.send(headers={"webhook-timestamp": "٣"}),
        Client().post(sender.address), Client().post("/hooks/there-is-none"),
        nowhere.send(), nowhere.send({"parameters": {"Nonsense": 1}}),
    ]  # fmt: skip
    assert {answer.status_code for answer in told} == {401}
    assert len({answer.content for answer in told}) == 1
    assert len({str(sorted(answer.headers.items())) for answer in told}) == 1
    assert not Start.objects.exists()


def test_looking_at_an_address_shows_nothing(sender: Sender) -> None:
    for method in ("get", "put", "delete", "options", "head"):
        answers = [getattr(Client(), method)(path) for path in (sender.address, "/hooks/none")]
        assert [answer.status_code for answer in answers] == [405, 405]
        assert answers[0].content == answers[1].content


def test_a_body_that_was_changed_on_its_way_is_not_believed(sender: Sender) -> None:
    stamp = str(int(time.time()))
    signature = hooks.sign(sender.secret, id="msg", timestamp=stamp, body=b"{}")
    changed = {"webhook-id": "msg", "webhook-timestamp": stamp, "webhook-signature": signature}
    assert sender.send({"parameters": {"Rounds": 1}}, headers=changed).status_code == 401


def test_one_of_several_signatures_is_enough(sender: Sender) -> None:
    stamp = str(int(time.time()))
    right = hooks.sign(sender.secret, id="m", timestamp=stamp, body=b"")
    wrong = "v1," + b64encode(b"0" * 32).decode()
    headers = {"webhook-timestamp": stamp, "webhook-signature": f"{wrong} v1a,xx {right}"}
    assert sender.send(id="m", headers=headers).status_code == 202


def test_a_session_and_a_token_are_no_way_in(
    sender: Sender, api: Caller, member: User, sign_in: Callable[[User], Client]
) -> None:
    assert sign_in(member).post(sender.address).status_code == 401
    bearer = {"Authorization": f"Bearer {api.token}"}
    assert Client().post(sender.address, headers=bearer).status_code == 401


@pytest.mark.parametrize("how", ["removed", "deleted", "replaced"])
def test_what_is_gone_is_as_if_it_had_never_been(
    how: str, sender: Sender, hooked: Pipeline, member: User
) -> None:
    Pipeline.objects.filter(pk=hooked.pk).update(may_exist_in_cloud=False, deployed_version=None)
    key = hooked.triggers.get().key
    if how == "deleted":
        pipelines.delete(actor=member, pipeline=hooked)
    else:
        other = {"kind": "schedule", "cron": "0 6 * * *", "timezone": "UTC", "key": key}
        new = [] if how == "removed" else [other]
        pipelines.update(actor=member, pipeline=hooked, triggers=new)
    nowhere = Sender("/hooks/there-is-none", SECRET).send()
    answer = sender.send()
    assert (answer.status_code, answer.content) == (401, nowhere.content)


# ── Once ────────────────────────────────────────────────────────────────────────────


def test_the_same_message_again_owes_nothing_more(sender: Sender) -> None:
    first = sender({"parameters": {"Rounds": 7}}, id="msg_a")
    again = sender({"parameters": {"Rounds": 7}}, id="msg_a", at=time.time() + 60)
    assert first == again
    Start.objects.update(state="started")
    assert sender({"parameters": {"Rounds": 7}}, id="msg_a")["state"] == "started"
    assert Start.objects.count() == 1


def test_an_id_stands_for_one_content(sender: Sender) -> None:
    sender({"parameters": {"Rounds": 7}}, id="msg_a")
    refused = sender({"parameters": {"Rounds": 8}}, id="msg_a", expect=409)
    assert "was that of another message" in refused["detail"]


def test_ids_of_two_hooks_do_not_meet(sender: Sender, new_pipeline: Any, member: User) -> None:
    other = new_pipeline("Other", triggers=[{"kind": "webhook"}])
    Pipeline.objects.filter(pk=other.pk).update(deployed_version=other.current_version)
    made = hooks.rotate(actor=member, trigger=other.triggers.get(), end_old=False)
    sender(id="msg_a")
    Sender(own_triggers.address(made.hook), made.secret)(id="msg_a")
    assert Start.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_the_same_message_many_times_at_once_one_counts(sender: Sender) -> None:
    ready = threading.Barrier(6)
    told: list[int] = []

    def call() -> None:
        ready.wait()
        told.append(sender(id="msg_a")["start"])
        database.close()

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 6
    assert set(told) == {Start.objects.get().pk}


# ── What is wrong is said to those who can sign ─────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"parameters": {"Nonsense": 1}}, "parameters.Nonsense"),
        ({"parameters": {"Rate": "much"}}, "parameters.Rate"),
        ({"parameters": {"Rate": "1_0"}}, "parameters.Rate"),
        ({"parameters": {"Rate": "inf"}}, "parameters.Rate"),
        ({"parameters": {"Rounds": 1.5}}, "parameters.Rounds"),
        ({"parameters": {"Rounds": True}}, "parameters.Rounds"),
        ({"parameters": {"Mode": "half"}}, "parameters.Mode"),
        ({"parameters": {"InputData": "x" * 5000}}, "parameters.InputData"),
        ({"parameters": {"InputData": "a\x00b"}}, "parameters.InputData"),
        ({"parameters": {"InputData": None}}, "parameters.InputData"),
        ({"parameters": {"InputData": {"a": 1}}}, "parameters.InputData"),
        ({"parameters": []}, "parameters"),
        ({"Rate": 0.5}, "Rate"),
        ([], ""),
        ("text", ""),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_wrong_parameters_are_named(body: Any, field: str, sender: Sender) -> None:
    assert set(fields(sender(body, expect=422))) == {field}
    assert not Start.objects.exists()


def test_a_parameter_without_a_default_is_asked_for(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = (ParameterSpec(name="Day", kind="string"),)
    monkeypatch.setattr(hooks.runs, "parameters", lambda _pipeline: needed)
    assert set(fields(sender(expect=422))) == {"parameters.Day"}


@pytest.mark.parametrize(
    "raw", [b"{", b"\xff", b"a=b", b"[" * 5000, b'{"a": ' + b"9" * 5000 + b"}"]
)
def test_what_is_not_json_is_told_so(raw: bytes, sender: Sender) -> None:
    assert sender.send(raw=raw).status_code == 400


def test_a_large_body_is_not_read(sender: Sender) -> None:
    assert sender.send(raw=b" " * (64 * 1024 + 1)).status_code == 413


def test_what_does_not_fire_says_so(sender: Sender, hooked: Pipeline, member: User) -> None:
    trigger = hooked.triggers.get()
    triggers.pause(actor=member, trigger=trigger)
    assert sender(expect=409)["detail"] == "This webhook is paused."
    triggers.resume(actor=member, trigger=trigger)
    sender()
    Pipeline.objects.filter(pk=hooked.pk).update(deployed_version=None)
    assert "not deployed" in sender(expect=409)["detail"]


def test_a_flood_is_stopped(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "MOST_PER_MINUTE", 3)
    for _ in range(3):
        sender()
    answer = sender.send()
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert sender(id="msg_1")  # the same again costs nothing
    Start.objects.update(requested_at=timezone.now() - timedelta(minutes=2))
    sender()


# ── Secrets ─────────────────────────────────────────────────────────────────────────


def test_a_secret_is_shown_once_and_sealed(sender: Sender, api: Caller, hooked: Pipeline) -> None:
    hook = Hook.objects.get()
    key = sender.secret.removeprefix("whsec_")
    for text in (hook.sealed, str(api.get(f"/pipelines/{hooked.pk}")), repr(hook)):
        assert key not in text
    (trigger,) = api.get(f"/pipelines/{hooked.pk}")["triggers"]
    assert (trigger["address"], trigger["state"]) == (sender.address, "active")


def test_before_the_first_secret_there_is_no_address(api: Caller, hooked: Pipeline) -> None:
    (trigger,) = api.get(f"/pipelines/{hooked.pk}")["triggers"]
    assert (trigger["address"], trigger["state"]) == (None, "missing")


def test_an_old_secret_lives_a_day(sender: Sender, rotate: Callable[..., dict[str, Any]]) -> None:
    made = rotate()
    assert made["address"] == sender.address
    assert made["secret"] != sender.secret
    new = Sender(sender.address, made["secret"], sent=100)
    sender()
    new()
    Hook.objects.update(before_until=timezone.now() - timedelta(seconds=1))
    sender(expect=401)
    new()


def test_an_old_secret_can_end_at_once(
    sender: Sender, rotate: Callable[..., dict[str, Any]]
) -> None:
    made = rotate(end_old=True)
    assert made["old_until"] is None
    assert Hook.objects.get().sealed_before == ""
    sender(expect=401)
    Sender(sender.address, made["secret"])()


def test_a_secret_that_cannot_be_opened_lets_nobody_in(sender: Sender) -> None:
    Hook.objects.update(sealed="broken")
    sender(expect=401)


def test_only_webhooks_have_secrets(api: Caller, pipeline: Pipeline) -> None:
    path = f"/pipelines/{pipeline.pk}/triggers/{pipeline.triggers.get().pk}/rotate"
    assert api.post(path, expect=409)["detail"] == "Only a webhook has a secret."
