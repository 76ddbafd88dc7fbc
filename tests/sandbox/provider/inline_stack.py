"""Stacks of inline programs on the sandbox, under the official engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi import automation as auto

from provisioning.contracts import Cloud, EngineCommand
from tests.sandbox_process import ACCOUNT, ACCOUNTS, REGION, SandboxProcess

Program = Callable[[], None]
PACKAGES = ("aws", "aws-native", "azure-native", "gcp")


@dataclass
class InlineStack:
    folder: Path
    engine: EngineCommand
    sandbox: SandboxProcess
    account: str = ACCOUNT
    name: str = "dev"
    events: list[Any] = field(default_factory=list)
    output: list[str] = field(default_factory=list)
    made: auto.Stack | None = None

    def up(self, program: Program) -> dict[str, int]:
        """Deploy, and say how many resources were created, updated and so on."""
        self._begin()
        result = self._stack(program).up(**self._listeners())
        return result.summary.resource_changes or {}

    def preview(self, program: Program) -> dict[str, int]:
        self._begin()
        result = self._stack(program).preview(**self._listeners())
        return {str(op): count for op, count in result.change_summary.items()}

    def refresh(self) -> dict[str, int]:
        self._begin()
        result = self._stack(_nothing).refresh(**self._listeners())
        return result.summary.resource_changes or {}

    def destroy(self) -> dict[str, int]:
        self._begin()
        result = self._stack(_nothing).destroy(**self._listeners())
        return result.summary.resource_changes or {}

    def outputs(self) -> dict[str, Any]:
        return {name: out.value for name, out in self._stack(_nothing).outputs().items()}

    def resources(self) -> dict[str, dict[str, Any]]:
        """The state of each resource, by its name in the program."""
        exported = self._stack(_nothing).export_stack().deployment
        return {one["urn"].rpartition("::")[2]: one for one in exported.get("resources", [])}

    def steps(self) -> list[tuple[str, str]]:
        """What was done, in order: the step and the resource's name. Unchanged ones stay out."""
        found = [one.res_outputs_event.metadata for one in self.events if one.res_outputs_event]
        found = [one for one in found if one.op.value not in ("same", "refresh")]
        return [(one.op.value, one.urn.rpartition("::")[2]) for one in found]

    def changed_paths(self, name: str) -> set[str]:
        """The properties that made the engine act on a resource."""
        found = [one.resource_pre_event for one in self.events if one.resource_pre_event]
        return {
            path
            for one in found
            if one.metadata.urn.endswith(f"::{name}")
            for path in one.metadata.detailed_diff or {}
        }

    def problems(self) -> str:
        """The engine's errors and warnings."""
        found = [one.diagnostic_event for one in self.events if one.diagnostic_event]
        return "\n".join(one.message for one in found if one.severity in ("error", "warning"))

    def _begin(self) -> None:
        self.events.clear()
        self.output.clear()

    def _listeners(self) -> dict[str, Any]:
        return {"on_event": self.events.append, "on_output": self.output.append, "color": "never"}

    def _stack(self, program: Program) -> auto.Stack:
        """The stack with this program; made, and configured, when it is first needed."""
        if self.made is None:
            self.made = self._make(program)
        self.made.workspace.program = program
        return self.made

    def _make(self, program: Program) -> auto.Stack:
        state, work = self.folder / "state", self.folder / f"work-{self.name}"
        state.mkdir(parents=True, exist_ok=True)
        work.mkdir(parents=True, exist_ok=True)
        provider = self.sandbox.address.provider.rpartition(":")[2]
        options = auto.LocalWorkspaceOptions(
            work_dir=str(work),
            pulumi_command=auto.PulumiCommand(self.engine.root),
            env_vars={
                "PULUMI_BACKEND_URL": f"file://{state}",
                "PULUMI_CONFIG_PASSPHRASE": "of a test",
                "PULUMI_DEBUG_PROVIDERS": ",".join(f"{each}:{provider}" for each in PACKAGES),
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
                "PULUMI_HOME": str(self.folder / "home"),
                "PULUMI_SKIP_UPDATE_CHECK": "true",
            },
        )
        stack = auto.create_or_select_stack(self.name, "inline", program, opts=options)
        accounts = json.dumps([self.account])
        config = {
            "region": auto.ConfigValue(REGION),
            "allowedAccountIds": auto.ConfigValue(accounts),
        }
        stack.set_all_config(
            {
                f"{package}:{name}": value
                for package in ("aws", "aws-native")
                for name, value in config.items()
            }
        )
        subscription, location = ACCOUNTS[Cloud.AZURE]
        project, place = ACCOUNTS[Cloud.GOOGLE]
        stack.set_all_config(
            {
                "azure-native:subscriptionId": auto.ConfigValue(subscription),
                "azure-native:location": auto.ConfigValue(location),
                "gcp:project": auto.ConfigValue(project),
                "gcp:region": auto.ConfigValue(place),
                "gcp:defaultLabels": auto.ConfigValue(json.dumps({"team": "data"})),
            }
        )
        return stack


def _nothing() -> None:
    """Refresh and destroy do not run the program."""
