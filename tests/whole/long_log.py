"""A Deployment with a very long log, written as rows into a running product's database."""

from __future__ import annotations

from typing import Any

BEGIN = """
from datetime import timedelta
from django.contrib.auth import get_user_model
from django.utils import timezone
from dashboard.models import *
from dashboard.services import pipelines
from provisioning.blueprints import registry

user = User.objects.get(username="admin")
connection = Connection.objects.get(name="Sandbox AWS")
blueprint = "aws_sagemaker_pipeline"
pipeline = pipelines.create(actor=user, name="long-log", connection=connection,
    blueprint=blueprint, settings=registry.get(blueprint).example(), triggers=[])
now = timezone.now()
phase = {"phase": "apply", "state": "started", "started": now.isoformat(), "finished": None}
row = Deployment.objects.create(pipeline=pipeline, version=pipeline.current_version,
    operation="up", status="running", requested_by=user, started_at=now, phases=[phase],
    phase="Changing the cloud", lease_owner="elsewhere|boot|1|test",
    lease_until=now + timedelta(hours=2))
for position, (name, state) in enumerate([("execution", "done"), ("letters", "running")]):
    DeploymentResource.objects.create(deployment=row, urn=f"urn:pulumi:s::p::aws:x:X::{name}",
        kind="aws:iam/role:Role", name=name, op="create", state=state, position=position)
"""

WRITE = """
from django.db import connection
from django.utils import timezone
from dashboard import live
from dashboard.models import *

row = Deployment.objects.get(pk={id})
now = timezone.now()

def line(n):
    level, text = "info", f"Line {{n}} of the operation, as the engine wrote it"
    if n % 20_000 == 777:
        level, text = "error", f"AccessDenied: needle {{n}} is not allowed to be found"
    elif n % 5000 == 123:
        level, text = "warning", f"Slow answer {{n}}: " + "a long sentence with its reasons " * 12
    elif n % 1000 == 500:
        text = f"Diff {{n}}\\n  first: 1 => 2\\n  second: true"
    resource = "urn:pulumi:s::p::aws:x:X::letters" if n % 100 == 50 else ""
    return DeploymentLine(deployment=row, n=n, time=now, level=level, resource=resource, text=text)

into = "INSERT INTO dashboard_deploymentline (deployment_id, n, time, level, resource, text)"
for first in range(row.last_line + 1, row.last_line + {count} + 1, {batch}):
    last = min(first + {batch} - 1, row.last_line + {count})
    lines = [line(n) for n in range(first, last + 1)]
    values = [[row.pk, one.n, now, one.level, one.resource, one.text] for one in lines]
    with connection.cursor() as cursor:
        cursor.executemany(into + " VALUES (%s, %s, %s, %s, %s, %s)", values)
    Deployment.objects.filter(pk=row.pk).update(last_line=last)
    live.publish(row.pk, last=last, status="running", lines=lines, parts=False)
"""

END = """
from django.utils import timezone
from dashboard import live
from dashboard.models import *

Deployment.objects.filter(pk={id}).update(status="succeeded", finished_at=timezone.now())
live.publish({id}, last=0, status="succeeded")
"""


def begin(product: Any) -> int:
    return int(product.manage("shell", "-v", "0", "-c", BEGIN + "print(row.pk)").splitlines()[-1])


def write(product: Any, id: int, count: int, *, batch: int = 2000) -> None:
    product.manage("shell", "-v", "0", "-c", WRITE.format(id=id, count=count, batch=batch))


def end(product: Any, id: int) -> None:
    product.manage("shell", "-v", "0", "-c", END.format(id=id))
