from dashboard.forms.dotted import merge, nest
from dashboard.forms.edits import apply
from dashboard.forms.settings import SettingsForm
from provisioning.errors import Problem
from tests.dashboard.forms.kitchen import Kitchen

POSTED = [
    ("settings.source", "steps"),
    ("settings.steps.#", "2"),
    ("settings.steps.0.kind", "boil"),
    ("settings.steps.0.name", "eggs"),
    ("settings.steps.0.minutes", "6"),
    ("settings.steps.0.after.#", "1"),
    ("settings.steps.1.kind", "bake"),
    ("settings.steps.1.name", "bread"),
    ("settings.steps.1.heat", "220.5"),
    ("settings.steps.1.convection", "false"),
    ("settings.steps.1.convection", "true"),
    ("settings.steps.1.spices.#", "2"),
    ("settings.steps.1.spices.0.key", "salt"),
    ("settings.steps.1.spices.0.value", "2 g"),
    ("settings.steps.1.spices.1.key", ""),
    ("settings.steps.1.spices.1.value", ""),
    ("settings.season", "winter"),
    ("settings.helpers", "Ann\nBob\n"),
]


def form(raw, problems=()):
    return SettingsForm(Kitchen(), raw, problems)


def bound_at(form, path):
    return next(bound for bound in form.bound.walk() if bound.path == path)


def test_posted_names_become_the_settings_of_the_model():
    value, problems = form(nest(POSTED)["settings"]).validate()
    assert not problems
    assert value["steps"][0] == {"kind": "boil", "name": "eggs", "minutes": 6, "after": []}
    assert value["steps"][1]["heat"] == 220.5
    assert value["steps"][1]["convection"] is True
    assert value["steps"][1]["spices"] == {"salt": "2 g"}
    assert value["season"] == "winter"
    assert value["helpers"] == ["Ann", "Bob"]
    assert value["dessert"] is None


def test_settings_survive_the_way_into_a_form_and_back():
    value, _ = form(nest(POSTED)["settings"]).validate()
    again, problems = form(form({}).form.to_raw(value)).validate()
    assert not problems
    assert again == value


def test_line_breaks_and_white_space_survive_the_way_through_a_form():
    value = {
        **form({}).validate()[0],
        "helpers": ["python3", "-c", "import os\nprint(1)", '"quoted"', "", "  indented"],
        "serving": {"plates": 2, "notes": " two\nlines "},
        "steps": [{"kind": "bake", "name": "b", "spices": {"salt": " 1\n2 "}}],
    }
    raw = form({}).form.to_raw(form(form({}).form.to_raw(value)).value)
    again = form(raw).validate()[0]
    assert again["helpers"] == value["helpers"]
    assert again["serving"] == value["serving"]
    assert again["steps"][0]["spices"] == {"salt": " 1\n2 "}


def test_an_untouched_form_says_what_the_defaults_say():
    assert form({}).validate()[0]["serving"] == {"plates": 2, "notes": None}
    assert bound_at(form({}), "settings.serving.plates").raw == "2"


def test_what_is_not_a_number_stays_as_it_was_typed():
    raw = {"steps": [{"kind": "boil", "name": "eggs", "minutes": "six"}]}
    _, problems = form(raw).validate()
    shown = form(raw, problems)
    assert bound_at(shown, "settings.steps.0.minutes").raw == "six"
    assert bound_at(shown, "settings.steps.0.minutes").problems
    assert shown.findings[0].where == "Steps › 1 eggs › Minutes"
    assert shown.findings[0].anchor == "f-settings-steps-0-minutes"


def test_a_problem_of_one_pair_is_shown_at_its_row():
    raw = {"steps": [{"kind": "bake", "name": "b", "spices": [{"key": "salt", "value": "x"}]}]}
    shown = form(raw, [Problem("settings.steps.0.bake.spices.salt", "Too much.")])
    assert bound_at(shown, "settings.steps.0.spices.0").problems == ("Too much.",)


def test_a_problem_of_what_is_not_on_the_page_is_shown_at_what_is_around_it():
    shown = form({}, [Problem("settings.dessert.plates", "Too few."), Problem("", "No.")])
    assert [finding.anchor for finding in shown.findings] == ["f-settings-dessert", "f-settings"]


def test_a_choice_leaves_out_what_belongs_to_the_other_one():
    raw = {"source": "text", "text": "{}", "steps": [{"kind": "boil"}]}
    assert form(raw).validate()[0]["steps"] == []
    assert "settings.steps" not in {bound.path for bound in form(raw).bound.walk()}


def test_a_choice_changed_back_finds_what_was_typed_before():
    typed = nest(POSTED)["settings"]
    away = merge(typed, {"source": "text", "text": "{}"})
    assert len(form(merge(away, {"source": "steps"})).validate()[0]["steps"]) == 2


def test_names_offer_the_other_steps_and_keep_the_ones_that_are_gone():
    raw = {
        "steps": [
            {"kind": "boil", "name": "eggs", "after": ["soup"]},
            {"kind": "bake", "name": "bread"},
        ]
    }
    offered = bound_at(form(raw), "settings.steps.0.after").place["options"]
    assert offered == [("bread", False, True), ("soup", True, False)]


def test_steps_are_added_moved_and_removed_without_losing_what_is_typed():
    raw = nest(POSTED)["settings"]
    kitchen = form(raw).form
    raw, shown = apply(kitchen, raw, "add:settings.steps:boil")
    assert (shown, raw["steps"][2]) == ("settings.steps.2", {"kind": "boil"})
    raw, shown = apply(kitchen, raw, "up:settings.steps.2")
    assert shown == "settings.steps.1"
    raw, _ = apply(kitchen, raw, "remove:settings.steps.0")
    assert [step.get("name") for step in raw["steps"]] == [None, "bread"]
    assert raw["season"] == "winter"


def test_pairs_get_rows_and_an_optional_group_comes_and_goes():
    kitchen = form({}).form
    raw, _ = apply(kitchen, {"steps": [{"kind": "bake"}]}, "add:settings.steps.0.spices")
    assert raw["steps"][0]["spices"] == [{"key": "", "value": ""}]
    raw, _ = apply(kitchen, raw, "include:settings.dessert")
    assert form(raw).value["dessert"] == {}
    raw, _ = apply(kitchen, raw, "omit:settings.dessert")
    assert form(raw).value["dessert"] is None


def test_edits_that_fit_nothing_change_nothing():
    kitchen, raw = form({}).form, {"steps": [{"kind": "boil"}]}
    for action in ("remove:settings.steps.7", "up:", "add:settings.season", "down:settings.x.0"):
        assert apply(kitchen, raw, action)[0] == raw


def test_an_empty_list_differs_from_one_that_was_not_on_the_page():
    assert nest([("settings.steps.#", "0")]) == {"settings": {"steps": []}}
    assert merge({"steps": [1]}, nest([("steps.#", "0")])) == {"steps": []}


def test_hostile_names_are_bounded():
    deep = ".".join(["a"] * 5000)
    assert nest([(deep, "x"), ("b.#", "999999999"), ("b.#", "-1"), ("a", "y")])["b"] == []
