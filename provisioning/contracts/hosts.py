"""Which host a process is on, so that others can judge whether it may still be alive."""

from __future__ import annotations

import socket
from functools import cache
from pathlib import Path

from provisioning.contracts.kinds import Value

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SPACE = Path("/proc/self/ns/pid")


class Host(Value):
    """A space of process ids on a kernel that was started once. A container that was made again
    is another host, and so is a machine after a restart, though both may keep their name."""

    name: str
    boot: str  # of the kernel; "" where it does not tell
    space: str  # of process ids; "" where there is one only

    def __str__(self) -> str:
        return f"{self.name}|{self.kernel}"

    @property
    def kernel(self) -> str:
        return f"{self.boot}.{self.space}" if self.space else self.boot

    @classmethod
    def parse(cls, text: str) -> Host:
        name, _, kernel = text.partition("|")
        boot, _, space = kernel.partition(".")
        return cls(name=name, boot=boot, space=space)

    @property
    def is_here(self) -> bool:
        return self == here()

    @property
    def shares_kernel(self) -> bool:
        """Then what the kernel holds for a process, it gives back when that ends."""
        return bool(self.boot) and self.boot == here().boot


@cache
def here() -> Host:
    return Host(name=socket.gethostname(), boot=_boot(), space=_space())


def _boot() -> str:
    try:
        return BOOT_ID.read_text().strip()
    except OSError:  # not a Linux
        return ""


def _space() -> str:
    """ "pid:[4026531836]" """
    try:
        return str(SPACE.readlink()).strip("pid:[]")
    except OSError:
        return ""
