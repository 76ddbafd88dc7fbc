"""Workflows that are deployed, and their executions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from provisioning.sandbox.google.eventarc.records import FINALIZED, Event
from tests.sandbox.google.conftest import (
    PARENT,
    PROJECT,
    REGION,
    SandboxGoogle,
    entries,
    grant,
    make_account,
    refused,
)
from tests.sandbox.google.pipelines import NAME as PIPELINE
from tests.sandbox.google.pipelines import create as create_pipeline
from tests.sandbox.google.pipelines import jobs
from tests.sandbox.google.services import (
    BUCKET,
    let_storage_publish,
    make_carrier,
    make_service,
    make_trigger,
    put,
    trigger_body,
)

WORKFLOW = f"{PARENT}/workflows/starter"
RUN = f"https://datapipelines.googleapis.com/v1/{PIPELINE}:run"
RETRY = {
    "predicate": "${http.default_retry_predicate_non_idempotent}",
    "max_retries": 5,
    "backoff": {"initial_delay": 10, "max_delay": 60, "multiplier": 2},
}


def source(*steps: dict[str, Any], **more: Any) -> str:
    return json.dumps({"main": {"params": ["args"], "steps": list(steps)}, **more})


def start_pipeline(**more: Any) -> str:
    post = {"url": RUN, "auth": {"type": "OAuth2"}, "body": {}}
    call = {"call": "http.post", "args": post, "result": "answer"}
    return source(
        {"start": {"try": call, **more}},
        {"end": {"return": {"job": "${answer.body.job.name}", "for": "${args.object}"}}},
    )


def workflows(google: SandboxGoogle, **more: Any) -> Any:
    return google.api("workflows", "v1", **more).projects().locations().workflows()


def executions(google: SandboxGoogle, **more: Any) -> Any:
    api = google.api("workflowexecutions", "v1", **more)
    return api.projects().locations().workflows().executions()


def done(google: SandboxGoogle, operation: dict[str, Any]) -> dict[str, Any]:
    google.advance("PT2S")
    operations = google.api("workflows", "v1").projects().locations().operations()
    found: dict[str, Any] = operations.get(name=operation["name"]).execute()
    assert found["done"]
    return found


def deploy(google: SandboxGoogle, text: str, **more: Any) -> dict[str, Any]:
    account = make_account(google, "starter", "roles/datapipelines.invoker")
    body = {"sourceContents": text, "serviceAccount": account, **more}
    call = workflows(google).create(parent=PARENT, workflowId="starter", body=body)
    return done(google, call.execute())


def execute(google: SandboxGoogle, argument: Any = None, seconds: int = 1) -> dict[str, Any]:
    body = {"argument": json.dumps(argument)}
    begun = executions(google).create(parent=WORKFLOW, body=body).execute()
    assert begun["state"] == "ACTIVE"
    google.advance(f"PT{seconds}S")
    found: dict[str, Any] = executions(google).get(name=begun["name"]).execute()
    return found


def test_a_workflow_is_deployed_by_an_operation(google: SandboxGoogle) -> None:
    made = deploy(google, source({"end": {"return": 1}}), labels={"a": "b"})["response"]
    assert made["name"] == WORKFLOW
    found = workflows(google).get(name=WORKFLOW).execute()
    assert found["state"] == "ACTIVE"
    assert found["serviceAccount"] == (
        f"projects/{PROJECT}/serviceAccounts/starter@{PROJECT}.iam.gserviceaccount.com"
    )
    assert found["revisionId"].startswith("000001-")
    listed = workflows(google).list(parent=PARENT).execute()["workflows"]
    assert [each["name"] for each in listed] == [WORKFLOW]


def test_a_source_that_is_wrong_fails_the_operation(google: SandboxGoogle) -> None:
    error = deploy(google, source({"end": {"return": "${1 +}"}}))["error"]
    assert error["code"] == 3
    assert error["message"].startswith("failed to build: parse error in expression")
    with pytest.raises(HttpError):
        workflows(google).get(name=WORKFLOW).execute()


def test_a_change_of_what_it_does_is_a_new_revision(google: SandboxGoogle) -> None:
    deploy(google, source({"end": {"return": '${sys.get_env("MODE")}'}}), userEnvVars={"MODE": "a"})
    patch = workflows(google).patch
    done(google, patch(name=WORKFLOW, updateMask="labels", body={"labels": {"x": "y"}}).execute())
    assert workflows(google).get(name=WORKFLOW).execute()["revisionId"].startswith("000001-")
    body = {"userEnvVars": {"MODE": "b"}}
    done(google, patch(name=WORKFLOW, updateMask="userEnvVars", body=body).execute())
    assert workflows(google).get(name=WORKFLOW).execute()["revisionId"].startswith("000002-")
    assert json.loads(execute(google)["result"]) == "b"


def test_an_execution_calls_an_api_as_its_service_account(google: SandboxGoogle) -> None:
    create_pipeline(google)
    deploy(google, start_pipeline())
    found = execute(google, {"object": "data/x.csv"})
    assert found["state"] == "SUCCEEDED"
    (job,) = jobs(google)
    assert json.loads(found["result"]) == {"job": job["name"], "for": "data/x.csv"}
    assert json.loads(found["argument"]) == {"object": "data/x.csv"}
    assert found["duration"] == "0.05s"


def test_what_its_account_may_not_do_fails_it_with_the_answer(google: SandboxGoogle) -> None:
    create_pipeline(google)
    account = make_account(google, "nobody")
    body = {"sourceContents": start_pipeline(), "serviceAccount": account}
    done(google, workflows(google).create(parent=PARENT, workflowId="starter", body=body).execute())
    found = execute(google, {"object": "x"})
    assert found["state"] == "FAILED"
    payload = json.loads(found["error"]["payload"])
    assert (payload["code"], payload["tags"]) == (403, ["HttpError"])
    assert "datapipelines.pipelines.run" in payload["body"]["error"]["message"]
    assert jobs(google) == []


def test_a_refused_call_is_made_again_after_its_pause_and_once(google: SandboxGoogle) -> None:
    create_pipeline(google)
    deploy(google, start_pipeline(retry=RETRY))
    google.fault("throttle", "datapipelines.projects.locations.pipelines.run", count=2)
    waiting = execute(google, {"object": "x"}, seconds=15)
    assert waiting["state"] == "ACTIVE"
    assert jobs(google) == []
    google.advance("PT30S")
    found = executions(google).get(name=waiting["name"]).execute()
    assert found["state"] == "SUCCEEDED"
    assert len(jobs(google)) == 1


def test_a_restart_in_its_pause_neither_loses_nor_doubles_it(google: SandboxGoogle) -> None:
    create_pipeline(google)
    post = {"call": "http.post", "args": {"url": RUN, "auth": {"type": "OAuth2"}, "body": {}}}
    text = source(
        {"first": {**post, "result": "one"}},
        {"pause": {"call": "sys.sleep", "args": {"seconds": 60}}},
        {"second": {**post, "result": "two"}},
        {"end": {"return": ["${one.body.job.name}", "${two.body.job.name}"]}},
    )
    deploy(google, text)
    begun = execute(google, seconds=10)
    assert len(jobs(google)) == 1
    google.world.store.commit()
    google.restart()
    google.advance("PT2M")
    found = executions(google).get(name=begun["name"]).execute()
    assert json.loads(found["result"]) == sorted(job["name"] for job in jobs(google))


def carry_objects(google: SandboxGoogle, *roles: str) -> str:
    """A bucket whose objects start the workflow; the account that carries them."""
    google.storage().create_bucket(BUCKET, location=REGION)
    let_storage_publish(google)
    carrier = make_carrier(google, *roles)
    make_trigger(google, trigger_body(carrier, destination={"workflow": WORKFLOW}))
    return carrier


def results(google: SandboxGoogle) -> list[Any]:
    api = executions(google)
    found: list[Any] = []
    request = api.list(parent=WORKFLOW, view="FULL")
    while request is not None:
        page = request.execute()
        found += [json.loads(each["result"]) for each in page.get("executions", [])]
        request = api.list_next(request, page)
    return found


def test_an_object_starts_an_execution_with_the_event(google: SandboxGoogle) -> None:
    deploy(google, source({"end": {"return": "${args}"}}))
    carry_objects(google, "roles/workflows.invoker")
    put(google, "data/x.csv")
    google.advance("PT3S")
    (event,) = results(google)
    assert event["type"] == FINALIZED
    assert (event["bucket"], event["subject"]) == (BUCKET, "objects/data/x.csv")
    assert event["data"]["name"] == "data/x.csv"
    assert google.journal()[-1] == (f"gs://{BUCKET}/data/x.csv", "on-data → starter", "delivered")


def test_an_event_starts_one_execution_however_often_it_comes(google: SandboxGoogle) -> None:
    deploy(google, source({"end": {"return": "${args.id}"}}))
    carrier = carry_objects(google, "roles/workflows.invoker")
    event = Event(id="1", source="//tests", type=FINALIZED, time=0, data={})
    push = google.google.executions.push
    outcomes = {push(WORKFLOW, "", event, carrier) for _ in range(3)}
    assert len(outcomes) == 1
    push(WORKFLOW, "", event.model_copy(update={"id": "2"}), carrier)
    google.advance("PT3S")
    assert sorted(results(google)) == ["1", "2"]


def test_two_hundred_objects_start_two_hundred_executions(google: SandboxGoogle) -> None:
    create_pipeline(google)
    deploy(google, start_pipeline().replace("args.object", "args.data.name"))
    carry_objects(google, "roles/workflows.invoker")
    for number in range(200):
        put(google, f"data/{number}.csv")
    google.advance("PT5S")
    found = results(google)
    assert sorted(one["for"] for one in found) == sorted(f"data/{n}.csv" for n in range(200))
    assert len({one["job"] for one in found}) == 200


def test_whoever_carries_needs_the_right_to_execute(google: SandboxGoogle) -> None:
    deploy(google, source({"end": {"return": 1}}))
    carrier = carry_objects(google)
    put(google)
    google.advance("PT5S")
    assert results(google) == []
    assert google.journal()[-1][2] == "refused"
    grant(google, "roles/workflows.invoker", f"serviceAccount:{carrier}")
    google.advance("PT30S")
    assert results(google) == [1]


def test_a_service_is_called_and_its_answer_awaited(google: SandboxGoogle) -> None:
    address = make_service(google)["uri"]
    post = {"url": f"{address}/well", "auth": {"type": "OIDC"}, "body": {"name": "x"}}
    text = source(
        {"ask": {"call": "http.post", "args": post, "result": "answer"}},
        {"end": {"return": "${answer.body.path}"}},
    )
    account = deploy(google, text)["response"]["serviceAccount"].rpartition("/")[2]
    refused = execute(google, seconds=20)
    assert json.loads(refused["error"]["payload"])["code"] == 403
    grant(google, "roles/run.invoker", f"serviceAccount:{account}")
    assert json.loads(execute(google, seconds=20)["result"]) == "/well"
    lines = entries(google, 'resource.labels.service_name="train" AND logName:"stdout"')
    assert [line["jsonPayload"]["name"] for line in lines] == ["x"]


def test_a_connector_asks_an_api_as_its_service_account(google: SandboxGoogle) -> None:
    name = "googleapis.workflowexecutions.v1.projects.locations.workflows.executions.list"
    ask = {"call": name, "args": {"parent": WORKFLOW, "pageSize": 1}, "result": "found"}
    text = source({"ask": ask}, {"end": {"return": "${found.executions[0].state}"}})
    account = deploy(google, text)["response"]["serviceAccount"].rpartition("/")[2]
    payload = json.loads(execute(google)["error"]["payload"])
    assert payload["code"] == 403
    grant(google, "roles/workflows.viewer", f"serviceAccount:{account}")
    assert json.loads(execute(google)["result"]) == "ACTIVE"


def test_what_it_logs_is_kept_where_its_account_may_write(google: SandboxGoogle) -> None:
    say = {"call": "sys.log", "args": {"data": {"seen": "${args}"}, "severity": "WARNING"}}
    account = deploy(google, source({"say": say}))["response"]["serviceAccount"].rpartition("/")[2]
    begun = execute(google, "first")
    assert begun["state"] == "SUCCEEDED"
    grant(google, "roles/logging.logWriter", f"serviceAccount:{account}")
    execute(google, "second")
    (line,) = entries(google, f'logName="projects/{PROJECT}/logs/Workflows"')
    assert (line["severity"], line["jsonPayload"]) == ("WARNING", {"seen": "second"})
    id = begun["name"].rpartition("/")[2]
    lines = entries(google, f'labels."workflows.googleapis.com/execution_id"="{id}"')
    assert [line["jsonPayload"]["state"] for line in lines] == ["ACTIVE", "SUCCEEDED"]


def test_what_fails_tells_of_its_step(google: SandboxGoogle) -> None:
    deploy(google, source({"look": {"return": "${args.nothing}"}}))
    error = execute(google, {})["error"]
    assert json.loads(error["payload"])["tags"] == ["KeyError"]
    assert error["context"].endswith('in step "look", routine "main"')
    assert error["stackTrace"]["elements"] == [{"step": "look", "routine": "main"}]


def test_executions_are_listed_newest_first_by_state_and_time(google: SandboxGoogle) -> None:
    deploy(google, source({"end": {"return": "${args.n}"}}))
    for argument in ({"n": 1}, {}, {"n": 2}):
        execute(google, argument, seconds=60)
    listed = executions(google).list(parent=WORKFLOW, view="FULL").execute()["executions"]
    assert [each.get("result") for each in listed] == ["2", None, "1"]
    failed = executions(google).list(parent=WORKFLOW, filter='state="FAILED"').execute()
    assert len(failed["executions"]) == 1
    assert "error" not in failed["executions"][0], "BASIC shows less"
    since = listed[1]["createTime"]
    later = executions(google).list(
        parent=WORKFLOW, filter=f'state="SUCCEEDED" AND createTime>="{since}"', view="FULL"
    )
    assert [each["result"] for each in later.execute()["executions"]] == ["2"]


def test_an_execution_can_be_cancelled_while_it_runs(google: SandboxGoogle) -> None:
    deploy(google, source({"pause": {"call": "sys.sleep", "args": {"seconds": 600}}}))
    begun = execute(google)
    executions(google).cancel(name=begun["name"], body={}).execute()
    google.advance("PT1H")
    assert executions(google).get(name=begun["name"]).execute()["state"] == "CANCELLED"
    assert refused(executions(google).cancel(name=begun["name"], body={}))[0] == 400


def test_who_may_not_execute_it_is_told(google: SandboxGoogle) -> None:
    deploy(google, source({"end": {"return": 1}}))
    stranger = make_account(google, "stranger")
    status, reason = refused(executions(google, caller=stranger).create(parent=WORKFLOW, body={}))
    assert status == 403
    assert "workflows.executions.create" in reason


def test_a_deleted_workflow_takes_its_executions_along(google: SandboxGoogle) -> None:
    deploy(google, source({"end": {"return": 1}}))
    execute(google)
    done(google, workflows(google).delete(name=WORKFLOW).execute())
    assert refused(executions(google).list(parent=WORKFLOW))[0] == 404


@pytest.mark.parametrize(
    ("id", "body", "reason"),
    [
        ("1starter", {}, "workflow_id '1starter' is invalid"),
        ("starter", {"serviceAccount": "no@where"}, "no@where does not exist"),
        ("starter", {"userEnvVars": {"GOOGLE_X": "1"}}, "'GOOGLE_X' cannot be set"),
    ],
)
def test_what_workflows_does_not_take(
    google: SandboxGoogle, id: str, body: dict[str, Any], reason: str
) -> None:
    status, said = refused(workflows(google).create(parent=PARENT, workflowId=id, body=body))
    assert status == 400
    assert reason in said
