"""Cloud Logging: entries are written, found by filters, and forgotten in time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.google.conftest import OTHER_PROJECT, PROJECT, SandboxGoogle, refused

LOG = f"projects/{PROJECT}/logs/app"
RESOURCE = {"type": "cloud_run_revision", "labels": {"service_name": "train", "location": "eu"}}


def write(google: SandboxGoogle, *entries: dict[str, Any]) -> None:
    body = {"logName": LOG, "resource": RESOURCE, "entries": list(entries)}
    google.api("logging", "v2").entries().write(body=body).execute()


def find(google: SandboxGoogle, filter: str = "", **more: Any) -> list[Any]:
    body = {"resourceNames": [f"projects/{PROJECT}"], "filter": filter, **more}
    found = google.api("logging", "v2").entries().list(body=body).execute()
    return [one.get("textPayload", one.get("jsonPayload")) for one in found.get("entries", [])]


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("", ["one", {"step": "two", "n": 2, "deep": {"list": [{"k": "v"}]}}, "three"]),
        ('resource.type="cloud_run_revision" AND textPayload:"ONE"', ["one"]),
        ("severity>=ERROR", ["three"]),
        ("severity=(INFO OR ERROR)", ["one", "three"]),
        ("jsonPayload.n>1", [{"step": "two", "n": 2, "deep": {"list": [{"k": "v"}]}}]),
        ("jsonPayload.deep.list.k=v", [{"step": "two", "n": 2, "deep": {"list": [{"k": "v"}]}}]),
        ('textPayload="one" OR textPayload="three"', ["one", "three"]),
        ('(textPayload="one" OR textPayload="three") severity<ERROR', ["one"]),
        ("NOT textPayload:*", [{"step": "two", "n": 2, "deep": {"list": [{"k": "v"}]}}]),
        ('-severity=ERROR AND textPayload=~"^o"', ["one"]),
        ('timestamp>="2027-03-01T12:00:01Z"', ["three"]),
        ('timestamp<"2027-03-01T12:00:01Z" jsonPayload.step:*',
         [{"step": "two", "n": 2, "deep": {"list": [{"k": "v"}]}}]),
        ('labels."a.b/c"="d"', ["three"]),
        ('logName="projects/skyclock-sandbox/logs/app" AND "three"', ["three"]),
        ('resource.labels.service_name="other"', []),
    ],
)  # fmt: skip
def test_filters_find_what_they_say(google: SandboxGoogle, filter: str, found: Any) -> None:
    write(
        google,
        {"textPayload": "one", "severity": "INFO"},
        {"jsonPayload": {"step": "two", "n": 2, "deep": {"list": [{"k": "v"}]}}},
        {
            "textPayload": "three",
            "severity": "ERROR",
            "timestamp": "2027-03-01T12:00:05Z",
            "labels": {"a.b/c": "d"},
        },
    )
    assert find(google, filter) == found


@pytest.mark.parametrize(
    "filter", ["(a=1", "a=", "timestamp>=yesterday", "severity=LOUD", 'a=~"("', "a=1)"]
)
def test_filters_that_cannot_be_read_are_refused(google: SandboxGoogle, filter: str) -> None:
    body = {"resourceNames": [f"projects/{PROJECT}"], "filter": filter}
    status, message = refused(google.api("logging", "v2").entries().list(body=body))
    assert status == 400
    assert message.startswith("Unparseable filter")


def test_pages_stand_still_while_more_is_written(google: SandboxGoogle) -> None:
    write(google, *({"textPayload": str(n)} for n in range(5)))
    entries = google.api("logging", "v2").entries()
    body = {
        "resourceNames": [f"projects/{PROJECT}"],
        "orderBy": "timestamp desc",
        "pageSize": 2,
    }
    first = entries.list(body=body).execute()
    write(google, {"textPayload": "new"})
    second = entries.list(body={**body, "pageToken": first["nextPageToken"]}).execute()

    shown = [one["textPayload"] for one in first["entries"] + second["entries"]]
    assert shown == ["4", "3", "2", "1"]


def test_entries_are_kept_for_thirty_days(google: SandboxGoogle) -> None:
    write(google, {"textPayload": "old"})
    google.advance("P29D")
    write(google, {"textPayload": "young"})
    assert find(google) == ["old", "young"]
    google.advance("P2D")
    assert find(google) == ["young"]


def test_a_log_of_somebody_else_stays_closed(google: SandboxGoogle) -> None:
    write(google, {"textPayload": "secret"})
    body = {"resourceNames": [f"projects/{PROJECT}"]}
    theirs = google.api("logging", "v2", caller=OTHER_PROJECT)
    assert refused(theirs.entries().list(body=body))[0] == 403


def test_logs_are_listed_and_deleted(google: SandboxGoogle) -> None:
    write(google, {"textPayload": "x"})
    logs = google.api("logging", "v2").projects().logs()
    assert logs.list(parent=f"projects/{PROJECT}").execute()["logNames"] == [LOG]
    logs.delete(logName=LOG).execute()
    assert find(google) == []
