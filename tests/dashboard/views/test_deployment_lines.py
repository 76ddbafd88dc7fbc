"""The log of a Deployment in parts: by number, by what somebody looks for, and as text."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from dashboard.models import Deployment, DeploymentLine
from tests.dashboard.views.conftest import NOW, add_lines

QUEUE = "urn:pulumi:s::p::aws:sqs/queue:Queue::letters"


@pytest.fixture
def long(running: Deployment, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """Twenty lines, of which a page shows five: the 9th warns, the 12th is an error."""
    monkeypatch.setattr("dashboard.views.deployment_lines.SHOWN", 5)
    add_lines(running, *[f"line {n}" for n in range(4, 21)])
    lines = DeploymentLine.objects.filter(deployment=running)
    lines.filter(n=9).update(level="warning", text="Slow", resource=QUEUE)
    lines.filter(n=12).update(level="error", text="AccessDenied", resource=QUEUE)
    running.refresh_from_db()
    return running


def shown(text: str) -> list[int]:
    return [int(n) for n in re.findall(r'data-line="(\d+)"', text)]


def page(browser: Client, deployment: Deployment, query: str = "") -> str:
    return browser.get(f"/deployments/{deployment.pk}{query}").content.decode()


def answer(browser: Client, deployment: Deployment, what: str) -> Any:
    found = browser.get(f"/deployments/{deployment.pk}/{what}")
    assert found.status_code == 200
    return found.json()


def test_a_long_log_opens_at_its_end(as_member: Client, long: Deployment) -> None:
    text = page(as_member, long)
    assert shown(text) == [16, 17, 18, 19, 20] and 'data-last="20"' in text
    assert 'href="?from=11#log">Older lines' in text and "Newer lines" not in text


def test_every_line_can_be_reached_by_links(as_member: Client, long: Deployment) -> None:
    seen, query = [], "?from=1"
    while query:
        text = page(as_member, long, query)
        seen += shown(text)
        found = re.search(r'href="(\?from=\d+)#log">Newer', text)
        query = found.group(1) if found else ""
    assert seen == list(range(1, 21))
    assert 'http-equiv="refresh"' not in page(as_member, long, "?from=1")


def test_the_first_error_has_a_link(as_member: Client, long: Deployment) -> None:
    text = page(as_member, long)
    assert 'href="?from=12#L12">First error' in text
    assert shown(page(as_member, long, "?from=12"))[0] == 12


def test_a_page_shows_only_what_fits(as_member: Client, long: Deployment) -> None:
    assert shown(page(as_member, long, "?level=warning")) == [9, 12]
    assert shown(page(as_member, long, "?q=accessdenied")) == [12]
    text = page(as_member, long, f"?resource={QUEUE}")
    assert shown(text) == [9, 12] and ">letters</strong>" in text
    assert "No line fits" in page(as_member, long, "?q=nothing+like+it")


def test_lines_are_given_by_number(as_member: Client, long: Deployment) -> None:
    lines = answer(as_member, long, "lines?after=8&limit=2")["lines"]
    milliseconds = int(NOW.timestamp() * 1000)
    assert lines == [
        [9, milliseconds, "warning", "Slow", QUEUE],
        [10, milliseconds, "info", "line 10"],
    ]
    lines = answer(as_member, long, "lines?after=9&level=warning")["lines"]
    assert [line[0] for line in lines] == [12]


def test_matches_are_the_numbers_of_all_that_fits(as_member: Client, long: Deployment) -> None:
    assert answer(as_member, long, "matches?q=LINE+1") == {
        "numbers": [10, 11, 13, 14, 15, 16, 17, 18, 19],
        "last": 20,
    }
    assert answer(as_member, long, "matches?level=error&q=denied")["numbers"] == [12]
    assert answer(as_member, long, "matches?q=%25")["numbers"] == []
    assert len(answer(as_member, long, "matches")["numbers"]) == 20


@pytest.mark.parametrize("odd", ["?from=x", "?from=0", f"?from={10**16}", "?level=loud", "?q=%00"])
def test_odd_addresses_show_the_log_all_the_same(
    as_member: Client, long: Deployment, odd: str
) -> None:
    assert as_member.get(f"/deployments/{long.pk}{odd}").status_code == 200


def test_the_text_has_all_lines_or_those_that_are_asked_for(
    as_member: Client, long: Deployment
) -> None:
    def numbers(query: str) -> list[int]:
        text = as_member.get(f"/deployments/{long.pk}/log.txt{query}").content.decode()
        return [int(line.split()[0]) for line in text.splitlines()]

    assert numbers("?from=4&to=6") == [4, 5, 6]
    assert numbers("?level=error") == [12]
    assert numbers("?from=19") == [19, 20]


def test_who_is_not_signed_in_gets_no_line(anonymous: Client, long: Deployment) -> None:
    for what in ("lines", "matches", "log.txt"):
        found = anonymous.get(f"/deployments/{long.pk}/{what}")
        assert found.status_code == 302 and "/sign-in" in found["Location"]
