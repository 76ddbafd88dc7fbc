"""What others made in the sandbox's accounts: by the vendors' SDKs, not through Skyclock."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

from dashboard.models import Connection, Pipeline, User
from dashboard.services import discovery, history, sandbox, watching
from dashboard.services.opening import access_for
from provisioning import clouds
from provisioning.blueprints.google_common.operations import wait
from provisioning.clouds.session import Session

PASS = {"Type": "Wait", "Seconds": 30, "Next": "Done"}
MACHINE = {"StartAt": "Look", "States": {"Look": PASS, "Done": {"Type": "Succeed"}}}
WAITS = {
    "name": "Look",
    "type": "Wait",
    "typeProperties": {"waitTimeInSeconds": 5},
    "dependsOn": [],
}
COPIES = {
    "name": "Then", "type": "Wait", "typeProperties": {"waitTimeInSeconds": 5},
    "dependsOn": [{"activity": "Look", "dependencyConditions": ["Succeeded"]}],
}  # fmt: skip


def session_of(connection: Connection) -> Session:
    return clouds.open_session(access_for(connection))


def unique(word: str) -> str:
    return f"{word}-{uuid4().hex[:8]}"


def role_for(session: Session, service: str, *actions: str) -> str:
    iam, name = session.client("iam"), unique("role")
    trust = _document(Principal={"Service": service}, Action="sts:AssumeRole")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    policy = _document(Action=list(actions) or ["logs:*"], Resource="*")
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy)
    return str(arn)


def _document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def machine(session: Session, name: str, **more: Any) -> str:
    role = role_for(session, "states.amazonaws.com")
    client = session.client("stepfunctions")
    made = client.create_state_machine(
        name=name, definition=json.dumps(MACHINE), roleArn=role, **more
    )
    return str(made["stateMachineArn"])


def schedule(session: Session, name: str, started: str, expression: str, **more: Any) -> str:
    role = role_for(
        session, "scheduler.amazonaws.com", "states:StartExecution",
        "sagemaker:StartPipelineExecution",
    )  # fmt: skip
    made = session.client("scheduler").create_schedule(
        Name=name, ScheduleExpression=expression,
        FlexibleTimeWindow=more.pop("window", {"Mode": "OFF"}),
        Target={"Arn": started, "RoleArn": role, **more.pop("target", {})}, **more,
    )  # fmt: skip
    return str(made["ScheduleArn"])


def put_expression(session: Session, name: str, expression: str, **more: Any) -> None:
    """Somebody edits the schedule in the console."""
    client = session.client("scheduler")
    found = client.get_schedule(Name=name)
    kept = ("Name", "ScheduleExpressionTimezone", "Target", "FlexibleTimeWindow")
    whole = {key: found[key] for key in kept if key in found}
    client.update_schedule(**{**whole, "ScheduleExpression": expression, **more})


def sagemaker_pipeline(session: Session, name: str) -> str:
    role = role_for(session, "sagemaker.amazonaws.com", "sagemaker:*", "s3:*")
    steps = [{"Name": "TooBad", "Type": "Fail", "Arguments": {"ErrorMessage": "as planned"}}]
    definition = {"Version": "2020-12-01", "Parameters": [], "Steps": steps}
    made = session.client("sagemaker").create_pipeline(
        PipelineName=name, PipelineDefinition=json.dumps(definition), RoleArn=role,
        ClientRequestToken=uuid4().hex, PipelineDescription="Fails, and says so",
    )  # fmt: skip
    return str(made["PipelineArn"])


class Factory:
    """A data factory with one pipeline, in a resource group of its own."""

    def __init__(self, session: Session, region: str) -> None:
        self.session = session
        self.name = unique("factory")
        self.place = (unique("group"), self.name)
        session.client("resources").resource_groups.create_or_update(
            self.place[0], {"location": region}
        )
        self.client.factories.create_or_update(*self.place, {"location": region})

    @property
    def client(self) -> Any:
        return self.session.client("datafactory")

    def pipeline(self, name: str) -> str:
        document = {"properties": {"activities": [WAITS, COPIES]}}
        made = self.client.pipelines.create_or_update(*self.place, name, document)
        return str(made.as_dict()["id"])

    def trigger(self, name: str, pipeline: str, recurrence: dict[str, Any]) -> None:
        reference = {"referenceName": pipeline, "type": "PipelineReference"}
        document = {
            "properties": {
                "type": "ScheduleTrigger",
                "pipelines": [{"pipelineReference": reference}],
                "typeProperties": {"recurrence": recurrence},
            }
        }
        self.client.triggers.create_or_update(*self.place, name, document)
        self.client.triggers.begin_start(*self.place, name).result()


def parent(session: Session) -> str:
    return f"projects/{session.account}/locations/{session.region}"


def account_for(session: Session, *roles: str) -> str:
    name = unique("acc")
    accounts = session.client("iam").projects().serviceAccounts()
    body = {"accountId": name, "serviceAccount": {"displayName": name}}
    project = f"projects/{session.account}"
    email = str(accounts.create(name=project, body=body).execute()["email"])
    for role in roles:
        grant(session, role, f"serviceAccount:{email}")
    return email


def grant(session: Session, role: str, member: str) -> None:
    projects = session.client("cloudresourcemanager").projects()
    resource = f"projects/{session.account}"
    policy = projects.getIamPolicy(resource=resource, body={}).execute()
    policy.setdefault("bindings", []).append({"role": role, "members": [member]})
    projects.setIamPolicy(resource=resource, body={"policy": policy}).execute()


def data_pipeline(session: Session, name: str, schedule: str, zone: str) -> str:
    pipelines = session.client("datapipelines").projects().locations().pipelines()
    workload = {
        "dataflowLaunchTemplateRequest": {
            "projectId": session.account,
            "location": session.region,
            "gcsPath": "gs://dataflow-templates/latest/Word_Count",
            "launchParameters": {
                "jobName": name,
                "parameters": {"inputFile": "gs://dataflow-samples/shakespeare/kinglear.txt"},
            },
        }
    }
    body = {
        "name": f"{parent(session)}/pipelines/{name}",
        "displayName": name,
        "type": "PIPELINE_TYPE_BATCH",
        "state": "STATE_ACTIVE",
        "workload": workload,
        "scheduleInfo": {"schedule": schedule, "timeZone": zone},
        "schedulerServiceAccountEmail": account_for(session, "roles/owner"),
    }
    return str(pipelines.create(parent=parent(session), body=body).execute()["name"])


def eventarc_trigger(session: Session, name: str, bucket: str) -> str:
    """Objects of a bucket start a workflow; returns the trigger's name."""
    storage = session.client("storage")
    storage.create_bucket(bucket, location=session.region)
    agent = storage.get_service_account_email()
    grant(session, "roles/pubsub.publisher", f"serviceAccount:{agent}")
    carrier = account_for(session, "roles/eventarc.eventReceiver", "roles/workflows.invoker")
    source = json.dumps({"main": {"params": ["event"], "steps": [{"done": {"return": "seen"}}]}})
    workflows = session.client("workflows").projects().locations().workflows()
    call = workflows.create(
        parent=parent(session), workflowId=name,
        body={"sourceContents": source, "serviceAccount": carrier},
    )  # fmt: skip
    wait(session, "workflows", call, "create the workflow")
    filters = {"type": "google.cloud.storage.object.v1.finalized", "bucket": bucket}
    body = {
        "eventFilters": [{"attribute": key, "value": value} for key, value in filters.items()],
        "destination": {"workflow": f"{parent(session)}/workflows/{name}"},
        "serviceAccount": carrier,
    }
    triggers = session.client("eventarc").projects().locations().triggers()
    call = triggers.create(parent=parent(session), triggerId=name, body=body)
    wait(session, "eventarc", call, "create the trigger")
    return f"{parent(session)}/triggers/{name}"


def hourly_machine(session: Session) -> str:
    name = unique("watched")
    arn = machine(session, name)
    schedule(session, name, arn, "cron(0 * * * ? *)")
    return arn


def hourly_sagemaker_pipeline(session: Session) -> str:
    name = unique("pipeline")
    arn = sagemaker_pipeline(session, name)
    schedule(session, name, arn, "cron(0 * * * ? *)")
    return arn


def hourly_factory_pipeline(session: Session) -> str:
    factory = Factory(session, session.region)
    id = factory.pipeline("Refresh")
    recurrence = {
        "frequency": "Hour", "interval": 1, "timeZone": "UTC", "startTime": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    factory.trigger("hourly", "Refresh", recurrence)
    return id


def hourly_data_pipeline(session: Session) -> str:
    return data_pipeline(session, unique("count"), "0 * * * *", "Europe/Berlin")


def watch(actor: User, connection: Connection, cloud_id: str) -> Pipeline:
    discovery.look(connection.pk)
    (row,) = watching.watch(actor=actor, connection=connection, items=[cloud_id])
    pull(row)
    return row


def pull(pipeline: Pipeline) -> None:
    history.sync(pipeline, verify=True, whole=True)


def advance(actor: User, delta: timedelta) -> None:
    sandbox.advance(actor=actor, delta=delta)
