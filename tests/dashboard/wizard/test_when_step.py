from datetime import timedelta

import pytest
from django.urls import reverse

from dashboard.models import Pipeline


def preview(browser, cron, timezone="Europe/Berlin", **more):
    asked = {"cron": cron, "timezone": timezone, "blueprint": "aws_sagemaker_pipeline", **more}
    return browser.client.get("/schedule/preview", asked).content.decode()


def test_a_preset_needs_no_script(at_when):
    at_when.press("preset:0:*/15 * * * *")
    assert at_when.page.values["triggers.0.cron"] == "*/15 * * * *"
    assert "Every 15 minutes" in at_when.page.text


def test_the_next_runs_can_be_asked_for_without_a_script(at_when):
    at_when.press("show-runs", triggers__0__cron="0 7 * * 1", triggers__0__timezone="Asia/Tokyo")
    assert "At 07:00 on Mondays, Asia/Tokyo" in at_when.page.text
    assert "Sun" in at_when.page.text  # 22:00 UTC of the day before


def test_a_pipeline_may_have_no_schedule(at_when):
    at_when.press("remove-trigger:0")
    at_when.press("next")
    assert "runs only when somebody starts it" in at_when.page.text
    at_when.press("save")
    assert not Pipeline.objects.get().triggers.exists()


def test_a_pipeline_may_have_several_schedules(at_when):
    at_when.press("add-trigger:schedule")
    at_when.press("next", triggers__1__cron="30 12 1 * *", triggers__1__timezone="Europe/Paris")
    at_when.press("save")
    crons = Pipeline.objects.get().triggers.values_list("cron", flat=True)
    assert sorted(crons) == ["0 6 * * 1-5", "30 12 1 * *"]


@pytest.mark.parametrize(
    ("cron", "timezone", "reason"),
    [
        ("0 6 * *", "UTC", "exactly 5"),
        ("0 6 L * *", "UTC", "standard cron does not have"),
        ("0 6 31 2 *", "UTC", "never fires"),
        ("0 6 */2 * 1", "UTC", "must both match"),
        ("30 2 * * *", "Europe/Berlin", "does not exist in Europe/Berlin"),
        ("0 6 * * *", "Berlin", "did you mean Europe/Berlin?"),
    ],
)
def test_what_the_cloud_cannot_take_exactly_is_refused_at_its_field(
    at_when, cron, timezone, reason
):
    at_when.press("next", triggers__0__cron=cron, triggers__0__timezone=timezone)
    assert at_when.status == 422
    assert reason in at_when.page.text
    field = "timezone" if timezone == "Berlin" else "cron"
    assert f'id="f-triggers-0-{field}-wrong"' in at_when.page.html
    assert at_when.page.values["triggers.0.cron"] == cron
    at_when.press("go:review")
    at_when.press("save")
    assert at_when.status == 422
    assert not Pipeline.objects.exists()


def test_start_and_end_are_wall_times_of_the_schedules_zone(at_when):
    at_when.press(
        "next",
        triggers__0__timezone="Europe/Berlin",
        triggers__0__start="2027-01-04T00:00",
        triggers__0__end="2027-07-01T00:00",
    )
    at_when.press("save")
    trigger = Pipeline.objects.get().triggers.get()
    assert trigger.start.isoformat() == "2027-01-03T23:00:00+00:00"
    assert trigger.end.isoformat() == "2027-06-30T22:00:00+00:00"


def test_what_is_no_date_is_said_at_its_field(at_when):
    at_when.press("next", triggers__0__start="tomorrow")
    assert 'id="f-triggers-0-start-wrong"' in at_when.page.html


def test_the_preview_says_it_all(browser):
    html = preview(browser, "0 6 * * 1-5")
    assert "At 06:00 on weekdays, Europe/Berlin" in html
    assert "cron(0 6 ? * MON-FRI *)" in html
    assert "Exact on EventBridge Scheduler" in html
    assert html.partition("<tbody>")[2].partition("</tbody>")[0].count("<tr>") == 10
    assert "Its clock changes on" in html


def test_the_preview_takes_the_names_of_the_wizard(browser):
    asked = {"at": "2", "triggers.2.cron": "0 * * * *", "triggers.2.timezone": "UTC"}
    html = browser.client.get("/schedule/preview", asked).content.decode()
    assert "Every hour" in html
    assert "innerHTML:#sentence-2" in html


def test_the_preview_counts_from_the_connections_clock(browser, connection):
    connection.clock_ahead = timedelta(days=3 * 366)
    connection.save()
    html = preview(browser, "0 6 * * *", connection=str(connection.pk))
    assert first_run(html) != first_run(preview(browser, "0 6 * * *"))


def first_run(html):
    return html.partition("<tbody>")[2].partition("</tr>")[0]


def test_the_preview_of_nonsense_is_a_sentence(browser):
    html = preview(browser, "every day", "Nowhere/Land")
    assert "This is not a schedule yet." in html
    assert "exactly 5" in html
    assert preview(browser, "", "")
    assert preview(browser, "0 6 * * *", blueprint="nope", connection="")


def test_a_zone_is_said_once(at_when):
    """Where the schedule's own zone is UTC there is no second column of the same times."""
    asked = {"timezone": "UTC", "blueprint": "azure_data_factory", "at": "triggers-0"}
    shown = preview(at_when, "0 6 * * 1-5", **asked)
    assert shown.count("<th>UTC</th>") == 1
    native = shown.partition("sb-others")[0]
    assert "at 06:00</code>" in native and native.count(">UTC</span>") == 1
    assert shown.count(" 06:00</td>") == 10
    elsewhere = preview(at_when, "0 6 * * 1-5", **{**asked, "timezone": "Europe/Berlin"})
    assert "<th>Europe/Berlin</th>" in elsewhere and "<th>UTC</th>" in elsewhere


def test_a_difference_at_clock_changes_is_taken_with_a_yes(at_when):
    gap = {"triggers__0__cron": "30 2 * * *", "triggers__0__timezone": "Europe/Berlin"}
    at_when.press("next", **gap)
    assert at_when.status == 422
    assert "or accept this difference" in at_when.page.text
    at_when.press("next", **gap, triggers__0__accept_clock_changes="on")
    assert at_when.status == 200
    at_when.press("save")
    trigger = Pipeline.objects.get().triggers.get()
    assert trigger.config["accept_clock_changes"] is True
    assert trigger.config["accepted"] == (
        "On 2027-03-28 02:30 does not exist in Europe/Berlin. cron: runs at 03:00, when the clock "
        "has jumped; EventBridge Scheduler: leaves that run out."
    )
    address = reverse("pipeline-triggers", args=[trigger.pipeline_id])
    page = at_when.client.get(address).content.decode()
    assert "EventBridge Scheduler: leaves that run out." in page


def test_the_yes_is_asked_for_only_where_there_is_a_difference(browser):
    assert "accept_clock_changes" not in preview(browser, "0 6 * * *", at="0")
    asked = preview(browser, "30 2 * * *", at="0")
    assert 'name="triggers.0.accept_clock_changes"' in asked
    assert "checked" not in asked
    given = preview(browser, "30 2 * * *", at="0", accept_clock_changes="on")
    assert "checked" in given
    assert "Cannot be saved" not in given


def test_several_native_schedules_are_counted(browser):
    assert "xact with 12 triggers" in preview(browser, "0 9 13 * 5")
