from __future__ import annotations

import json

import pytest
from django.test import Client

from dashboard.models import Connection, Pipeline, User
from dashboard.services import connections
from dashboard.services.opening import access_for
from provisioning import clouds
from provisioning.contracts import Cloud
from provisioning.errors import CloudAway, PermissionDenied

BY_KEYS = "/connections/new/aws/access_keys"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # the one of AWS's own documentation
TYPED = {
    "name": "prod",
    "level": "deploy",
    "access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "secret_access_key": SECRET,
    "region": "eu-west-1",
}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS is not asked in these tests: every key opens this account."""
    monkeypatch.setattr(connections.clouds, "check_identity", lambda access: "998877665544")


def test_an_account_is_added_by_its_keys(as_admin: Client, db: None, account: None) -> None:
    answer = as_admin.post(BY_KEYS, TYPED)
    row = Connection.objects.get(name="prod")
    assert (answer.status_code, answer["Location"]) == (303, f"/connections/{row.pk}")
    assert (row.account, row.region, row.level) == ("998877665544", "eu-west-1", "deploy")
    assert "opens account 998877665544" in as_admin.get("/connections").content.decode()


def test_a_secret_never_comes_back(as_admin: Client, account: None) -> None:
    refused = as_admin.post(BY_KEYS, TYPED | {"region": "eu-nowhere-1"})
    assert refused.status_code == 400
    text = refused.content.decode()
    assert SECRET not in text and "AKIAIOSFODNN7EXAMPLE" in text
    assert "AWS has no region of this name" in text
    assert not Connection.objects.exists()


PASTED = f"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {SECRET}\n"


def test_what_is_pasted_is_split_without_scripts_too(
    as_admin: Client, db: None, account: None
) -> None:
    page = as_admin.get(BY_KEYS).content.decode()
    assert 'data-paste="aws"' in page and " required id=" not in page
    typed = {"name": "prod", "level": "deploy", "paste": PASTED}
    refused = as_admin.post(BY_KEYS, typed)
    assert set(refused.context["form"].errors) == {"region"}
    text = refused.content.decode()
    assert SECRET not in text and "AKIAIOSFODNN7EXAMPLE" in text
    assert as_admin.post(BY_KEYS, typed | {"region": "eu-west-1"}).status_code == 303
    opened = access_for(Connection.objects.get(name="prod")).credential
    assert opened.reveal("secret_access_key") == SECRET


def test_what_is_refused_of_a_pasted_text_is_said_at_it(
    as_admin: Client, db: None, account: None
) -> None:
    typed = {"name": "prod", "level": "deploy", "region": "eu-west-1"}
    evil = PASTED + "credential_process = /bin/evil"
    refused = as_admin.post(BY_KEYS, typed | {"paste": evil})
    assert set(refused.context["form"].errors) == {"paste"}
    text = refused.content.decode()
    assert "would run a program" in text
    assert SECRET not in text and "/bin/evil" not in text and 'value="eu-west-1"' in text
    assert not Connection.objects.exists()


def test_the_credential_of_a_sandbox_connection_of_ones_own_is_changed(
    as_admin: Client, admin: User, account: None
) -> None:
    typed = {name: TYPED[name] for name in ("access_key_id", "secret_access_key", "region")}
    row = connections.create(
        actor=admin, name="mine", cloud="aws", method="access_keys", level="deploy",
        credential=typed, sandbox=True,
    )  # fmt: skip
    page = f"/connections/{row.pk}/edit"
    assert 'name="secret_access_key"' in as_admin.get(page).content.decode()
    as_admin.post(page, {**TYPED, "access_key_id": "AKIAIOSFODNN7EXAMPL2"})
    opened = access_for(Connection.objects.get()).credential
    assert opened.reveal("access_key_id") == "AKIAIOSFODNN7EXAMPL2"


def test_problems_stand_at_their_fields(as_admin: Client, account: None) -> None:
    form = as_admin.post(BY_KEYS, TYPED | {"access_key_id": "nonsense"}).context["form"]
    assert set(form.errors) == {"access_key_id"}
    form = as_admin.post(BY_KEYS, {"name": "x", "level": "deploy"}).context["form"]
    assert set(form.errors) == {"access_key_id", "secret_access_key", "region"}


def test_a_cloud_that_is_away_loses_nothing_typed(
    as_admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(access: object) -> str:
        raise CloudAway("AWS is away.")

    monkeypatch.setattr(connections.clouds, "check_identity", away)
    answer = as_admin.post(BY_KEYS, TYPED)
    assert answer.status_code == 303
    assert Connection.objects.get(name="prod").account == ""
    text = as_admin.get("/connections").content.decode()
    assert "AWS did not answer" in text and "not known yet" in text


def test_what_the_cloud_refuses_is_told_in_the_form(
    as_admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(access: object) -> str:
        raise PermissionDenied("The security token is invalid.", code="InvalidClientTokenId")

    monkeypatch.setattr(connections.clouds, "check_identity", refused)
    answer = as_admin.post(BY_KEYS, TYPED)
    assert answer.status_code == 400
    assert "The security token is invalid." in answer.content.decode()
    assert not Connection.objects.exists()


def test_secrets_left_empty_are_kept(
    as_admin: Client, real_connection: Connection, account: None
) -> None:
    path = f"/connections/{real_connection.pk}/edit"
    assert "Leave empty to keep the stored one." in as_admin.get(path).content.decode()
    answer = as_admin.post(path, {"name": "renamed", "level": "run"})
    assert answer.status_code == 303
    before, after = real_connection.sealed, Connection.objects.get(pk=real_connection.pk)
    assert (after.name, after.level, after.sealed) == ("renamed", "run", before)


def test_a_new_key_replaces_the_stored_one(
    as_admin: Client, real_connection: Connection, account: None
) -> None:
    as_admin.post(f"/connections/{real_connection.pk}/edit", TYPED)
    after = Connection.objects.get(pk=real_connection.pk)
    assert after.sealed != real_connection.sealed and after.region == "eu-west-1"


def test_a_secret_alone_is_replaced_and_the_rest_kept(
    as_admin: Client, real_connection: Connection, account: None
) -> None:
    before = access_for(real_connection).credential
    renewed = SECRET.swapcase()
    typed = {"name": "prod", "level": "deploy", "secret_access_key": renewed}
    answer = as_admin.post(f"/connections/{real_connection.pk}/edit", typed)
    assert answer.status_code == 303
    after = access_for(Connection.objects.get(pk=real_connection.pk)).credential
    assert after.reveal("access_key_id") == before.reveal("access_key_id")
    assert after.reveal("secret_access_key") == renewed


def test_the_day_on_which_a_secret_ends_is_typed_with_it(as_admin: Client, account: None) -> None:
    as_admin.post(BY_KEYS, {**TYPED, "expires_on": "2031-05-06"})
    row = Connection.objects.get()
    assert f"{row.expires_at:%Y-%m-%d %H:%M}" == "2031-05-06 23:59"
    over = as_admin.post(BY_KEYS, {**TYPED, "name": "b", "expires_on": "2020-05-06"})
    assert over.context["form"].errors["expires_on"] == ["This day is over."]


def test_the_day_is_set_later_and_stays_for_as_long_as_the_secret(
    as_admin: Client, real_connection: Connection, account: None
) -> None:
    path = f"/connections/{real_connection.pk}/edit"
    same = {"name": "prod", "level": "deploy"}

    def day() -> str:
        real_connection.refresh_from_db()
        end = real_connection.expires_at
        return f"{end:%Y-%m-%d}" if end else ""

    as_admin.post(path, {**same, "expires_on": "2031-05-06"})
    assert day() == "2031-05-06"
    assert "The day that is stored" in as_admin.get(path).content.decode()
    as_admin.post(path, {**same, "region": "eu-west-1"})
    assert (day(), real_connection.region) == ("2031-05-06", "eu-west-1")
    as_admin.post(path, {**same, "secret_access_key": SECRET})
    assert day() == ""


@pytest.mark.parametrize("way", ["aws/web_identity", "azure/certificate", "google/federation"])
def test_nobody_types_the_day_where_there_is_no_secret_or_it_says_so(
    way: str, as_admin: Client, db: None
) -> None:
    assert 'name="expires_on"' not in as_admin.get(f"/connections/new/{way}").content.decode()


@pytest.mark.parametrize(
    ("key_id", "more", "said"),
    [
        ("AKIAIOSFODNN7EXAMPLE", {}, "when somebody revokes it, as far as is known here"),
        ("ASIAIOSFODNN7EXAMPLE", {"session_token": "ends"}, "by itself, hours after it was made"),
    ],
)
def test_the_page_says_when_the_very_credential_ends(
    key_id: str, more: dict[str, str], said: str, as_admin: Client, account: None
) -> None:
    as_admin.post(BY_KEYS, {**TYPED, "access_key_id": key_id, **more})
    row = Connection.objects.get()
    assert said in as_admin.get(f"/connections/{row.pk}").content.decode()


def test_a_ready_made_sandbox_never_ends(as_admin: Client, connection: Connection) -> None:
    shown = as_admin.get(f"/connections/{connection.pk}").content.decode()
    assert "never; it opens nothing but the sandbox" in shown


def test_a_sandbox_is_added_and_marked(as_admin: Client, db: None) -> None:
    as_admin.post("/connections/new/sandbox", {"name": "Playground", "cloud": "aws"})
    assert Connection.objects.get(name="Playground").sandbox
    text = as_admin.get("/connections").content.decode()
    assert "simulated" in text and "Sandbox: simulated clouds" in text


def test_a_sandbox_has_no_key_to_change(as_admin: Client, connection: Connection) -> None:
    text = as_admin.get(f"/connections/{connection.pk}/edit").content.decode()
    assert "Access key" not in text


def test_a_name_that_is_taken_is_refused(as_admin: Client, connection: Connection) -> None:
    answer = as_admin.post("/connections/new/sandbox", {"name": "Sandbox AWS", "cloud": "aws"})
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == ["name"]


def test_it_is_switched_off_and_on(as_admin: Client, connection: Connection) -> None:
    for word in ("false", "true"):
        as_admin.post(f"/connections/{connection.pk}/switch", {"enabled": word})
        connection.refresh_from_db()
        assert connection.enabled is (word == "true")


def test_one_in_use_is_not_deleted_and_says_by_whom(as_admin: Client, pipeline: Pipeline) -> None:
    path = f"/connections/{pipeline.connection_id}"
    assert "Used by Churn" in as_admin.get(f"{path}/edit").content.decode()
    assert "Churn" in as_admin.get(path).content.decode()
    text = as_admin.post(f"{path}/delete", follow=True).content.decode()
    assert "Still used by Churn" in text
    assert Connection.objects.filter(pk=pipeline.connection_id).exists()


def test_one_that_nobody_uses_is_deleted(as_admin: Client, connection: Connection) -> None:
    as_admin.post(f"/connections/{connection.pk}/delete")
    assert not Connection.objects.filter(pk=connection.pk).exists()


# ── Every cloud and every way ───────────────────────────────────────────────────────

WAYS = [(cloud, method) for cloud in Cloud for method in clouds.methods_of(cloud)]
AZURE = {
    "name": "prod-azure",
    "level": "run",
    "tenant_id": "72f988bf-86f1-41af-91ab-2d7cd011db47",
    "client_id": "1950a258-227b-4e31-a9cf-717495945fc2",
    "client_secret": "8Q~planted-client-secret-of-forty-characters",
    "subscription_id": "5a4db0c5-1b7e-4c5e-9d3a-0f4f4b1d2c3e",
    "region": "West Europe",
}


def google_key() -> str:
    key = "-----BEGIN PRIVATE KEY-----\nUExBTlRFRA==\n-----END PRIVATE KEY-----\n"
    return json.dumps(
        {
            "type": "service_account", "project_id": "my-project", "private_key": key,
            "client_email": "sky@my-project.iam.gserviceaccount.com",
            "token_uri": "https://oauth2.googleapis.com/token",
        },
        indent=2,
    )  # fmt: skip


def test_the_way_to_each_is_offered(as_admin: Client, db: None) -> None:
    text = as_admin.get("/connections/new").content.decode()
    for cloud, method in WAYS:
        assert f'href="/connections/new/{cloud}/{method}"' in text
        assert clouds.methods_of(cloud)[method] in text
    text = as_admin.get("/connections/new?sandbox=1").content.decode()
    assert "/connections/new/sandbox" in text
    for cloud, method in WAYS:
        assert f'href="/connections/new/{cloud}/{method}?sandbox=1"' in text


@pytest.mark.parametrize(("cloud", "method"), WAYS)
def test_each_asks_for_the_fields_of_its_credential(
    cloud: Cloud, method: str, as_admin: Client, db: None
) -> None:
    path = f"/connections/new/{cloud}/{method}"
    text = as_admin.get(path).content.decode()
    schema = clouds.credential_schema(cloud, method)
    for name, about in schema["properties"].items():
        assert f'name="{name}"' in text and about["title"] in text
    form = as_admin.post(path, {"name": "x", "level": "deploy"}).context["form"]
    assert set(form.errors) == set(schema["required"])


@pytest.mark.parametrize(
    "path", ["aws/client_secret", "azure/access_keys", "mars/access_keys", "aws/sandbox", "aws/x"]
)
def test_a_way_that_there_is_not_is_not_found(path: str, as_admin: Client, db: None) -> None:
    assert as_admin.get(f"/connections/new/{path}").status_code == 404


def test_an_application_of_azure_is_added(as_admin: Client, db: None, account: None) -> None:
    assert as_admin.post("/connections/new/azure/client_secret", AZURE).status_code == 303
    row = Connection.objects.get(name="prod-azure")
    assert (row.cloud, row.method, row.region) == ("azure", "client_secret", "westeurope")
    opened = access_for(row).credential
    assert opened.reveal("client_secret") == AZURE["client_secret"]
    text = as_admin.get(f"/connections/{row.pk}/edit").content.decode()
    assert "Client secret" in text and AZURE["client_secret"] not in text


def test_a_key_file_of_google_is_pasted_whole(as_admin: Client, db: None, account: None) -> None:
    path = "/connections/new/google/service_account"
    assert "<textarea" in as_admin.get(path).content.decode()
    typed = {"name": "prod-google", "level": "deploy", "service_account_key": google_key(),
             "region": "europe-west1"}  # fmt: skip
    refused = as_admin.post(path, typed | {"region": "nowhere"})
    assert refused.status_code == 400
    assert "UExBTlRFRA" not in refused.content.decode()
    assert as_admin.post(path, typed).status_code == 303
    row = Connection.objects.get(name="prod-google")
    opened = access_for(row).credential
    kept = json.loads(opened.reveal("service_account_key") or "")
    assert kept["private_key"] == json.loads(google_key())["private_key"]
    assert opened.reveal("project") == "my-project"


@pytest.mark.parametrize("cloud", list(Cloud))
def test_a_sandbox_of_each_cloud_is_added(cloud: Cloud, as_admin: Client, db: None) -> None:
    as_admin.post("/connections/new/sandbox", {"name": "Playground", "cloud": cloud.value})
    row = Connection.objects.get(name="Playground")
    assert (row.cloud, row.sandbox, bool(row.account)) == (cloud.value, True, True)
