"""The settings form of Data Factory: activities inside of activities, without a script."""

import pytest

from dashboard.models import Pipeline
from dashboard.services import connections


@pytest.fixture
def at_settings(browser, admin):
    """The browser on the Settings step of a new pipeline of Data Factory."""
    connection = connections.create_sandbox(actor=admin, name="Sandbox Azure", cloud="azure")
    browser.open("/pipelines/new")
    browser.press("next", connection=str(connection.pk))
    browser.press("next", name="sales", blueprint="azure_data_factory")
    return browser


def test_the_example_goes_through_the_form_unchanged(at_settings):
    at_settings.press("example")
    assert at_settings.page.values["settings.activities.#"] == "3"
    at_settings.press("next")
    assert at_settings.status == 200, at_settings.page.text


def test_activities_are_added_inside_of_others_and_their_mistakes_told_there(at_settings):
    at_settings.press("add:settings.activities:for_each")
    at_settings.press("add:settings.activities.0.activities:if")
    at_settings.press("add:settings.activities.0.activities.0.then:wait")
    at_settings.press("next", settings__activities__0__name="all")
    assert at_settings.status == 422
    assert "Activities › 1 all › Activities › 1 if › Condition" in at_settings.page.text
    field = "f-settings-activities-0-activities-0-then-0-seconds"
    assert f'id="{field}-wrong"' in at_settings.page.html


def test_names_of_activities_are_offered_where_one_waits_for_another(at_settings):
    at_settings.press("example")
    datalist = at_settings.page.html.partition('id="known-steps"')[2].partition("</datalist>")[0]
    assert all(name in datalist for name in ("a file came", "regions", "train"))


def test_the_example_is_saved_with_a_schedule_just_as_it_is(at_settings):
    at_settings.press("example")
    at_settings.press("next")
    at_settings.press("next", triggers__0__cron="0 6 * * 1-5")
    assert "every week on Monday, Tuesday, Wednesday, Thursday and Friday" in at_settings.page.text
    shown = at_settings.page.html
    assert "<dt>From</dt><dd>The file that started the run</dd>" in shown
    assert "<dt>To</dt><dd>The pipeline&#x27;s own storage" in shown

    at_settings.press("save")
    pipeline = Pipeline.objects.get()
    assert at_settings.url == f"/pipelines/{pipeline.pk}"
