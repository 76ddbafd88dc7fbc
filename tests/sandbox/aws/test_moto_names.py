"""Every private name of moto that the sandbox uses exists in the release that is pinned.

When this fails after an upgrade of moto, look at what became of the name first.
"""

from __future__ import annotations

import importlib
import inspect
from importlib.metadata import version

import pytest

NAMES = {
    "moto.backends": ["get_backend"],
    "moto.core.base_backend": ["BackendDict", "BackendDict._instances", "BaseBackend"],
    "moto.core.common_models": ["BaseModel.__new__"],
    "moto.core.exceptions": ["ServiceException"],
    "moto.core.utils": ["utcnow", "unix_time"],
    "moto.iam.models": [
        "AWSManagedPolicy.from_data",
        "IAMBackend.attach_group_policy",
        "IAMBackend.attach_role_policy",
        "IAMBackend.attach_user_policy",
        "IAMBackend.get_policy",
        "aws_managed_policies_data",
        "get_account_id_from",
        "iam_backends",
    ],
    "moto.logs.models": [
        "LogEvent._event_id",
        "LogGroup",
        "LogStream.put_log_events",
        "LogsBackend.ensure_log_group",
        "LogEvent.to_filter_dict",
        "LogsBackend.ensure_log_stream",
    ],
    "moto.logs.utils": ["EventMessageFilter", "UnsupportedFilterPattern"],
    "moto.moto_server.werkzeug_app": [
        "DomainDispatcherApplication",
        "MotoRequestHandler",
        "create_backend_app",
    ],
    "moto.s3.models": [
        "FakeBucket",
        "FakeKey.__getstate__",
        "FakeKey.__setstate__",
        "S3Backend.complete_multipart_upload",
        "S3Backend.create_bucket",
        "S3Backend.delete_object",
        "S3Backend.put_object",
        "s3_backends.bucket_accounts",
    ],
    "moto.s3.notifications": ["S3NotificationEvent", "send_event"],
    "moto.s3.utils": ["_VersionedKeyStore"],
    "moto.sagemaker.models": [
        "SageMakerModelBackend.create_model",
        "SageMakerModelBackend.create_model_package",
        "SageMakerModelBackend.create_model_package_group",
    ],
    "moto.sqs.models": ["SQSBackend.send_message"],
    "moto.sts.models": ["sts_backends"],
}


def test_the_release_is_the_one_that_was_looked_at() -> None:
    assert version("moto") == "5.2.5"


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, names in NAMES.items() for name in names]
)
def test_a_name_is_there(module: str, name: str) -> None:
    found = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)


def test_objects_are_reported_through_the_function_that_is_replaced() -> None:
    source = inspect.getsource(importlib.import_module("moto.s3.models"))
    assert "from . import notifications" in source
    assert source.count("notifications.send_event(") == 10
    assert source.count("notifications.send_test_event(") == 1  # of moto's own configurations


def test_backends_keep_what_is_read_here() -> None:
    get_backend = importlib.import_module("moto.backends").get_backend
    kept = {
        "s3": ["buckets"],
        "iam": ["access_keys", "account_summary", "managed_policies", "roles", "users"],
        "sts": ["assumed_roles"],
        "sqs": ["queues"],
        "logs": ["groups"],
        "sagemaker": [
            "_models", "model_package_groups", "model_package_name_mapping", "model_packages",
        ],
    }  # fmt: skip
    for service, names in kept.items():
        region = "aws" if service in ("s3", "iam", "sts") else "eu-west-1"
        backend = get_backend(service)["999999999999"][region]
        assert [name for name in names if not hasattr(backend, name)] == []


def test_everything_of_moto_asks_the_one_function_for_the_time() -> None:
    for name in ("s3", "iam", "sts", "sqs", "logs", "sagemaker"):
        source = inspect.getsource(importlib.import_module(f"moto.{name}.models"))
        direct = [line.strip() for line in source.splitlines() if "datetime.now(" in line]
        # A bucket's date is set anew; the other is for lifecycle rules, which are not run.
        expected = 2 if name == "s3" else 0
        assert len(direct) == expected, direct
