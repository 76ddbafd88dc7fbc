from dashboard.models import AuditEntry, Deployment, Pipeline


def test_a_pipeline_is_made_without_a_script(at_review):
    assert at_review.status == 200
    assert "At 06:00 on weekdays, UTC" in at_review.page.text
    assert "cron(0 6 ? * MON-FRI *)" in at_review.page.text
    assert not Pipeline.objects.exists()
    at_review.press("save", note="First one")
    pipeline = Pipeline.objects.get(name="train-daily")
    assert at_review.url == f"/pipelines/{pipeline.pk}"
    assert pipeline.current_version.settings["steps"][1]["hyperparameters"]["max_depth"] == "5"
    assert pipeline.current_version.note == "First one"
    assert [(t.cron, t.timezone) for t in pipeline.triggers.all()] == [("0 6 * * 1-5", "UTC")]
    assert AuditEntry.objects.filter(action="pipeline.create").exists()
    assert not Deployment.objects.exists()


def test_saving_may_go_on_to_a_preview_or_a_deployment(at_review):
    at_review.press("deploy")
    deployment = Deployment.objects.get()
    assert deployment.operation == "up"
    assert at_review.url == f"/deployments/{deployment.pk}"


def test_a_connection_that_lost_its_level_stops_the_save_with_the_reason(at_review, connection):
    connection.level = "observe"
    connection.save()
    at_review.press("preview")
    assert at_review.status == 422
    assert "has level observe" in at_review.page.text
    assert not Pipeline.objects.exists()


def test_each_step_asks_for_what_it_needs(browser, connection):
    browser.open("/pipelines/new")
    browser.press("next")
    assert browser.status == 422
    assert "Choose a connection." in browser.page.text
    browser.press("next", connection=str(connection.pk))
    browser.press("next", name="")
    assert browser.status == 422
    assert "Give the pipeline a name." in browser.page.text


def test_a_name_that_is_taken_is_refused_at_its_field(browser, connection, pipeline):
    browser.open("/pipelines/new")
    browser.press("next", connection=str(connection.pk))
    browser.press("next", name=pipeline.name, blueprint="aws_sagemaker_pipeline")
    assert browser.status == 422
    assert "exists already" in browser.page.text
    assert browser.page.values["name"] == pipeline.name


def test_a_connection_that_is_disabled_says_whom_to_ask(browser, connection):
    connection.enabled = False
    connection.save()
    browser.open("/pipelines/new")
    assert "is disabled. An admin can enable it." in browser.page.text


def test_steps_can_be_left_in_any_direction_without_losing_what_was_typed(at_settings):
    at_settings.press("add:settings.steps:training")
    at_settings.press("go:what", settings__steps__0__image="half an addr")
    at_settings.press("go:review")
    assert "This is required" in at_settings.page.text
    at_settings.press("go:settings")
    assert at_settings.page.values["settings.steps.0.image"] == "half an addr"


def test_a_reload_keeps_what_was_typed_a_moment_ago(at_settings):
    at_settings.press("add:settings.steps:fail")
    typed = {**at_settings.page.values, "settings.steps.0.name": "stop", "do": "keep"}
    assert at_settings.client.post(at_settings.url, typed).status_code == 204
    at_settings.open(at_settings.url)
    assert at_settings.page.values["settings.steps.0.name"] == "stop"


def test_two_drafts_do_not_mix(at_settings):
    first = at_settings.url
    at_settings.press("add:settings.steps:fail")
    page = at_settings.open("/pipelines/new")
    assert "Unfinished" in page.text
    assert "train-daily" in page.text
    assert at_settings.url != first
    at_settings.open(first)
    assert at_settings.page.values["settings.steps.#"] == "1"


def test_a_discarded_draft_is_gone(at_settings):
    draft = at_settings.url.split("/")[3]
    at_settings.client.post(f"/pipelines/new/{draft}/discard")
    page = at_settings.open(at_settings.url)
    assert "This draft is gone" in page.text


def test_a_draft_is_seen_by_nobody_else(at_settings, sign_in, admin):
    answer = sign_in(admin).get(at_settings.url)
    assert answer.status_code == 303
    assert answer["Location"] == "/pipelines/new"


def test_visitors_and_deactivated_people_are_kept_out(client, sign_in, stranger, pipeline):
    urls = ["/pipelines/new", f"/pipelines/{pipeline.pk}/edit", "/schedule/preview"]
    for url in [*urls, f"/pipelines/{pipeline.pk}/edit/review"]:
        assert client.get(url)["Location"].startswith("/sign-in")
        assert sign_in(stranger).get(url).status_code in (302, 403)
