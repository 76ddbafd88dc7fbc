import pytest

POSTS = [
    {"settings": "text"},
    {"settings.steps": "text"},
    {"settings.steps.#": "3", "settings.steps.0": "x", "settings.steps.1.kind": "nope"},
    {"settings.steps.#": "-1"},
    {"settings.steps.#": "9" * 40},
    {"settings.steps.#": "1", "settings.steps.0.kind.x": "y", "settings.steps.0.name.x": "y"},
    {
        "settings.steps.#": "1",
        "settings.steps.0.kind": "training",
        "settings.steps.0.instance_count.x": "1",
        "settings.steps.0.hyperparameters": "x",
        "settings.steps.0.hyperparameters.#": "2",
        "settings.steps.0.channels.#": "1",
        "settings.steps.0.channels.0": "x",
        "settings.steps.0.depends_on.#": "2",
        "settings.steps.0.depends_on.0.x": "x",
    },
    {"settings.source": "definition", "settings.definition.x": "y"},
    {"settings.source": "nothing"},
    {"settings.retry": "x", "settings.retry.maximum_retry_attempts": "1e9999"},
    {".": "x", "..": "x", "settings.": "x", "settings..x": "y", "settings.steps.#.#": "2"},
    {"settings.definition": "\x00", "settings.source": "definition"},
    {"connection": "9" * 30},
    {"connection": "٣"},
    {"blueprint": "nope"},
    {"triggers.#": "400", "triggers.0.cron.x": "y", "triggers.1": "x"},
    {"do": "add:settings.steps:nope"},
    {"do": "add:settings.steps.0.x.y.z"},
    {"do": "up:settings.steps.-1"},
    {"do": "include:settings"},
    {"do": "omit:settings.steps"},
    {"do": "preset:99:x"},
    {"do": "preset:x"},
    {"do": "go:nowhere"},
    {"do": "nonsense"},
]


@pytest.mark.parametrize("post", POSTS, ids=lambda post: ",".join(post)[:60])
def test_no_post_breaks_a_page(at_settings, post):
    draft = at_settings.url.rpartition("/")[0]
    for step in ("settings", "when", "review", "what"):
        answer = at_settings.client.post(f"{draft}/{step}", post)
        assert answer.status_code in (303, 422)
        assert at_settings.client.get(f"{draft}/{step}").status_code == 200


def test_a_settings_page_asks_the_database_as_often_for_many_steps(
    at_settings, django_assert_max_num_queries
):
    for _ in range(5):
        at_settings.press("add:settings.steps:training")
    with django_assert_max_num_queries(6):
        at_settings.client.get(at_settings.url)
