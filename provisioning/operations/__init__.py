"""Operations of the engine, each in an operating-system process of its own.

The process gets its request over standard input and writes what happens to a spool file,
line by line. The file outlives both processes, so nothing is lost when one is killed.
Importing this package loads no engine and no cloud's SDK.
"""

from __future__ import annotations

from provisioning.operations.running import RunningOperation, describe_engine, start
from provisioning.operations.serving import AT_ONCE
from provisioning.operations.spool import read_events, read_outcome
from provisioning.operations.standing import CutOff, LockLeft, StackFiles, Standing

__all__ = [
    "AT_ONCE",
    "CutOff",
    "LockLeft",
    "RunningOperation",
    "StackFiles",
    "Standing",
    "describe_engine",
    "read_events",
    "read_outcome",
    "start",
]
