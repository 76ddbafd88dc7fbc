import json

DEFINITION = {"Version": "2020-12-01", "Steps": []}


def test_every_problem_is_at_its_field_and_in_the_summary(at_settings):
    at_settings.press("add:settings.steps:processing")
    at_settings.press("next", settings__steps__0__name="prepare", settings__steps__0__image="x")
    page = at_settings.page
    assert at_settings.status == 422
    assert 'href="#f-settings-steps-0-image"' in page.html
    assert 'id="f-settings-steps-0-image-wrong"' in page.html
    assert "Steps › 1 prepare › Image" in page.text
    assert page.values["settings.steps.0.image"] == "x"


def test_what_is_no_number_is_shown_again_as_it_was_typed(at_settings):
    at_settings.press("add:settings.steps:processing")
    at_settings.press("next", settings__steps__0__instance_count="two")
    assert at_settings.page.values["settings.steps.0.instance_count"] == "two"
    assert 'id="f-settings-steps-0-instance_count-wrong"' in at_settings.page.html


def test_the_example_fills_the_form_and_can_be_taken_back(at_settings):
    at_settings.press("add:settings.steps:fail")
    at_settings.press("example", settings__steps__0__name="mine")
    assert at_settings.page.values["settings.steps.#"] == "4"
    at_settings.press("undo-example")
    assert at_settings.page.values["settings.steps.0.name"] == "mine"


def test_steps_are_ordered_by_buttons(at_settings):
    at_settings.press("example")
    at_settings.press("down:settings.steps.0")
    assert at_settings.page.values["settings.steps.1.name"] == "prepare"
    at_settings.press("remove:settings.steps.1")
    assert at_settings.page.values["settings.steps.#"] == "3"


def test_a_definition_can_be_pasted_and_its_mistakes_have_lines(at_settings):
    at_settings.press("refresh", settings__source="definition")
    text = '{\n "Version": "2020-12-01",\n "Steps": [{"Name": "a", "Type": "Nope"}]\n}'
    at_settings.press("next", settings__definition=text)
    assert at_settings.status == 422
    assert "Line 3" in at_settings.page.text
    assert at_settings.page.values["settings.definition"].strip() == text


def check(browser, text):
    posted = {
        "blueprint": "aws_sagemaker_pipeline",
        "field": "settings.definition",
        "settings.source": "definition",
        "settings.definition": text,
    }
    return browser.client.post("/definition/check", posted)


def test_a_definition_is_checked_while_it_is_typed(browser):
    problems = check(browser, "{\n nope").json()["problems"]
    assert problems[0]["line"] == 2
    fine = {
        "Version": "2020-12-01",
        "Steps": [{"Name": "end", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}],
    }
    assert check(browser, json.dumps(fine)).json() == {"problems": []}


def test_the_check_of_an_unknown_blueprint_is_a_client_error(browser):
    answer = browser.client.post("/definition/check", {"blueprint": "nope", "field": "x"})
    assert answer.status_code == 404
