"""Addresses of AWS's own console."""

from __future__ import annotations

from . import names

HOSTS = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}
PAGES = {
    "training-job": "jobs",
    "processing-job": "processing-jobs",
    "transform-job": "transform-jobs",
    "hyper-parameter-tuning-job": "hyper-tuning-jobs",
    "model": "models",
    "endpoint": "endpoints",
}
LANDING = "studio-landing"  # pipelines and their runs are shown in Studio only


def url(region: str, cloud_id: str) -> str | None:
    """Of a run, or of the job behind a step, by its ARN."""
    parts = cloud_id.split(":", 5)
    if len(parts) == 6 and parts[2] == "states":
        return _execution(region, cloud_id)
    if len(parts) < 6 or parts[2] != "sagemaker":
        return None
    kind, _, name = parts[5].partition("/")
    page = LANDING if kind == "pipeline" else f"{PAGES[kind]}/{name}" if kind in PAGES else None
    if page is None:
        return None
    return f"{_host(region)}/sagemaker/home?region={region}#/{page}"


def _execution(region: str, arn: str) -> str:
    return f"{_host(region)}/states/home?region={region}#/v2/executions/details/{arn}"


def machine(region: str, arn: str) -> str:
    """Of a state machine, with its executions."""
    return f"{_host(region)}/states/home?region={region}#/statemachines/view/{arn}"


def _host(region: str) -> str:
    host = HOSTS.get(names.partition(region), "console.aws.amazon.com")
    return f"https://{region}.{host}"
