"""Versions of a model: one call is one version, however often it is made."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.conftest import SandboxAws

pytestmark = pytest.mark.sandbox


def register(aws: SandboxAws, group: str = "churn", **more: Any) -> str:
    answer = aws.client("sagemaker").create_model_package(
        ModelPackageGroupName=group,
        InferenceSpecification={
            "Containers": [{"Image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/x:1"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        **more,
    )
    return str(answer["ModelPackageArn"])


def test_a_call_with_the_same_token_makes_no_further_version(aws: SandboxAws) -> None:
    sagemaker = aws.client("sagemaker")
    for group in ("churn", "other"):
        sagemaker.create_model_package_group(ModelPackageGroupName=group)
    first = register(aws, ClientToken="one")
    aws.restart()
    assert register(aws, ClientToken="one") == first
    assert register(aws, ClientToken="two").endswith("/2")
    assert register(aws, group="other", ClientToken="one").endswith("/1")
    assert register(aws).endswith("/3")
    assert register(aws).endswith("/4")


def test_a_group_has_to_be_there(aws: SandboxAws) -> None:
    with pytest.raises(ClientError, match="does not exist"):
        register(aws, ClientToken="one")
