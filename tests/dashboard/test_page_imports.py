"""Pages come up fast and light: what is heavy is loaded by workers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "boto3", "botocore.session", "moto", "grpc", "pulumi", "pulumi_aws", "pulumi_aws_native",
    "pulumi_azure_native", "pulumi_gcp",
)  # fmt: skip


@pytest.mark.parametrize("entrance", ["dashboard.urls", "dashboard.asgi", "dashboard.tasks"])
def test_importing_it_loads_nothing_heavy(entrance: str) -> None:
    code = (
        "import os, sys, json; os.environ['DJANGO_SETTINGS_MODULE'] = 'dashboard.settings';"
        "import django; django.setup();"
        f"import {entrance}; from provisioning.blueprints import registry; registry.every();"
        "print(json.dumps(sorted(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    loaded = set(json.loads(answer.stdout.splitlines()[-1]))
    assert sorted(loaded & set(HEAVY)) == []
