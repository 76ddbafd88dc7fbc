"""Work that an activity has done outside, and what is told when the sandbox itself fails."""

from __future__ import annotations

import logging
from collections.abc import Callable

from provisioning.sandbox.azure.datafactory.runs.steps import Done, Failed, failed

log = logging.getLogger(__name__)

SANDBOX_FAILED = failed("SandboxError", "The sandbox failed; its log says why.")


def worked(work: Callable[[], Done | Failed]) -> Done | Failed:
    try:
        return work()
    except Exception:  # the outermost edge of a thread
        log.exception("the work of an activity failed")
        return SANDBOX_FAILED
