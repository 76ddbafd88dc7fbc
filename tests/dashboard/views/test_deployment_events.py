"""The stream that keeps a Deployment's page up to date."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from dashboard.live import hearing
from dashboard.models import Deployment, DeploymentResource, User
from tests.dashboard.views.conftest import add_lines

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "LOOK_SECONDS", 0.1)  # there is no Redis that would wake it


def browser(user: User | None) -> AsyncClient:
    client = AsyncClient()
    if user:
        client.force_login(user)
    return client


async def answer_of(client: AsyncClient, deployment: Deployment, **headers: str) -> Any:
    return await client.get(f"/deployments/{deployment.pk}/events?after=1", headers=headers)


async def events(stream: AsyncIterator[bytes]) -> AsyncIterator[tuple[str, str, str]]:
    """(name, id, data) of each event; comments are left out."""
    async for chunk in stream:
        for block in chunk.decode().split("\n\n"):
            fields = [line.partition(": ") for line in block.splitlines() if line[0] != ":"]
            if not fields:
                continue
            named = {name: value for name, _, value in fields}
            data = "\n".join(value for name, _, value in fields if name == "data")
            yield named["event"], named.get("id", ""), data


async def first(stream: AsyncIterator[bytes], count: int) -> list[tuple[str, str, str]]:
    found = []
    async with asyncio.timeout(20):
        async for event in events(stream):
            found.append(event)
            if len(found) == count:
                break
    return found


def numbers(data: str) -> list[int]:
    return [line[0] for line in json.loads(data)]


def finish(deployment: Deployment, **changes: Any) -> None:
    add_lines(deployment, "fourth", "fifth")
    DeploymentResource.objects.filter(deployment=deployment).update(state="done")
    Deployment.objects.filter(pk=deployment.pk).update(
        status="succeeded", changes={"create": 1}, **changes
    )


def test_it_begins_after_the_line_that_the_page_has(running: Deployment, member: User) -> None:
    async def walk() -> None:
        answer = await answer_of(client, running)
        assert answer["Content-Type"] == "text/event-stream"
        name, id, data = (await first(answer.streaming_content, 1))[0]
        assert (name, id, numbers(data)) == ("line", "3", [2, 3])
        assert [line[2:] for line in json.loads(data)] == [
            ["info", "+ role <b>exec</b> creating"],
            ["info", "two\nrows"],
        ]

    client = browser(member)
    asyncio.run(walk())


def test_a_browser_that_reconnects_names_the_line_it_has(running: Deployment, member: User) -> None:
    async def walk() -> None:
        answer = await answer_of(client, running, last_event_id="2")
        _, id, data = (await first(answer.streaming_content, 1))[0]
        assert (id, numbers(data)) == ("3", [3])

    client = browser(member)
    asyncio.run(walk())


def test_it_sends_what_changes_and_ends_with_the_deployment(
    running: Deployment, member: User
) -> None:
    async def walk() -> list[tuple[str, str, str]]:
        answer = await answer_of(client, running)
        found = []
        async with asyncio.timeout(30):
            async for event in events(answer.streaming_content):
                found.append(event)
                if len(found) == 4:  # the first lines and the three parts
                    await sync_to_async(finish)(running)
        return found

    client = browser(member)
    found = asyncio.run(walk())
    lines = [n for name, _, data in found if name == "line" for n in numbers(data)]
    assert lines == [2, 3, 4, 5]
    assert found[-1][0] == "end"
    last = {name: data for name, _, data in found}
    assert "Succeeded" in last["status"]
    assert "created" in last["resource"]
    assert "Cancel deploy" in found[1][2]


def test_a_part_that_has_not_changed_is_not_sent_again(running: Deployment, member: User) -> None:
    async def walk() -> list[str]:
        answer = await answer_of(client, running)
        names = []
        async with asyncio.timeout(30):
            async for name, _, _ in events(answer.streaming_content):
                names.append(name)
                if len(names) == 4:
                    await sync_to_async(add_lines)(running, "one more")
                if len(names) == 5:
                    await sync_to_async(finish)(running)
        return names

    client = browser(member)
    names = asyncio.run(walk())
    assert names[:5] == ["line", "status", "phase", "resource", "line"]


def test_who_is_not_signed_in_gets_no_stream(running: Deployment) -> None:
    assert asyncio.run(answer_of(browser(None), running)).status_code == 403


def test_there_is_no_stream_of_what_does_not_exist(member: User) -> None:
    missing = Deployment(pk=4711)
    assert asyncio.run(answer_of(browser(member), missing)).status_code == 404
