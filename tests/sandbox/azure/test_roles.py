"""What an application may do is what its roles permit, and is refused in Azure's words."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import jwt
import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.mgmt.datafactory import DataFactoryManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.storage import StorageManagementClient

from provisioning.sandbox.azure.authorization.roles import BUILT_IN
from provisioning.sandbox.azure.entra.tokens import ISSUER
from tests.sandbox.azure.applications import App, new_app
from tests.sandbox.azure.conftest import ADMINISTRATOR, REGION, SUBSCRIPTION, SandboxAzure
from tests.sandbox.azure.definitions import pipeline, wait
from tests.sandbox.azure.running import ALWAYS

ROLE_IDS = {each.name: each.id for each in BUILT_IN.values()}
SUB = f"/subscriptions/{SUBSCRIPTION}"
GROUP = f"{SUB}/resourceGroups/rg"
FACTORY = f"{GROUP}/providers/Microsoft.DataFactory/factories/adf-of-tests"
QUERY = "Microsoft.DataFactory/factories/querypipelineruns/action"


def put(azure: SandboxAzure, path: str, properties: dict[str, Any]) -> requests.Response:
    return requests.put(
        f"{azure.url}/arm{path}?api-version=2022-04-01",
        json={"properties": properties}, headers=ADMINISTRATOR, timeout=60,
    )  # fmt: skip


def assign(azure: SandboxAzure, principal: str, role: str, scope: str) -> str:
    """By the name of a built-in role, or the id of another."""
    definition = f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/" + ROLE_IDS.get(
        role, role
    )
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
    answer = put(azure, path, {"principalId": principal, "roleDefinitionId": definition})
    assert answer.status_code == 201, answer.text
    return path


def define(azure: SandboxAzure, **permitted: Any) -> str:
    """A custom role of the subscription; its id."""
    name = str(uuid.uuid4())
    wish = {"roleName": f"role {name}", "assignableScopes": [SUB], "permissions": [permitted]}
    answer = put(azure, f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/{name}", wish)
    assert answer.status_code == 201, answer.text
    return name


class Somebody:
    """An application with a token, as it uses Microsoft's clients."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.azure = app.azure
        self.token = app.token()

    def client(self, cls: Any) -> Any:
        return self.azure.client(cls, token=self.token)

    @property
    def factories(self) -> Any:
        return self.client(DataFactoryManagementClient)

    @property
    def resources(self) -> Any:
        return self.client(ResourceManagementClient)

    def get(self, path: str) -> requests.Response:
        return requests.get(
            f"{self.azure.url}/arm{path}?api-version=2022-04-01",
            headers={"Authorization": f"Bearer {self.token}"}, timeout=60,
        )  # fmt: skip

    def given(self, role: str, scope: str) -> str:
        return assign(self.azure, self.app.principal, role, scope)

    def refused(self, call: Any, action: str, scope: str) -> None:
        with pytest.raises(HttpResponseError) as caught:
            call()
        assert caught.value.status_code == 403
        assert caught.value.error.code == "AuthorizationFailed"
        assert caught.value.error.message == (
            f"The client '{self.app.app_id}' with object id '{self.app.principal}' does not have "
            f"authorization to perform action '{action}' over scope '{scope}' or the scope is "
            "invalid. If access was recently granted, please refresh your credentials."
        )


@pytest.fixture
def somebody(azure: SandboxAzure, factory: str) -> Somebody:
    azure.factories.pipelines.create_or_update("rg", factory, "p", pipeline(wait("w")))
    return Somebody(new_app(azure))


def query(somebody: Somebody, factory: str) -> Any:
    return somebody.factories.pipeline_runs.query_by_factory("rg", factory, ALWAYS)


# ── Roles ───────────────────────────────────────────────────────────────────────────


def test_without_a_role_a_subscription_is_closed_and_not_listed(somebody: Somebody) -> None:
    assert somebody.get("/subscriptions").json()["value"] == []
    read = "Microsoft.Resources/subscriptions/read"
    answer = somebody.get(SUB)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "AuthorizationFailed")
    assert f"'{read}' over scope '{SUB}'" in answer.json()["error"]["message"]
    groups = "Microsoft.Resources/subscriptions/resourceGroups/read"
    somebody.refused(lambda: list(somebody.resources.resource_groups.list()), groups, SUB)


def test_a_reader_reads_factories_but_no_runs(somebody: Somebody, factory: str) -> None:
    somebody.given("Reader", SUB)
    assert [each["subscriptionId"] for each in somebody.get("/subscriptions").json()["value"]] == [
        SUBSCRIPTION
    ]
    assert somebody.factories.factories.get("rg", factory).name == factory
    assert [each.name for each in somebody.factories.pipelines.list_by_factory("rg", factory)] == [
        "p"
    ]
    run = somebody.azure.factories.pipelines.create_run("rg", factory, "p").run_id
    assert somebody.factories.pipeline_runs.get("rg", factory, run).run_id == run

    factories = somebody.factories
    somebody.refused(lambda: query(somebody, factory), QUERY, FACTORY)
    somebody.refused(
        lambda: factories.trigger_runs.query_by_factory("rg", factory, ALWAYS),
        "Microsoft.DataFactory/factories/querytriggerruns/action", FACTORY,
    )  # fmt: skip
    somebody.refused(
        lambda: factories.activity_runs.query_by_pipeline_run("rg", factory, run, ALWAYS),
        "Microsoft.DataFactory/factories/pipelineruns/queryactivityruns/action",
        f"{FACTORY}/pipelineruns/{run}",
    )
    somebody.refused(
        lambda: factories.pipelines.create_run("rg", factory, "p"),
        "Microsoft.DataFactory/factories/pipelines/createrun/action", f"{FACTORY}/pipelines/p",
    )  # fmt: skip


def test_three_actions_beside_reader_read_runs(somebody: Somebody, factory: str) -> None:
    somebody.given("Reader", GROUP)
    queries = ("querypipelineruns", "querytriggerruns", "pipelineruns/queryactivityruns")
    actions = [f"Microsoft.DataFactory/factories/{each}/action" for each in queries]
    somebody.given(define(somebody.azure, actions=actions), GROUP)

    run = somebody.azure.factories.pipelines.create_run("rg", factory, "p").run_id
    assert [each.run_id for each in query(somebody, factory).value] == [run]
    found = somebody.factories.activity_runs.query_by_pipeline_run("rg", factory, run, ALWAYS)
    assert found.value is not None
    somebody.refused(
        lambda: somebody.factories.pipeline_runs.cancel("rg", factory, run),
        "Microsoft.DataFactory/factories/pipelineruns/cancel/action",
        f"{FACTORY}/pipelineruns/{run}",
    )


def test_a_data_factory_contributor_deploys_and_runs_and_no_more(
    somebody: Somebody, factory: str
) -> None:
    given = somebody.given("Data Factory Contributor", GROUP)
    somebody.factories.pipelines.create_or_update("rg", factory, "q", pipeline(wait("w")))
    somebody.factories.pipelines.create_run("rg", factory, "q")
    storage = somebody.client(StorageManagementClient).storage_accounts
    somebody.refused(
        lambda: list(storage.list_by_resource_group("rg")),
        "Microsoft.Storage/storageAccounts/read", f"{GROUP}/providers/Microsoft.Storage",
    )  # fmt: skip
    somebody.refused(
        lambda: somebody.resources.resource_groups.create_or_update("rg2", {"location": REGION}),
        "Microsoft.Resources/subscriptions/resourceGroups/write",
        f"{SUB}/resourcegroups/rg2",
    )
    requests.delete(
        f"{somebody.azure.url}/arm{given}?api-version=2022-04-01", headers=ADMINISTRATOR, timeout=60
    )
    somebody.refused(lambda: query(somebody, factory), QUERY, FACTORY)


def test_a_contributor_does_all_but_give_roles(somebody: Somebody, factory: str) -> None:
    somebody.given("Contributor", SUB)
    somebody.resources.resource_groups.create_or_update("rg2", {"location": REGION})
    path = f"{SUB}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
    wish = {"principalId": somebody.app.principal, "roleDefinitionId": f"/x/{ROLE_IDS['Owner']}"}
    answer = requests.put(
        f"{somebody.azure.url}/arm{path}?api-version=2022-04-01", json={"properties": wish},
        headers={"Authorization": f"Bearer {somebody.token}"}, timeout=60,
    )  # fmt: skip
    assert answer.status_code == 403
    assert "'Microsoft.Authorization/roleAssignments/write'" in answer.json()["error"]["message"]


def test_a_role_on_one_resource_reaches_what_is_in_it(somebody: Somebody, factory: str) -> None:
    somebody.azure.factories.factories.create_or_update("rg", "other", {"location": REGION})
    somebody.given("Data Factory Contributor", FACTORY)
    assert query(somebody, factory).value == []
    somebody.refused(
        lambda: somebody.factories.factories.get("rg", "other"),
        "Microsoft.DataFactory/factories/read",
        f"{GROUP}/providers/Microsoft.DataFactory/factories/other",
    )
    listed = somebody.factories.factories
    assert [each.name for each in listed.list()] == [factory]
    assert [each.name for each in listed.list_by_resource_group("rg")] == [factory]


def test_lists_show_what_may_be_read(somebody: Somebody) -> None:
    somebody.azure.resources.resource_groups.create_or_update("rg2", {"location": REGION})
    somebody.given("Reader", f"{SUB}/resourceGroups/rg2")
    assert [each.name for each in somebody.resources.resource_groups.list()] == ["rg2"]
    assert list(somebody.resources.resources.list()) == []
    somebody.given("Reader", GROUP)
    assert [each.name for each in somebody.resources.resources.list()] == ["adf-of-tests"]


def test_custom_roles_match_by_wildcards_and_take_away(somebody: Somebody, factory: str) -> None:
    somebody.given(
        define(
            somebody.azure,
            actions=["microsoft.datafactory/FACTORIES/*"],
            notActions=["Microsoft.DataFactory/factories/*/delete"],
        ),
        GROUP,
    )
    somebody.factories.pipelines.create_run("rg", factory, "p")
    somebody.refused(
        lambda: somebody.factories.pipelines.delete("rg", factory, "p"),
        "Microsoft.DataFactory/factories/pipelines/delete", f"{FACTORY}/pipelines/p",
    )  # fmt: skip
    # What one role leaves out, another may give.
    somebody.given("Data Factory Contributor", GROUP)
    somebody.factories.pipelines.delete("rg", factory, "p")


def test_definitions_are_listed_changed_and_kept_while_they_are_given(somebody: Somebody) -> None:
    azure, role = somebody.azure, define(somebody.azure, actions=["*/read"])
    base = f"{SUB}/providers/Microsoft.Authorization/roleDefinitions"
    url = f"{azure.url}/arm{base}"

    def ask(method: str, below: str = "", **query: str) -> requests.Response:
        return requests.request(
            method, url + below, params={"api-version": "2022-04-01", **query},
            headers=ADMINISTRATOR, timeout=60,
        )  # fmt: skip

    found = ask("GET", **{"$filter": "roleName eq 'Data Factory Contributor'"}).json()["value"]
    assert [each["name"] for each in found] == [ROLE_IDS["Data Factory Contributor"]]
    assert "Microsoft.DataFactory/factories/*" in (
        found[0]["properties"]["permissions"][0]["actions"])  # fmt: skip
    found = ask("GET", **{"$filter": "type eq 'CustomRole'"}).json()["value"]
    assert [each["name"] for each in found] == [role]

    given = somebody.given(role, GROUP)
    assert ask("DELETE", f"/{role}").json()["error"]["code"] == "RoleDefinitionHasAssignments"
    requests.delete(
        f"{azure.url}/arm{given}?api-version=2022-04-01", headers=ADMINISTRATOR, timeout=60
    )
    assert ask("DELETE", f"/{role}").status_code == 200
    assert ask("GET", f"/{role}").json()["error"]["code"] == "RoleDefinitionDoesNotExist"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"roleName": ""}, "BadRequestFormat"),
        ({"assignableScopes": []}, "BadRequestFormat"),
        ({"assignableScopes": ["/"]}, "LinkedInvalidPropertyId"),
        ({"permissions": [{"actions": ["read"]}]}, "InvalidActionOrNotAction"),
        ({"permissions": [{"actions": "*"}]}, "BadRequestFormat"),
        ({"roleName": "reader"}, "RoleDefinitionWithSameNameExists"),
    ],
    ids=str,
)
def test_a_definition_that_azure_refuses(
    azure: SandboxAzure, change: dict[str, Any], code: str
) -> None:
    wish = {"roleName": "mine", "assignableScopes": [SUB], "permissions": [{"actions": ["*/read"]}]}
    path = f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/{uuid.uuid4()}"
    assert put(azure, path, {**wish, **change}).json()["error"]["code"] == code


def test_a_role_is_given_only_where_it_may_be(azure: SandboxAzure, group: str) -> None:
    app, role = new_app(azure), str(uuid.uuid4())
    wish = {"roleName": "of a group", "permissions": [{"actions": ["*/read"]}],
            "assignableScopes": [GROUP]}  # fmt: skip
    put(azure, f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/{role}", wish)

    def code(scope: str, role: str, principal: str = app.principal) -> str:
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
        given = {"principalId": principal, "roleDefinitionId": f"/x/{role}"}
        return str(put(azure, path, given).json().get("error", {}).get("code"))

    assert code(SUB, role) == "RoleAssignmentScopeNotAssignableToRoleDefinition"
    assert code(GROUP, role) == "None"
    assert code(GROUP, str(uuid.uuid4())) == "RoleDefinitionDoesNotExist"
    assert code(GROUP, role, str(uuid.uuid4())) == "PrincipalNotFound"


def test_permissions_of_the_caller_are_those_of_all_assignments(somebody: Somebody) -> None:
    path = f"{GROUP}/providers/Microsoft.Authorization/permissions"
    assert somebody.get(path).status_code == 403
    somebody.given("Contributor", SUB)
    somebody.given("Storage Blob Data Reader", GROUP)
    somebody.given("Data Factory Contributor", FACTORY)

    found = somebody.get(path).json()["value"]
    assert [each["actions"][:1] for each in found] == [
        ["*"], ["Microsoft.Storage/storageAccounts/blobServices/containers/read"]
    ]  # fmt: skip
    assert "Microsoft.Authorization/*/Write" in found[0]["notActions"]
    assert found[1]["dataActions"] == [
        "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
    ]
    assert len(somebody.get(f"{FACTORY}/providers/Microsoft.Authorization/permissions").json()[
        "value"]) == 3  # fmt: skip
    administrator = requests.get(
        f"{somebody.azure.url}/arm{path}?api-version=2022-04-01", headers=ADMINISTRATOR, timeout=60
    )
    assert administrator.json()["value"][0]["actions"] == ["*"]


def test_roles_survive_a_restart(somebody: Somebody, factory: str) -> None:
    somebody.given(define(somebody.azure, actions=[QUERY]), GROUP)
    somebody.azure.restart()
    assert query(somebody, factory).value == []


# ── Tokens ──────────────────────────────────────────────────────────────────────────


def asked(azure: SandboxAzure, token: str) -> requests.Response:
    answer = requests.get(
        f"{azure.url}/arm{SUB}?api-version=2022-04-01",
        headers={"Authorization": f"Bearer {token}"}, timeout=60,
    )  # fmt: skip
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")
    return answer


def test_a_forged_token_is_refused(somebody: Somebody) -> None:
    azure = somebody.azure
    head, body, signature = somebody.token.split(".")
    unsigned = jwt.encode(
        jwt.decode(somebody.token, options={"verify_signature": False}),
        None,
        "none",
        headers={"kid": jwt.get_unverified_header(somebody.token)["kid"]},
    )
    for token in ("any", "a.b.c", f"{head}.{body}.{signature[::-1]}", unsigned,
                  "sandbox-only-token-of-somebody"):  # fmt: skip
        assert asked(azure, token).json()["error"]["code"] == "InvalidAuthenticationToken"


def test_a_token_for_another_service_is_refused(somebody: Somebody) -> None:
    graph = somebody.app.token("https://graph.microsoft.com/.default")
    answer = asked(somebody.azure, graph)
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"
    assert "wrong audience or resource" in answer.json()["error"]["message"]


def test_a_token_that_has_ended_is_refused(somebody: Somebody) -> None:
    """Signed with the tenant's own key, two hours ago."""
    azure = somebody.azure
    (_, row) = next(iter(azure.store.rows("entra_key")))
    key = json.loads(row)
    claims = jwt.decode(somebody.token, options={"verify_signature": False})
    ended = int(time.time()) - 3600
    old = jwt.encode({**claims, "iss": ISSUER, "exp": ended}, key["pem"], "RS256",
                     headers={"kid": key["id"]})  # fmt: skip
    answer = asked(azure, old)
    assert answer.json()["error"]["code"] == "ExpiredAuthenticationToken"
    assert 'error_description="The access token expired."' in answer.headers["WWW-Authenticate"]

    with pytest.raises(ClientAuthenticationError):
        list(azure.client(ResourceManagementClient, token=old).resource_groups.list())
