"""The sandbox set up by the button, and entered with what it gave: every method over HTTP."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from dashboard.models import AuditEntry, Connection, User
from dashboard.services import connections, sandbox_set_up, setting_up
from dashboard.services.opening import access_for
from provisioning import clouds
from provisioning.clouds.methods import METHODS
from provisioning.contracts import Cloud, Level

EVERY = [(cloud, method) for cloud in Cloud for method in METHODS[cloud]]
pytestmark = [pytest.mark.sandbox, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def issuer(live_server: LiveServer, settings: Settings, on_sandbox: None) -> None:
    """The simulated clouds fetch the keys from here."""
    settings.ISSUER_URL = live_server.url


def address(cloud: Cloud, method: str, what: str = "") -> str:
    return f"/connections/new/{cloud.value}/{method}{what}"


@pytest.mark.parametrize(("cloud", "method"), EVERY)
def test_it_is_entered_with_what_the_button_made(
    cloud: Cloud, method: str, admin: User, as_admin: Client
) -> None:
    made = as_admin.post(address(cloud, method, "/on-sandbox"), {"level": "observe"}, follow=True)
    page = made.content.decode()
    assert "The sandbox is set up" in page, page
    form = made.context["form"]
    identity = made.context["asked"].identity
    for name, value in form.held.items():
        secret = name in ("secret_access_key", "client_secret", "certificate_data",
                          "service_account_key")  # fmt: skip
        assert (value in page) != secret, name
    typed = {"name": "Made", "level": "observe", "sandbox": "1", "identity": identity.signed}
    shown = {name: form.initial[name] for name in form.held if name in form.initial}
    saved = as_admin.post(address(cloud, method), {**typed, **shown})
    assert saved.status_code == 303, saved.context["form"].errors
    row = Connection.objects.get(name="Made")
    assert (row.sandbox, row.method, row.uid) == (True, method, identity.uid)
    assert row.account == connections.SANDBOX_ACCOUNTS[cloud][0]
    assert clouds.check_identity(clouds.enter(access_for(row))) == row.account
    assert sandbox_set_up.kept(as_admin.session, identity, method) == {}
    assert AuditEntry.objects.filter(action="sandbox.set_up", actor=admin).exists()


def test_what_is_kept_for_the_form_is_sealed(as_admin: Client) -> None:
    as_admin.post(address(Cloud.AWS, "access_keys", "/on-sandbox"), {"level": "run"})
    (sealed,) = as_admin.session[sandbox_set_up.KEY].values()
    (uid,) = as_admin.session[sandbox_set_up.KEY]
    identity = setting_up.Identity(setting_up.UUID(uid))
    kept = sandbox_set_up.kept(as_admin.session, identity, "access_keys")
    assert kept["secret_access_key"] not in sealed
    assert sandbox_set_up.kept(as_admin.session, identity, "role") == {}


def test_the_level_is_the_one_that_was_chosen(admin: User) -> None:
    """Observing reads, and starts nothing: the sandbox refuses it as AWS would."""
    shown = setting_up.show(
        Cloud.AWS, "access_keys", Level.OBSERVE, identity=setting_up.new_identity(),
        typed={"account": "111122223333"},
    )  # fmt: skip
    made = sandbox_set_up.set_up(actor=admin, shown=shown)
    row = connections.create(
        actor=admin, name="Looks", cloud="aws", method="access_keys", level="observe",
        credential=made, sandbox=True,
    )  # fmt: skip
    session = clouds.open_session(clouds.enter(access_for(row)))
    assert "PipelineSummaries" in session.client("sagemaker").list_pipelines()
    with pytest.raises(Exception, match="AccessDenied"):
        session.client("sagemaker").start_pipeline_execution(PipelineName="skyclock-x")
