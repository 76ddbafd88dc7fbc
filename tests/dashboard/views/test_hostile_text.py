"""Text that people or clouds wrote is shown as text, whatever it holds."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.test import Client

from dashboard.models import (
    ApiToken,
    Connection,
    Deployment,
    DeploymentLine,
    DeploymentResource,
    Pipeline,
    Run,
    Step,
    Trigger,
    User,
    Version,
)
from dashboard.templatetags.log import lines_html
from dashboard.times import Zones

HOSTILE = "\"'></script></textarea></title><x-evil onevil=1>${7*7}{{7*7}}"
JAVASCRIPT = "javascript:x-evil()"
PAGES = [
    "/", "/pipelines", "/pipelines/{pipeline}", "/pipelines/{pipeline}/triggers/",
    "/pipelines/{pipeline}/deployments/", "/pipelines/{pipeline}/versions/",
    "/pipelines/{pipeline}/versions/?from=1&to=1", "/pipelines/{pipeline}/resources/",
    "/pipelines/{pipeline}/destroy", "/pipelines/{pipeline}/delete", "/pipelines/{pipeline}/run",
    "/pipelines/{pipeline}/edit", "/pipelines/{pipeline}/edit/settings",
    "/pipelines/{pipeline}/edit/when", "/pipelines/{pipeline}/edit/review", "/pipelines/new",
    "/runs", "/runs/{run}", "/deployments", "/deployments/{deployment}", "/account",
    "/connections", "/connections/{connection}", "/people",
    "/calendar", "/calendar?view=month", "/calendar?list=yes",
    "/calendar?view={hostile}&date={hostile}&search={hostile}&zone={hostile}&status={hostile}",
    "/calendar/starts?since=2026-11-20T06:00Z&until=2026-11-20T07:00Z&search={hostile}",
    "/runs?status={hostile}&pipeline={hostile}&since={hostile}&cursor={hostile}",
    "/deployments?status={hostile}&before={hostile}", "/pipelines?q={hostile}&sort={hostile}",
    "/schedule/preview?cron={hostile}&timezone={hostile}&at={hostile}",
    "/triggers/preview?at=0&triggers.0.kind=event&triggers.0.source={hostile}",
    "/sign-in?next={hostile}",
    "/{hostile}",
]  # fmt: skip


class Evil(HTMLParser):
    """Notes elements and attributes that only hostile text can have brought."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "x-evil":
            self.found.append(self.get_starttag_text() or tag)
        for name, value in attrs:
            hostile_address = name in ("href", "src", "action", "hx-get", "hx-post")
            if name == "onevil" or (hostile_address and (value or "").startswith("javascript:")):
                self.found.append(f"{tag} {name}={value}")


def evil_in(html: str) -> list[str]:
    parser = Evil()
    parser.feed(html)
    return parser.found


@pytest.fixture
def hostile(running: Deployment, run: Run, trigger: Trigger, member: User) -> dict[str, object]:
    """Every text in every row that pages show, as somebody might write it."""
    pipeline, text = running.pipeline_id, HOSTILE
    User.objects.filter(pk=member.pk).update(username=text, email=text, first_name=text)
    Connection.objects.update(name=text[:80], account=text[:80])
    Pipeline.objects.update(
        name=text[:80], sync_error=text, outputs={text: text, "pipeline_arn": JAVASCRIPT}
    )
    settings = Version.objects.values_list("settings", flat=True).get()
    settings["parameters"][0]["default"] = text
    settings["steps"][0] |= {"environment": {"NOTE": text}, "arguments": [text]}
    Version.objects.update(note=text, settings=settings)
    Trigger.objects.update(message=text, native=[text], timezone="UTC")
    error = {"summary": text, "cloud_message": text, "hint": text, "resource": text}
    Deployment.objects.update(
        status="failed", error=error, phase=text, engine=text[:60], changes={"create": 1}
    )
    DeploymentLine.objects.update(text=text, resource=text)
    DeploymentResource.objects.update(
        name=text, kind=text, cloud_id=text, parent=text, diff=[text], state="failed"
    )
    Run.objects.update(
        reason=text, parameters={text: text}, started_by=text, cloud_status=text[:60],
        cloud_id=JAVASCRIPT,
    )  # fmt: skip
    for step in Step.objects.all():
        Step.objects.filter(pk=step.pk).update(
            name=f"{step.pk}{text}", kind=text[:60], reason=text, cloud_id=JAVASCRIPT
        )
    ApiToken.objects.create(user=member, name=text[:80], digest="0" * 64)
    return {
        "pipeline": pipeline, "run": run.pk, "deployment": running.pk,
        "connection": running.pipeline.connection_id, "hostile": text,
    }  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_no_page_lets_a_text_become_markup(
    path: str, hostile: dict[str, object], as_admin: Client
) -> None:
    answer = as_admin.get(path.format(**hostile), follow=True)
    assert answer.status_code in (200, 400, 404)
    assert evil_in(answer.content.decode()) == []


def test_the_texts_are_there_to_be_seen(hostile: dict[str, object], as_admin: Client) -> None:
    """Else the test above would look at nothing."""
    for path in ("/runs/{run}", "/deployments/{deployment}", "/pipelines/{pipeline}/versions/"):
        html = as_admin.get(path.format(**hostile)).content.decode()
        assert "&lt;x-evil onevil=1&gt;" in html, path


def test_ones_own_name_is_text_as_well(hostile: dict[str, object], as_member: Client) -> None:
    assert evil_in(as_member.get("/account").content.decode()) == []


def test_lines_of_a_log_are_text_in_the_stream_too(hostile: dict[str, object]) -> None:
    html = lines_html(list(DeploymentLine.objects.all()), Zones())
    assert "x-evil" in html and evil_in(html) == []


def test_a_downloaded_log_is_no_page(hostile: dict[str, object], as_admin: Client) -> None:
    answer = as_admin.get(f"/deployments/{hostile['deployment']}/log.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment")
