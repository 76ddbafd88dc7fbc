import re

from dashboard.models import Deployment
from dashboard.services import pipelines


def test_an_edit_shows_before_and_after_and_makes_a_version(browser, pipeline):
    browser.open(f"/pipelines/{pipeline.pk}/edit")
    assert browser.page.values["settings.steps.0.name"] == "prepare"
    browser.press("go:when", settings__steps__0__instance_count="3")
    browser.press("go:review", triggers__0__cron="0 7 * * *")
    text = " ".join(browser.page.text.split())
    assert "Steps › prepare › Instances" in text
    assert "0 6 * * * Europe/Berlin" in text and "0 7 * * * Europe/Berlin" in text
    assert "Saving makes version 2." in text
    browser.press("save")
    pipeline.refresh_from_db()
    assert pipeline.current_version.number == 2
    assert pipeline.current_version.settings["steps"][0]["instance_count"] == 3
    assert pipeline.triggers.get().cron == "0 7 * * *"


def test_an_edit_says_how_many_runs_it_makes_of_how_many(browser, pipeline):
    browser.open(f"/pipelines/{pipeline.pk}/edit?step=when")
    browser.press("go:review", triggers__0__cron="0 6,18 * * *")
    text = " ".join(browser.page.text.split())
    assert "30 gained, 0 lost: 60 runs instead of 30, once it is deployed." in text
    assert "No edit starts a run" in text


def test_an_edit_of_a_live_schedule_lists_the_runs_it_gains_and_loses(browser, deployed):
    browser.open(f"/pipelines/{deployed.pk}/edit?step=when")
    browser.press("go:review", triggers__0__cron="0 7 * * 1-5")
    text = " ".join(browser.page.text.split())
    found = re.search(r"(\d+) gained, 30 lost: \1 runs instead of 30, from the deployment on", text)
    assert found and 20 <= int(found[1]) <= 23
    assert text.count("07:00 Europe/Berlin") == 20
    assert "and 10 more" in text


def test_runs_are_compared_with_what_the_cloud_has_not_with_what_was_saved(
    browser, deployed, admin
):
    later = {**deployed.current_version.triggers[0], "cron": "0 9 * * *"}
    pipelines.update(actor=admin, pipeline=deployed, triggers=[later])
    browser.open(f"/pipelines/{deployed.pk}/edit?step=review")
    assert "30 gained, 30 lost" in browser.page.text


def test_an_edit_of_something_else_says_nothing_of_runs(browser, deployed):
    browser.open(f"/pipelines/{deployed.pk}/edit")
    browser.press("go:review", settings__steps__0__instance_count="3")
    assert "runs-changed" not in browser.page.html


def test_what_is_paused_loses_nothing(browser, deployed):
    deployed.triggers.update(state="paused")
    browser.open(f"/pipelines/{deployed.pk}/edit?step=when")
    browser.press("go:review", triggers__0__cron="0 7 * * 1-5")
    assert "runs-changed" not in browser.page.html


def test_the_trigger_keeps_its_key(browser, pipeline):
    key = pipeline.triggers.get().key
    browser.open(f"/pipelines/{pipeline.pk}/edit?step=when")
    browser.press("go:review", triggers__0__cron="0 7 * * *")
    browser.press("save")
    assert pipeline.triggers.get(removed_at=None).key == key


def test_an_edit_that_changes_nothing_says_so(browser, pipeline):
    browser.open(f"/pipelines/{pipeline.pk}/edit?step=review")
    assert "Nothing differs from version 1." in browser.page.text


def test_the_name_can_be_changed_the_connection_cannot(browser, pipeline):
    browser.open(f"/pipelines/{pipeline.pk}/edit?step=what")
    assert "blueprint" not in browser.page.boxes
    assert browser.client.get(f"/pipelines/{pipeline.pk}/edit/connection").status_code == 404
    browser.press("go:review", name="Churn, weekly")
    assert "Churn, weekly" in browser.page.text
    browser.press("save")
    pipeline.refresh_from_db()
    assert pipeline.name == "Churn, weekly"


def test_a_version_saved_meanwhile_is_not_written_over_unseen(browser, pipeline, admin):
    browser.open(f"/pipelines/{pipeline.pk}/edit")
    browser.press("go:review", settings__steps__0__instance_count="3")
    pipelines.update(actor=admin, pipeline=pipeline, triggers=[], note="No schedule any more")
    browser.press("save")
    assert browser.status == 422
    assert "Version 2 was saved since this edit began" in browser.page.text
    browser.press("save", over="2")
    pipeline.refresh_from_db()
    assert pipeline.current_version.number == 3


def test_an_edit_can_be_deployed_at_once(browser, deployed):
    browser.open(f"/pipelines/{deployed.pk}/edit")
    browser.press("go:review", settings__steps__0__instance_count="3")
    browser.press("deploy")
    assert Deployment.objects.get().version.number == 2


def test_a_deleted_pipeline_cannot_be_edited(browser, pipeline, admin):
    pipelines.delete(actor=admin, pipeline=pipeline)
    browser.open(f"/pipelines/{pipeline.pk}/edit")
    assert browser.status == 404


def test_an_edit_changes_nothing_that_nobody_typed(browser, new_pipeline, example):
    example["steps"][0]["entrypoint"] = ["sh", "-c", "\nset -e\n  echo '  two lines'  \n"]
    example["steps"][0]["environment"] = {"A": " spaces ", "B": "two\nlines", "C": ""}
    pipeline = new_pipeline(settings=example)
    browser.open(f"/pipelines/{pipeline.pk}/edit")
    for step in ("what", "settings", "when", "review"):
        browser.press(f"go:{step}") if step != "settings" else browser.press("next")
    assert "Nothing differs from version 1." in browser.page.text
    browser.press("save")
    assert pipeline.versions.count() == 1
