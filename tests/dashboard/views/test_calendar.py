"""The calendar's page: the grid, the list that says the same, and what the address may say."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from dashboard.models import Connection, Pipeline, Run, Trigger


def page(browser: Client, query: str = "") -> str:
    answer = browser.get(f"/calendar{query}")
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.partition("<main")[2]))


@pytest.mark.parametrize("view", ["day", "week", "month"])
def test_a_run_and_a_start_to_come_are_blocks_with_the_pipelines_name(
    view: str, as_member: Client, trigger: Trigger, run: Run
) -> None:
    html = page(as_member, f"?view={view}&date={trigger.next.astimezone().date()}")
    assert f'href="/pipelines/{trigger.pipeline_id}" title="Churn' in html
    ran = page(as_member, f"?view={view}&date={run.started.date()}")
    assert f'href="/runs/{run.pk}" title="Churn' in ran


@pytest.mark.parametrize("view", ["day", "week", "month"])
def test_the_list_has_the_same_numbers_as_the_grid(
    view: str, as_member: Client, trigger: Trigger, run: Run, new_run: Callable[..., Run]
) -> None:
    new_run(run.pipeline, status="failed", ago=3000)
    grid = as_member.get(f"/calendar?view={view}").context["seen"]
    listed = as_member.get(f"/calendar?view={view}&list=yes")
    rows = re.findall(r'data-label="To come">\s*(\d*)\s*</td>', listed.content.decode())
    assert sum(int(number or 0) for number in rows) == grid.due
    assert len(rows) == len(grid.filled)
    assert "1 succeeded" in text_of(listed.content.decode()) or not grid.past
    assert "</a> ," not in listed.content.decode()


def test_nothing_is_said_in_a_sentence(as_member: Client) -> None:
    assert "No start to come. No run happened." in text_of(page(as_member))
    assert "nothing will start" in text_of(page(as_member, "?list=yes"))


def test_keys_are_shown_and_lead_to_the_pages_beside(as_member: Client) -> None:
    html = page(as_member, "?view=week&date=2027-01-01&cloud=aws")
    links = dict(re.findall(r'href="([^"]+)"[^>]*? data-key="(\w+)"', html))
    keys = {key: url for url, key in links.items()}
    assert keys["ArrowLeft"] == "/calendar?view=week&date=2026-12-25&cloud=aws"
    assert keys["ArrowRight"] == "/calendar?view=week&date=2027-01-08&cloud=aws"
    assert keys["m"] == "/calendar?view=month&date=2027-01-01&cloud=aws"
    assert keys["l"] == "/calendar?view=week&date=2027-01-01&cloud=aws&list=yes"
    assert {"t", "d", "w"} <= set(keys)
    for key in ("←", "→", "t", "d", "w", "m", "l"):
        assert f"<kbd>{key}</kbd>" in html


def test_the_days_are_those_of_the_zone_that_is_chosen(as_member: Client, run: Run) -> None:
    assert "Days and hours are in UTC." in text_of(page(as_member))
    assert "Days and hours are in Asia/Tokyo." in text_of(page(as_member, "?zone=Asia/Tokyo"))
    assert "Days and hours are in UTC." in text_of(page(as_member, "?zone=Mars/Olympus"))


@pytest.mark.parametrize(
    "query",
    [
        "?view=year", "?date=soon", "?date=0001-01-01", "?date=9999-12-31", "?connection=x",
        "?pipeline=99999999999999999999", "?status=odd", "?cloud=mars", "?search=%00",
    ],
)  # fmt: skip
def test_an_address_that_makes_no_sense_shows_the_week(query: str, as_member: Client) -> None:
    assert "<kbd>w</kbd>" in page(as_member, query)


@pytest.mark.parametrize("date", ["2000-01-01", "2100-12-31"])
@pytest.mark.parametrize("view", ["day", "week", "month"])
def test_the_first_and_the_last_days_have_pages(view: str, date: str, as_member: Client) -> None:
    page(as_member, f"?view={view}&date={date}")


def test_a_change_of_the_clock_is_marked_and_said(
    as_member: Client, trigger: Trigger, connection: Connection
) -> None:
    for view in ("day", "week", "month"):
        html = page(as_member, f"?view={view}&date=2027-03-28&zone=Europe/Berlin")
        assert "02:00 to 02:59 does not exist" in text_of(html)
        assert "cal-change" in html


def test_what_is_paused_is_listed_with_its_sentence(as_member: Client, trigger: Trigger) -> None:
    Trigger.objects.filter(pk=trigger.pk).update(state="paused", paused=True)
    text = text_of(page(as_member))
    assert "Not counted as to come" in text
    assert "At 06:00 every day, Europe/Berlin" in text and "until it is resumed" in text


def test_the_starts_of_an_hour_are_listed_by_name(
    as_member: Client, deployed: Pipeline, run: Run
) -> None:
    hour = run.started.replace(minute=0, second=0)
    until = hour + timedelta(hours=1)
    query = f"?since={hour:%Y-%m-%dT%H:%MZ}&until={until:%Y-%m-%dT%H:%MZ}&status=succeeded"
    answer = as_member.get(f"/calendar/starts{query}")
    assert f'href="/runs/{run.pk}"' in answer.content.decode()
    assert "1 start from" in text_of(answer.content.decode())


@pytest.mark.parametrize(
    "query",
    [
        "", "?since=2026-11-20T06:00Z", "?since=2026-11-20T06:00&until=2026-11-20T07:00",
        "?since=2026-11-20T06:00Z&until=2026-11-20T06:00Z", "?since=x&until=y",
        "?since=2026-11-20T06:00Z&until=2027-11-20T06:00Z",
        "?since=0001-01-01T00:00Z&until=0001-01-01T01:00Z",
    ],
)  # fmt: skip
def test_only_short_times_are_listed_start_by_start(query: str, as_member: Client) -> None:
    answer = as_member.get(f"/calendar/starts{query}")
    assert (answer.status_code, answer["Location"]) == (302, "/calendar")
