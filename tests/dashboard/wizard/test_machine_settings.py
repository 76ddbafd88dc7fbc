"""The settings of a state machine on the page: a choice between a form and a definition."""

import json

import pytest

WRONG = '{\n "StartAt": "A",\n "States": {"A": {"Type": "Nope", "End": true}}\n}'


@pytest.fixture
def at_machine(browser, connection):
    browser.open("/pipelines/new")
    browser.press("next", connection=str(connection.pk))
    browser.press("next", name="retrain-daily", blueprint="aws_stepfunctions_training")
    return browser


def test_the_example_fills_the_form_and_is_taken(at_machine):
    at_machine.press("example")
    page = at_machine.page
    assert page.values["settings.machine.kind"] == "training"
    assert page.values["settings.machine.training.inputs.0.source"].startswith("s3://${Parameters")
    at_machine.press("next")
    assert at_machine.url.endswith("/when")


def test_what_is_wrong_inside_the_machine_is_at_its_field(at_machine):
    at_machine.press("example")
    at_machine.press("next", settings__machine__training__output="nowhere")
    assert at_machine.status == 422
    assert 'id="f-settings-machine-training-output-wrong"' in at_machine.page.html


def test_a_definition_can_be_pasted_and_its_mistakes_have_lines(at_machine):
    at_machine.press("refresh", settings__machine__kind="definition")
    assert "settings.machine.training.output" not in at_machine.page.values
    at_machine.press("next", settings__machine__definition=WRONG)
    assert at_machine.status == 422
    assert "Line 3" in at_machine.page.text
    assert at_machine.page.values["settings.machine.definition"].strip() == WRONG


def test_a_definition_is_checked_while_it_is_typed(browser):
    posted = {
        "blueprint": "aws_stepfunctions_training",
        "field": "settings.machine.definition",
        "settings.machine.kind": "definition",
    }

    def check(text):
        answer = browser.client.post(
            "/definition/check", {**posted, "settings.machine.definition": text}
        )
        return answer.json()["problems"]

    assert [each["line"] for each in check(WRONG)] == [3]
    fine = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    assert check(json.dumps(fine)) == []
