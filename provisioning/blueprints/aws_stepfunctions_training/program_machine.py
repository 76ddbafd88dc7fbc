"""The Pulumi components of a state machine: the roles, the machine, the log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from ..aws_common.names import Place, execution_role
from ..aws_common.policies import trust
from . import names
from .access import jobs_read, jobs_write
from .footprint import Footprint
from .roles import job_policy, machine_policy
from .settings import PastedMachine, Settings

if TYPE_CHECKING:
    from provisioning.contracts import StackSpec


class ServiceRole(pulumi.ComponentResource):
    """A role that one service takes, and what it may do."""

    def __init__(
        self,
        key: str,
        *,
        name: str,
        service: str,
        account: str,
        description: str,
        policy: Mapping[str, Any],
        tags: Mapping[str, str],
        parent: pulumi.Resource,
    ) -> None:
        super().__init__(
            "skyclock:aws:ServiceRole", key, None, pulumi.ResourceOptions(parent=parent)
        )
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{key}-role",
            name=name,
            description=description,
            assume_role_policy=json.dumps(trust(service, account)),
            tags=tags,
            opts=child,
        )
        aws.iam.RolePolicy(
            f"{key}-policy", name=key, role=role.name, policy=json.dumps(policy), opts=child
        )
        self.arn = role.arn
        self.register_outputs({"arn": self.arn})


class Machine(pulumi.ComponentResource):
    def __init__(
        self,
        spec: StackSpec,
        settings: Settings,
        text: str,
        *,
        found: Footprint,
        place: Place,
        tags: Mapping[str, str],
    ) -> None:
        super().__init__("skyclock:aws:StateMachine", "state-machine", None, None)
        self._slug, self._place, self._tags = spec.slug, place, tags
        title = f"the state machine {names.machine(spec.slug)}"
        logged = settings.logging.level != "OFF"
        machine = settings.machine
        role = self._role(
            "run-states",
            name=execution_role(spec.slug),
            service="states.amazonaws.com",
            description=f"Runs {title}",
            policy=machine_policy(
                found,
                slug=spec.slug,
                place=place,
                allowed=machine.permissions if isinstance(machine, PastedMachine) else (),
                logs=logged,
            ),
        )
        ready: list[pulumi.Resource] = [role]
        if place.role(names.job_role(spec.slug)) in found.roles:
            jobs = self._role(
                "run-jobs",
                name=names.job_role(spec.slug),
                service="sagemaker.amazonaws.com",
                description=f"Runs the jobs of {title}",
                policy=job_policy(
                    found, place=place, read=jobs_read(spec, settings), write=jobs_write(settings)
                ),
            )
            ready.append(jobs)
        self.resource = aws.sfn.StateMachine(
            "machine",
            name=names.machine(spec.slug),
            definition=text,
            role_arn=role.arn,
            logging_configuration=self._logging(settings, logged=logged),
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=ready),  # policies included
        )
        self.role_arn = role.arn
        self.register_outputs({"arn": self.resource.arn})

    def _role(
        self, key: str, *, name: str, service: str, description: str, policy: Mapping[str, Any]
    ) -> ServiceRole:
        return ServiceRole(
            key,
            name=name,
            service=service,
            account=self._place.account,
            description=description,
            policy=policy,
            tags=self._tags,
            parent=self,
        )

    def _logging(
        self, settings: Settings, *, logged: bool
    ) -> aws.sfn.StateMachineLoggingConfigurationArgs:
        """Said in so many words also where it is off: what is left out stays as it was."""
        form = settings.logging
        if not logged:
            return aws.sfn.StateMachineLoggingConfigurationArgs(
                level="OFF", include_execution_data=False
            )
        group = aws.cloudwatch.LogGroup(
            "log",
            name=names.log_group(self._slug),
            retention_in_days=form.keep_days,
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return aws.sfn.StateMachineLoggingConfigurationArgs(
            level=form.level,
            include_execution_data=form.include_data,
            log_destination=group.arn.apply(lambda arn: f"{arn}:*"),
        )
