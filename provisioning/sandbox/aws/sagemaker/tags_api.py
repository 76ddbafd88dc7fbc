"""Tags of what is kept here: pipelines, jobs, notebook instances. Other tags are moto's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.paging import page
from provisioning.sandbox.aws.sagemaker.notebooks import Notebook
from provisioning.sandbox.aws.sagemaker.records import Job, Pipeline
from provisioning.sandbox.aws.services import Call, Operation
from provisioning.sandbox.records import Table

Tagged = Pipeline | Job | Notebook
TAG_OPERATIONS = frozenset({"AddTags", "ListTags", "DeleteTags"})
_OURS = re.compile(
    r"arn:aws:sagemaker:[^:]*:\d{12}:"
    r"(pipeline|training-job|processing-job|transform-job|notebook-instance)/.+"
)


def owns(arn: Any) -> bool:
    return isinstance(arn, str) and _OURS.fullmatch(arn) is not None


class TagsApi:
    def __init__(
        self, pipelines: Table[Pipeline], jobs: Table[Job], notebooks: Table[Notebook]
    ) -> None:
        self._pipelines = pipelines
        self._jobs = jobs
        self._notebooks = notebooks

    def operations(self) -> dict[str, Operation]:
        return {"AddTags": self.add, "ListTags": self.list, "DeleteTags": self.delete}

    def add(self, call: Call) -> Mapping[str, Any]:
        given = {tag["Key"] for tag in call["Tags"]}
        kept = [tag for tag in self._tagged(call).tags if tag["Key"] not in given]
        return {"Tags": self._replace(call, [*kept, *call["Tags"]])}

    def list(self, call: Call) -> Mapping[str, Any]:
        return page(call, self._tagged(call).tags, result="Tags", default=50)

    def delete(self, call: Call) -> None:
        tags = self._tagged(call).tags
        self._replace(call, [tag for tag in tags if tag["Key"] not in call["TagKeys"]])

    def _tagged(self, call: Call) -> Tagged:
        arn = call["ResourceArn"].lower()
        everything: list[Tagged] = [*self._pipelines, *self._jobs, *self._notebooks]
        for found in everything:
            if found.arn == arn and found.place == call.place:
                return found
        raise AwsError("ResourceNotFound", f"Resource '{call['ResourceArn']}' does not exist.")

    def _replace(self, call: Call, tags: Any) -> Any:
        found = self._tagged(call)
        found.tags = tags
        if isinstance(found, Pipeline):
            self._pipelines.put(found)
        elif isinstance(found, Job):
            self._jobs.put(found)
        else:
            self._notebooks.put(found)
        return tags
