"""What is known when somebody sets the cloud's side up, and what they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from provisioning.clouds.policies import PolicyDocument
from provisioning.contracts import Cloud, Level

Tool = Literal["cli", "console", "terraform", "pulumi"]
TITLES: dict[Tool, str] = {
    "cli": "CLI", "console": "Console", "terraform": "Terraform", "pulumi": "Pulumi",
}  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """This Skyclock's ids, and what was typed so far. What is "" is not known yet: blocks ask
    the cloud for it, or have a word in capitals in its place."""

    cloud: Cloud
    method: str
    level: Level
    issuer: str
    subject: str
    short: str  # of the Connection's uid: what is made for it is named by it
    external_id: str
    policy: tuple[PolicyDocument, ...]
    account: str = ""  # AWS account, Azure subscription, Google project
    region: str = ""
    base_account: str = ""  # AWS: whose user takes on the role

    @property
    def issuer_host(self) -> str:
        """As AWS names the provider: without the scheme."""
        return self.issuer.partition("://")[2]

    @property
    def aws_name(self) -> str:
        """Begins otherwise than what Skyclock deploys, so that it may not change itself."""
        return f"SkyclockConnection-{self.short}"

    @property
    def aws_base(self) -> str:
        return f"SkyclockBase-{self.short}"

    @property
    def azure_name(self) -> str:
        return f"Skyclock connection {self.short}"

    @property
    def google_name(self) -> str:
        """Of service accounts; 6 to 30 characters."""
        return f"connection-{self.short}"


@dataclass(frozen=True)
class Block:
    tool: Tool
    text: str

    @property
    def title(self) -> str:
        return TITLES[self.tool]


def heredoc(file: str, text: str) -> str:
    """The shell fills in its variables, of which policies have none of their own."""
    return f"cat > {file} <<EOF\n{text}\nEOF"


def numbered(steps: list[str]) -> str:
    return "\n".join(f"{at}. {step}" for at, step in enumerate(steps, start=1))


def indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line if line else line for line in text.splitlines())
