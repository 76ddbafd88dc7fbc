"""Sentence, badges, month, clock changes and the busy minute, with and without a script."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from dashboard.models import Pipeline


def preview(browser, cron, timezone="Europe/Berlin", **more):
    asked = {"cron": cron, "timezone": timezone, "blueprint": "aws_sagemaker_pipeline", **more}
    return browser.client.get("/schedule/preview", asked).content.decode()


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def read(html: str) -> dict[str, str]:
    span = html.partition("data-read")[2].partition("></span>")[0]
    return dict(re.findall(r'data-(\w+)="([^"]*)"', span))


# ── The sentence ────────────────────────────────────────────────────────────────────


def test_a_sentence_sets_the_expression_without_a_script(at_when):
    assert at_when.page.values["triggers.0.sentence"] == "At 06:00 on weekdays"
    at_when.press("show-runs", triggers__0__sentence="every 15 minutes between 8 and 18")
    assert at_when.page.values["triggers.0.cron"] == "*/15 8-17 * * *"
    assert at_when.page.values["triggers.0.sentence"].startswith("Every 15 minutes, between 08:00")
    at_when.press("next", triggers__0__sentence="at 9:30 on the 1st and 15th, Asia/Tokyo")
    at_when.press("save")
    trigger = Pipeline.objects.get().triggers.get()
    assert (trigger.cron, trigger.timezone) == ("30 9 1,15 * *", "Asia/Tokyo")


def test_a_sentence_that_is_not_understood_is_kept_and_said_and_saves_nothing(at_when):
    at_when.press("next", triggers__0__sentence="on every blue moon")
    assert at_when.status == 422
    assert at_when.page.values["triggers.0.sentence"] == "on every blue moon"
    assert at_when.page.values["triggers.0.cron"] == "0 6 * * 1-5"
    assert "“on every blue moon” is not understood" in at_when.page.text
    assert "every weekday at 06:00" in at_when.page.text
    at_when.press("go:review")
    at_when.press("save")
    assert at_when.status == 422
    assert not Pipeline.objects.exists()


def test_who_goes_on_to_write_an_expression_has_given_the_sentence_up(at_when):
    at_when.press("next", triggers__0__sentence="on every blue moon")
    at_when.press("show-runs", triggers__0__cron="0 7 * * *")
    assert at_when.page.values["triggers.0.cron"] == "0 7 * * *"
    assert at_when.page.values["triggers.0.sentence"] == "At 07:00 every day"


def test_an_expression_that_was_changed_wins_over_the_old_sentence(at_when):
    at_when.press("show-runs", triggers__0__cron="0 8 * * *")
    assert at_when.page.values["triggers.0.cron"] == "0 8 * * *"
    assert at_when.page.values["triggers.0.sentence"] == "At 08:00 every day"


def test_two_edits_that_say_different_things_are_not_guessed_between(at_when):
    edits = {"triggers__0__sentence": "every day at 9", "triggers__0__cron": "0 8 * * *"}
    at_when.press("next", **edits)
    assert at_when.status == 422
    assert "they say different things" in at_when.page.text
    at_when.press("next", triggers__0__sentence="")
    at_when.press("save")
    assert Pipeline.objects.get().triggers.get().cron == "0 8 * * *"


def test_what_was_typed_in_cron_is_not_rewritten_by_its_own_sentence(at_when):
    """`0 0-23 * * *` says the same in words as `0 * * * *`, and is not the same."""
    at_when.press("show-runs", triggers__0__cron="0 0-23 * * *")
    for _ in range(2):
        at_when.press("show-runs")
    assert at_when.page.values["triggers.0.cron"] == "0 0-23 * * *"


def test_half_a_sentence_is_kept_while_it_is_typed(at_when):
    values = {**at_when.page.values, "triggers.0.sentence": "every", "do": "keep"}
    assert at_when.client.post(at_when.url, values).status_code == 204
    at_when.open(at_when.url)
    assert at_when.page.values["triggers.0.sentence"] == "every"
    assert at_when.page.values["triggers.0.cron"] == "0 6 * * 1-5"


def test_the_live_answer_tells_the_inputs_what_they_have_to_show(browser):
    html = preview(browser, "0 6 * * 1-5", sentence="every friday at 5pm", of="0 6 * * 1-5")
    assert read(html)["cron"] == "0 17 * * 5"
    assert read(html)["understood"] == "yes"
    assert read(html)["words"] == "At 17:00 on Fridays"
    html = preview(browser, "0 6 * * 1-5", sentence="every fryday", of="0 6 * * 1-5")
    assert (read(html)["cron"], read(html)["understood"]) == ("0 6 * * 1-5", "no")
    assert "The expression stays as it is." in html
    html = preview(browser, "0 7 * * 1-5", sentence="every friday at 5pm", of="")
    assert read(html)["cron"] == "0 7 * * 1-5"  # the expression was typed last


# ── Badges ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("blueprint", "decider", "other"),
    [
        ("aws_sagemaker_pipeline", "EventBridge Scheduler", "adf"),
        ("azure_data_factory", "Azure Data Factory", "gcp"),
        ("google_data_pipeline", "Google Data Pipelines", "eventbridge_scheduler"),
    ],
)
def test_the_chosen_cloud_decides_and_the_others_inform(browser, blueprint, decider, other):
    html = preview(browser, "0 6 * * 1-5", blueprint=blueprint)
    assert f"Exact on {decider}" in html
    assert f'data-testid="badge-{other}"' in html


def test_what_is_not_possible_has_its_first_difference_and_what_would_be(browser):
    html = preview(browser, "0 6 29 * 1", "UTC", blueprint="azure_data_factory")
    assert re.search(r"Not possible on Azure Data Factory: first difference 29 \w+ 20\d\d", html)
    assert "EventBridge Scheduler: exact with 12 triggers." in html
    assert "Google Data Pipelines: exact." in html
    assert 'value="take::0 6 29 * *:UTC:always"' in html
    assert 'value="take::0 6 * * 1:UTC:always"' in html
    html = preview(browser, "30 2 * * *")
    assert "Exact except clock changes on EventBridge Scheduler" in html
    assert 'value="take::30 3 * * *:Europe/Berlin:always"' in html
    assert re.search(r'value="take::30 [01] \* \* \*:UTC:always"', html)


def test_an_alternative_can_be_taken_without_a_script(at_when):
    at_when.press(
        "show-runs", triggers__0__cron="30 2 * * *", triggers__0__timezone="Europe/Berlin"
    )
    at_when.press("take:0:30 3 * * *:Europe/Berlin:always")
    assert at_when.page.values["triggers.0.cron"] == "30 3 * * *"
    assert "Exact on EventBridge Scheduler" in at_when.page.text


def test_a_yes_to_one_difference_is_asked_and_kept(at_when):
    gap = {"triggers__0__cron": "30 2 * * *", "triggers__0__timezone": "Europe/Berlin"}
    at_when.press("show-runs", **gap)
    assert "I accept this difference" in at_when.page.text
    at_when.press("next", triggers__0__accept_clock_changes="on")
    assert "Exact except clock changes on EventBridge Scheduler" in at_when.page.text
    at_when.press("save")
    assert Pipeline.objects.get().triggers.get().config["accept_clock_changes"] is True


def test_a_window_that_the_cloud_has_not_can_be_taken_away(browser):
    html = preview(browser, "0 6 * * *", start="2027-02-01T00:00", blueprint="google_data_pipeline")
    assert "Not possible on Google Data Pipelines" in html
    assert 'value="take::0 6 * * *:Europe/Berlin:always"' in html
    kept = preview(browser, "30 2 * * *", start="2027-02-01T00:00")
    assert 'value="take::30 3 * * *:Europe/Berlin"' in kept


@pytest.mark.parametrize(
    ("cron", "zone", "meant"),
    [
        ("@daily", "Europe/Berlin", "take::0 0 * * *:Europe/Berlin"),
        ("0 22-2 * * *", "UTC", "take::0 0-2,22,23 * * *:UTC"),
        ("0 6 * * *", "Berlin", "take::0 6 * * *:Europe/Berlin"),
    ],
)
def test_a_mistake_that_can_be_put_right_has_a_button(browser, cron, zone, meant):
    assert f'value="{meant}"' in preview(browser, cron, zone)


@pytest.mark.parametrize("cron", ["*/15 * * * *", "0 6 * * *"])
@pytest.mark.parametrize("blueprint", ["aws_sagemaker_pipeline", "azure_data_factory"])
def test_a_schedule_whose_end_has_passed_has_no_run_left(browser, cron, blueprint):
    shown = text(preview(browser, cron, end="2026-01-31T00:00", blueprint=blueprint))
    assert "No run is left: the end of this schedule has passed." in shown
    assert "Exact on" in shown
    assert "No run is left" not in text(preview(browser, cron))


def test_a_mistake_that_cannot_has_none(browser):
    assert 'value="take:' not in preview(browser, "0 6 L * *", "UTC")
    assert 'value="take:' not in preview(browser, "", "")


# ── The busy minute ─────────────────────────────────────────────────────────────────


def test_a_busy_minute_is_said_with_a_free_one_to_take(browser, deployed):
    deployed.triggers.update(state="active")
    cron, zone = deployed.triggers.get().cron, deployed.triggers.get().timezone
    said = text(preview(browser, cron, zone).partition('data-testid="busy"')[2])
    assert re.search(r"1 other pipeline starts at 06:00; 06:01 is free\. Start at 06:01", said)
    own = preview(browser, cron, zone, pipeline=str(deployed.pk))
    assert 'data-testid="busy"' not in own  # its own runs are no others
    assert 'data-testid="busy"' not in preview(browser, "17 3 * * *", zone)


# ── Zone, month, clock changes ──────────────────────────────────────────────────────


def test_the_zone_says_its_time_its_offset_and_its_next_change(browser):
    said = text(preview(browser, "0 6 * * *", "Asia/Kathmandu"))
    assert re.search(r"Now \d\d:\d\d there, UTC\+5:45\. Its clock does not change\.", said)
    said = text(preview(browser, "not yet", "Europe/Berlin"))
    assert re.search(r"there, UTC\+[12]\. Its clock changes on \d+ (March|October)", said)


def test_the_month_can_be_paged_with_and_without_a_script(at_when, browser):
    assert "March 2027: 23 runs" in text(preview(browser, "0 6 * * 1-5", month="2027-03"))
    at_when.press("show-runs")
    onwards = [one for one in at_when.page.buttons if one.startswith("month:0:")]
    assert len(onwards) == 2
    at_when.press(onwards[1])
    month = datetime.strptime(onwards[1][-7:], "%Y-%m").replace(tzinfo=UTC)
    assert f"{month:%B %Y}: " in at_when.page.text


def test_a_day_on_which_the_clock_changes_is_striped_and_each_cloud_tells_what_it_does(browser):
    html = preview(browser, "30 2 * * *", month="2027-03")
    assert "Sun 28 March: 1 run, 03:00; the clock changes" in html
    assert html.count("sb-striped") == 1
    said = text(html.partition('data-testid="clock-days"')[2].partition("</div>")[0])
    assert "02:30 does not exist" in said
    assert "02:30 happens twice" in said
    assert "cron runs at 03:00, when the clock has jumped" in said
    assert "EventBridge Scheduler leaves that run out" in said
    assert "Azure does not say" in said
    assert "Google does not say" in said


def test_a_schedule_that_no_clock_change_touches_says_nothing_of_them(browser):
    assert "clock-days" not in preview(browser, "0 6 * * *")


@pytest.mark.parametrize("month", ["2027-13", "0000-01", "9999-12", "x", "2027-03-01", "-"])
def test_a_month_that_is_none_shows_that_of_the_next_run(browser, month):
    assert 'data-testid="month"' in preview(browser, "0 6 * * *", month=month)
