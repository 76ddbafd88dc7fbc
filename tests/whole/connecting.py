"""A Connection by role on the sandbox's AWS, as an admin makes it and puts it right."""

from __future__ import annotations

import json
import re
from typing import Any

import boto3
from playwright.sync_api import Locator, Page, expect

from tests.whole.product import Product
from tests.whole.walking import SLOW

NAME = "team-eu"
REGION = "eu-west-1"
ACCOUNT = "111122223333"
OTHERS = "somebody-elses"  # a pipeline that Skyclock did not make
ROLE = "arn:aws:iam::111122223333:role/runs"


class Administrator:
    """Of the sandbox's account, by the official SDK."""

    def __init__(self, product: Product) -> None:
        ports = json.loads((product.data / "ports.json").read_text())
        self._url = f"http://127.0.0.1:{ports['sandbox_aws']}"

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self._url,
            region_name=REGION,
            aws_access_key_id=f"AKIA{ACCOUNT}SBOX",
            aws_secret_access_key=f"sandbox-only-key-of-account-{ACCOUNT}",
        )

    def make_a_scheduled_pipeline(self) -> None:
        services = ["sagemaker.amazonaws.com", "scheduler.amazonaws.com"]
        trust = {
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": services}
        }  # fmt: skip
        self.client("iam").create_role(RoleName="runs", AssumeRolePolicyDocument=_document([trust]))
        allowed = {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"}
        self.client("iam").put_role_policy(
            RoleName="runs", PolicyName="all", PolicyDocument=_document([allowed])
        )
        fail = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "as asked"}}
        definition = {"Version": "2020-12-01", "Steps": [fail]}
        arn = self.client("sagemaker").create_pipeline(
            PipelineName=OTHERS, RoleArn=ROLE, ClientRequestToken="c" * 32,
            PipelineDefinition=json.dumps(definition),
        )["PipelineArn"]  # fmt: skip
        self.client("scheduler").create_schedule(
            Name=OTHERS, ScheduleExpression="cron(0 * * * ? *)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": ROLE, "SageMakerPipelineParameters": {}},
        )  # fmt: skip

    def allow(self, role: str, statements: list[dict[str, Any]]) -> None:
        """As a report asks for it; a document may not be long, so each becomes one."""
        for number, each in enumerate(statements):
            self.client("iam").put_role_policy(
                RoleName=role, PolicyName=f"added-{number}", PolicyDocument=_document([each])
            )


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def check(page: Page, name: str, result: str) -> Locator:
    return page.locator(f"#report [data-check={name}][data-result={result}]")


def add_by_role(page: Page, *, made_for: str, may: str) -> None:
    page.goto("/connections/new?sandbox=1")
    page.locator("a[href*='/aws/role']").click()
    page.get_by_label("Name", exact=True).fill(NAME)
    with page.expect_response(re.compile("set-up")):
        page.get_by_label("May be used to").select_option(made_for)
    page.get_by_role("button", name="Set it up on the sandbox").click()
    expect(page.get_by_text("The sandbox is set up for")).to_be_visible(timeout=SLOW)
    expect(page.get_by_label("Name", exact=True)).to_have_value(NAME)
    page.get_by_label("May be used to").select_option(may)
    page.get_by_role("button", name="Save connection").click()
    expect(page.get_by_text(f"{NAME} opens account {ACCOUNT}.")).to_be_visible(timeout=SLOW)


def mend(page: Page, administrator: Administrator) -> None:
    """Allow what the report on the page says is missing."""
    role = re.search(r"assumed-role/([\w-]+)/", page.locator("#report").inner_text())
    texts = page.locator("#report pre").all_inner_texts()
    asked_for = [each for text in texts for each in json.loads(f"[{text}]")]
    assert role and asked_for
    administrator.allow(role[1], asked_for)
