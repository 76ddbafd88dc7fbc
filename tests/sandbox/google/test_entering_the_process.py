"""The way in, with the sandbox as a process of its own that is killed meanwhile."""

from __future__ import annotations

import base64
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core.client_options import ClientOptions
from google.auth import identity_pool
from google.auth.credentials import Credentials
from google.auth.transport.requests import Request
from google.cloud import storage
from google.oauth2 import service_account
from googleapiclient.discovery import build

from tests.sandbox.google.conftest import credentials, refused
from tests.sandbox.google.test_workload_identity import Shown
from tests.sandbox.issuer import running_issuer
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.sandbox

PROJECT = "a-new-project"
NAME = f"projects/{PROJECT}"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


@pytest.fixture
def process(tmp_path: Path) -> Iterator[SandboxProcess]:
    made = SandboxProcess(data=tmp_path / "sandbox")
    try:
        yield made.start()
    finally:
        made.end()


def api(process: SandboxProcess, name: str, version: str, who: Credentials) -> Any:
    endpoint = f"{process.address.google_url}/{name}"
    return build(
        name, version, static_discovery=True, cache_discovery=False, credentials=who,
        client_options=ClientOptions(api_endpoint=endpoint), num_retries=0,
    )  # fmt: skip


def let(process: SandboxProcess, role: str, member: str) -> None:
    projects = api(process, "cloudresourcemanager", "v3", credentials(PROJECT)).projects()
    policy = projects.getIamPolicy(resource=NAME, body={}).execute()
    policy["bindings"].append({"role": role, "members": [member]})
    projects.setIamPolicy(resource=NAME, body={"policy": policy}).execute()


def make_key(process: SandboxProcess) -> dict[str, Any]:
    accounts = api(process, "iam", "v1", credentials(PROJECT)).projects().serviceAccounts()
    email = accounts.create(name=NAME, body={"accountId": "deployer"}).execute()["email"]
    let(process, "roles/run.viewer", f"serviceAccount:{email}")
    made = accounts.keys().create(name=f"{NAME}/serviceAccounts/{email}", body={}).execute()
    key: dict[str, Any] = json.loads(base64.b64decode(made["privateKeyData"]))
    return key | {"token_uri": f"{process.address.google_url}/oauth2/token"}


def test_keys_and_tokens_outlive_a_kill(process: SandboxProcess) -> None:
    mine = service_account.Credentials.from_service_account_info(make_key(process), scopes=[SCOPE])
    services = api(process, "run", "v2", mine).projects().locations().services()
    listing = services.list(parent=f"{NAME}/locations/europe-west1")
    listing.execute()
    token = mine.token
    process.end(signal.SIGKILL)
    process.start()
    listing.execute()
    assert mine.token == token
    mine.refresh(Request())
    assert mine.token != token
    create = services.create(
        parent=f"{NAME}/locations/europe-west1", serviceId="mine", body={"template": {}}
    )
    assert refused(create)[0] == 403


def test_an_identity_of_elsewhere_comes_in_without_a_key(process: SandboxProcess) -> None:
    owner = api(process, "iam", "v1", credentials(PROJECT)).projects()
    pools = owner.locations().workloadIdentityPools()
    with running_issuer() as issuer:
        parent = f"{NAME}/locations/global"
        api(process, "cloudresourcemanager", "v1", credentials(PROJECT)).projects().get(
            projectId=PROJECT
        ).execute()
        pool = pools.create(parent=parent, workloadIdentityPoolId="skyclock", body={}).execute()
        body = {
            "attributeMapping": {"google.subject": "assertion.sub"},
            "attributeCondition": "assertion.sub.startsWith('skyclock:connection:')",
            "oidc": {"issuerUri": issuer.url},
        }
        name = pool["response"]["name"]
        provider = pools.providers().create(
            parent=name, workloadIdentityPoolProviderId="skyclock", body=body
        )
        audience = f"//iam.googleapis.com/{provider.execute()['response']['name']}"
        subject = "skyclock:connection:7"
        let(process, "roles/storage.bucketViewer",
            f"principal://iam.googleapis.com/{name}/subject/{subject}")  # fmt: skip

        def enters(sub: str) -> storage.Client:
            mine = identity_pool.Credentials(
                audience=audience,
                subject_token_type="urn:ietf:params:oauth:token-type:jwt",
                token_url=f"{process.address.google_url}/sts/v1/token",
                subject_token_supplier=Shown(issuer.token(sub=sub, aud=audience)),
                scopes=[SCOPE],
            )
            options = {"api_endpoint": f"{process.address.google_url}/storage"}
            return storage.Client(project=PROJECT, credentials=mine, client_options=options)

        assert list(enters(subject).list_buckets()) == []
        with pytest.raises(Exception, match=r"storage\.buckets\.list"):
            list(enters("skyclock:connection:8").list_buckets())
