"""What somebody does on the cloud's side before a Connection can enter: blocks to copy.

Each is complete: it makes the identity, gives it the policy of the level, and says at its end
what goes into the form. What a block makes is named by the Connection.
"""

from __future__ import annotations

from collections.abc import Callable

from provisioning.clouds.setting_up import (
    aws_cli,
    aws_console,
    aws_programs,
    azure_cli,
    azure_console,
    azure_programs,
    google_cli,
    google_console,
    google_programs,
)
from provisioning.clouds.setting_up.facts import TITLES, Block, Facts, Tool
from provisioning.contracts import Cloud

__all__ = ["TITLES", "Block", "Facts", "Tool", "blocks"]

Writer = Callable[[Facts], str]

WRITERS: dict[Cloud, dict[Tool, Writer]] = {
    Cloud.AWS: {
        "cli": aws_cli.text,
        "console": aws_console.text,
        "terraform": aws_programs.terraform,
        "pulumi": aws_programs.pulumi,
    },
    Cloud.AZURE: {
        "cli": azure_cli.text,
        "console": azure_console.text,
        "terraform": azure_programs.terraform,
        "pulumi": azure_programs.pulumi,
    },
    Cloud.GOOGLE: {
        "cli": google_cli.text,
        "console": google_console.text,
        "terraform": google_programs.terraform,
        "pulumi": google_programs.pulumi,
    },
}


def blocks(facts: Facts) -> tuple[Block, ...]:
    return tuple(Block(tool, write(facts)) for tool, write in WRITERS[facts.cloud].items())
