import pytest

from tests.dashboard.wizard.no_script import Browser


@pytest.fixture
def browser(sign_in, member):
    return Browser(sign_in(member))


@pytest.fixture
def at_settings(browser, connection):
    """The browser on the Settings step of a new pipeline."""
    browser.open("/pipelines/new")
    browser.press("next", connection=str(connection.pk))
    browser.press("next", name="train-daily", blueprint="aws_sagemaker_pipeline")
    return browser


@pytest.fixture
def at_when(at_settings):
    at_settings.press("example")
    at_settings.press("next")
    return at_settings


@pytest.fixture
def at_review(at_when):
    at_when.press("next")
    return at_when
