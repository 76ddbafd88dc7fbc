"""Cloud Run: services that are made, changed and really run."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import Any

import psutil
import pytest

from tests.sandbox.google.conftest import (
    PARENT,
    PROJECT,
    SandboxGoogle,
    entries,
    make_account,
    refused,
    wait,
)
from tests.sandbox.google.services import (
    SERVICE,
    make_all,
    make_service,
    put,
    service_body,
    services,
)

LINES = 'resource.labels.service_name="train" AND logName:"stdout"'
REQUESTS = 'logName:"run.googleapis.com%2Frequests"'


def told(google: SandboxGoogle, name: str) -> list[Any]:
    return [line["jsonPayload"][name] for line in entries(google, LINES)]


def asked(google: SandboxGoogle, path: str = "/", account: str = "") -> Any:
    """A request to the service, as an account of the project."""
    url = services(google).get(name=SERVICE).execute()["uri"]
    answer = google.requests.call("POST", url + path, headers={}, body=b"{}", account=account)
    google.store.commit()
    return answer


def test_a_service_becomes_ready_with_a_revision(google: SandboxGoogle) -> None:
    created = services(google).create(parent=PARENT, serviceId="train", body=service_body())
    operation = created.execute()
    at_first = services(google).get(name=SERVICE).execute()
    assert at_first["reconciling"]
    assert at_first["terminalCondition"]["state"] == "CONDITION_RECONCILING"
    service = wait(google, "run", operation)

    assert service["terminalCondition"]["state"] == "CONDITION_SUCCEEDED"
    assert service["uri"].startswith("https://train-")
    assert service["latestReadyRevision"].startswith(f"{SERVICE}/revisions/train-00001-")
    assert (service["generation"], service["observedGeneration"]) == ("1", "1")
    assert service["template"]["timeout"] == "300s"
    found = services(google).revisions().list(parent=SERVICE).execute()["revisions"]
    assert [one["name"] for one in found] == [service["latestReadyRevision"]]


def test_another_template_makes_another_revision(google: SandboxGoogle) -> None:
    make_service(google)
    labelled = service_body() | {"labels": {"a": "b"}}
    same = wait(google, "run", services(google).patch(name=SERVICE, body=labelled).execute())
    assert same["latestReadyRevision"].split("/")[-1].startswith("train-00001")
    assert same["labels"] == {"a": "b"}
    other = service_body(env={"X": "1"})
    changed = wait(google, "run", services(google).patch(name=SERVICE, body=other).execute())
    assert changed["latestReadyRevision"].split("/")[-1].startswith("train-00002")
    assert changed["generation"] == "3"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"timeout": "2h"}, "template.timeout"),
        ({"timeout": "4000s"}, "template.timeout"),
        ({"env": {"PORT": "1"}}, "reserved env names were provided: PORT"),
        ({"env": {"K_SERVICE": "1"}}, "reserved env names"),
        ({"serviceAccount": "no@such.account"}, "iam.serviceaccounts.actas"),
        ({"vpcAccess": {"connector": "c"}}, "does not simulate VPC access"),
        ({"maxInstanceRequestConcurrency": 2000}, "between 1 and 1000"),
        ({"image": ""}, "image"),
    ],
)
def test_what_could_not_run_is_refused(
    google: SandboxGoogle, change: dict[str, Any], reason: str
) -> None:
    body = service_body(**change)
    status, message = refused(services(google).create(parent=PARENT, serviceId="train", body=body))
    assert status in (400, 403, 501)
    assert reason in message


def test_a_request_needs_the_right_to_invoke(google: SandboxGoogle) -> None:
    make_service(google)
    email = make_account(google, "caller")
    assert asked(google).status == 403
    assert asked(google, account=email).status == 403
    policy = {"bindings": [{"role": "roles/run.invoker", "members": [f"serviceAccount:{email}"]}]}
    services(google).setIamPolicy(resource=SERVICE, body={"policy": policy}).execute()
    assert asked(google, account=email).status == 200
    everybody = {"bindings": [{"role": "roles/run.invoker", "members": ["allUsers"]}]}
    services(google).setIamPolicy(resource=SERVICE, body={"policy": everybody}).execute()
    assert asked(google).status == 200


def test_it_sees_what_cloud_run_sets_and_nothing_of_this_machine(
    google: SandboxGoogle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/real/key.json")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    make_service(google, env={"MINE": "1"})
    open_to_all(google)
    seen = json.loads(asked(google, "/path?a=b").body)
    assert seen["path"] == "/path?a=b"
    assert set(seen["environment"]) >= {
        "PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION", "MINE", "GCE_METADATA_HOST",
        "SKYCLOCK_GOOGLE_ENDPOINT",
    }  # fmt: skip
    assert not {"GOOGLE_APPLICATION_CREDENTIALS", "AWS_SECRET_ACCESS_KEY"} & set(
        seen["environment"]
    )
    assert seen["headers"]["X-Forwarded-Proto"] == "https"


def open_to_all(google: SandboxGoogle) -> None:
    everybody = {"bindings": [{"role": "roles/run.invoker", "members": ["allUsers"]}]}
    services(google).setIamPolicy(resource=SERVICE, body={"policy": everybody}).execute()


def test_an_instance_stays_warm_and_ends_with_its_revision(google: SandboxGoogle) -> None:
    make_service(google)
    open_to_all(google)
    for _ in range(3):
        asked(google)
    (pid,) = set(told(google, "pid"))
    assert psutil.pid_exists(pid)
    changed = services(google).patch(name=SERVICE, body=service_body(env={"X": "1"})).execute()
    wait(google, "run", changed)
    ended(pid)
    asked(google)
    assert len(set(told(google, "pid"))) == 2


def ended(pid: int) -> None:
    until = time.monotonic() + 60
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_an_instance_that_dies_is_replaced(google: SandboxGoogle) -> None:
    make_service(google)
    open_to_all(google)
    assert asked(google, "/crash").status == 503
    assert asked(google).status == 200
    assert len(set(told(google, "pid"))) == 2
    failed = entries(google, f"{REQUESTS} AND severity>=ERROR")[0]
    assert "connection to the instance had an error" in failed["textPayload"]


def test_a_request_ends_with_its_time(google: SandboxGoogle) -> None:
    make_service(google, timeout="1s")
    open_to_all(google)
    assert asked(google, "/slow").status == 504
    assert "maximum request timeout" in entries(google, REQUESTS)[0]["textPayload"]


def test_a_container_that_does_not_listen_is_told_of(google: SandboxGoogle) -> None:
    make_service(google, env={"BREAK": "at once"})
    open_to_all(google)
    assert asked(google).status == 503
    assert "failed to start and listen" in entries(google, REQUESTS)[0]["textPayload"]
    (line,) = entries(google, 'logName:"stderr"')
    assert line["textPayload"] == "cannot begin"


def test_its_instances_end_with_the_sandbox(google: SandboxGoogle) -> None:
    make_service(google)
    open_to_all(google)
    asked(google)
    (pid,) = told(google, "pid")
    google.restart()
    ended(pid)


def test_words_that_are_no_json_are_text(google: SandboxGoogle) -> None:
    make_service(google)
    open_to_all(google)
    asked(google)
    (line,) = entries(google, 'logName:"stderr"')
    assert line["textPayload"] == "plain words"
    assert line["resource"]["labels"]["project_id"] == PROJECT


def test_a_deleted_service_is_gone_with_its_processes(google: SandboxGoogle) -> None:
    make_all(google)
    put(google)
    google.advance("PT3S")
    (pid,) = told(google, "pid")
    wait(google, "run", services(google).delete(name=SERVICE).execute())
    assert refused(services(google).get(name=SERVICE))[0] == 404
    ended(pid)


def test_a_killed_instance_is_noticed(google: SandboxGoogle) -> None:
    make_service(google)
    open_to_all(google)
    asked(google)
    os.kill(told(google, "pid")[0], signal.SIGKILL)
    ended(told(google, "pid")[0])
    assert asked(google).status == 200
