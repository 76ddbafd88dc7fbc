"""CloudWatch Logs: our operations, the rest left to moto."""

from __future__ import annotations

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.cloudwatch_logs.policies import LogPolicies
from provisioning.sandbox.aws.cloudwatch_logs.searching import filter_log_events
from provisioning.sandbox.aws.requests import AwsRequest, AwsResponse, Later
from provisioning.sandbox.aws.services import JsonService, Place

_OF_A_GROUP = ("PutResourcePolicy", "DescribeResourcePolicies", "DeleteResourcePolicy")


class CloudWatchLogs(JsonService):
    def __init__(self, policies: LogPolicies) -> None:
        self._policies = policies
        super().__init__(
            "logs",
            {
                "FilterLogEvents": filter_log_events,
                "PutResourcePolicy": policies.put,
                "DescribeResourcePolicies": policies.describe,
                "DeleteResourcePolicy": policies.delete,
            },
        )

    def answer(self, request: AwsRequest, caller: Caller) -> AwsResponse | Later | None:
        found = self.operation_of(request)
        if found and found[0] in _OF_A_GROUP and not found[1].get("resourceArn"):
            return None  # a policy of the account
        if found and found[0] == "DeleteLogGroup":
            place = Place(account=caller.account, region=request.region)
            self._policies.group_deleted(place, str(found[1].get("logGroupName")))
        return super().answer(request, caller)
