"""The pieces that repeat: states, times, dots, schedules."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template

from dashboard.models import Deployment, Run, Trigger
from dashboard.services.trigger_words import of_schedule as schedule_sentence
from dashboard.templatetags import dots, status
from dashboard.times import Zones

NOON = datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC)


def rendered(template: str, **context: Any) -> str:
    return Template(template).render(Context(context))


# ── States ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("word", [*Run.Status, *Deployment.Status, *Trigger.State])
def test_every_state_of_a_row_has_a_look(word: str) -> None:
    assert word in status.STATES


def test_a_state_is_said_by_word_shape_and_colour() -> None:
    badge = status.status("failed")
    assert "✕" in badge and "Failed" in badge and "tone-red" in badge


@pytest.mark.parametrize("word", ["interrupted", "unknown", "stale"])
def test_what_we_do_not_know_is_never_red(word: str) -> None:
    assert status.state(word).tone == "striped"


def test_a_word_that_is_not_in_the_table_is_shown_as_it_is() -> None:
    badge = status.status("<odd>")
    assert "&lt;odd&gt;" in badge and "tone-striped" in badge


# ── Times ───────────────────────────────────────────────────────────────────────────


def test_a_moment_carries_all_three_zones() -> None:
    zones = Zones("mine", ZoneInfo("Europe/Berlin"))
    html = rendered("{% load times %}{% moment at zone='Asia/Tokyo' %}", at=NOON, zones=zones)
    assert 'datetime="2026-11-21T12:00:05+00:00"' in html
    assert 'data-utc="Sat 21 Nov 12:00 UTC"' in html
    assert 'data-mine="Sat 21 Nov 13:00 CET"' in html
    assert 'data-schedule="Sat 21 Nov 21:00 JST"' in html
    assert '>Sat 21 Nov 13:00 <span class="zone">CET</span>' in html


@pytest.mark.parametrize(("show", "words"), [("utc", "12:00"), ("schedule", "21:00")])
def test_a_moment_is_shown_in_the_chosen_zone(show: str, words: str) -> None:
    zones = Zones(show, ZoneInfo("Europe/Berlin"))
    html = rendered("{% load times %}{% moment at zone='Asia/Tokyo' %}", at=NOON, zones=zones)
    assert f">Sat 21 Nov {words} " in html


def test_no_moment_is_a_dash() -> None:
    assert rendered("{% load times %}{% moment at %}", at=None) == "–"


# ── Dots ────────────────────────────────────────────────────────────────────────────


def recent(*words: str) -> list[dict[str, Any]]:
    return [
        {"id": id, "status": word, "started": "2026-11-21T06:00:00+00:00", "seconds": 60.0 * id}
        for id, word in enumerate(words, start=1)
    ]


def test_dots_link_to_their_runs_oldest_first() -> None:
    html = dots.dots(recent("succeeded", "failed"))
    assert html.index('href="/runs/1"') < html.index('href="/runs/2"')
    assert "tone-green" in html and "tone-red" in html
    assert 'title="Failed · 2026-11-21 06:00 UTC · 2 min"' in html


def test_the_longest_run_is_the_highest_dot() -> None:
    html = dots.dots(recent("succeeded", "succeeded", "succeeded", "succeeded"))
    assert 'class="run-dot d8 tone-green" href="/runs/4"' in html
    assert 'class="run-dot d3 tone-green" href="/runs/1"' in html


def test_a_sentence_stands_for_the_dots() -> None:
    words = dots.summary(recent("succeeded", "succeeded", "failed"))
    assert words == "Last 3 runs: 2 succeeded, 1 failed; the last one failed"
    assert 'aria-label="Last 3 runs' in dots.dots(recent("succeeded", "succeeded", "failed"))


def test_tab_stops_at_the_newest_dot_only() -> None:
    html = dots.dots(recent("succeeded", "succeeded", "failed"))
    assert html.count('tabindex="-1"') == 2


def test_dots_of_runs_without_an_end_and_of_none() -> None:
    run = {"id": 1, "status": "running", "started": "2026-11-21T06:00:00+00:00", "seconds": None}
    assert "d1 tone-blue" in dots.dots([run])
    assert "no runs yet" in dots.dots([])


def test_what_a_row_says_is_escaped() -> None:
    odd = {"id": 1, "status": "<b>", "started": '"><b>', "seconds": 1}
    assert "<b>" not in dots.dots([odd])


def test_six_thousand_dots_are_quick() -> None:
    row = recent(*["succeeded"] * 30)
    begun = time.process_time()
    for _ in range(200):
        dots.dots(row)
    assert time.process_time() - begun < 2


# ── Schedules ───────────────────────────────────────────────────────────────────────


def test_a_schedule_is_a_sentence() -> None:
    trigger = SimpleNamespace(
        kind="schedule", cron="0 6 * * 1-5", timezone="Europe/Berlin", config={}
    )
    html = rendered("{% load schedules %}{{ trigger|sentence }}", trigger=trigger)
    assert html == "At 06:00 on weekdays, Europe/Berlin"


def test_a_schedule_that_is_not_understood_is_shown_as_typed() -> None:
    assert schedule_sentence("61 * * * *", "UTC") == "61 * * * *, UTC"


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Public IP addresses", "public IP addresses"),
        ("S3 prefix", "S3 prefix"),
        ("JSON", "JSON"),
        ("Workers", "workers"),
        ("", ""),
    ],
)
def test_a_title_within_a_sentence_keeps_its_names(title: str, said: str) -> None:
    assert rendered("{% load frame %}{{ title|within }}", title=title) == said
