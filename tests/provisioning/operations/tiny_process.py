"""An operation's process that knows the tiny Blueprint, too."""

from __future__ import annotations

import os

from provisioning.blueprints.registry import BLUEPRINTS
from provisioning.operations.__main__ import main

BLUEPRINTS["tiny"] = "tests.provisioning.operations.tiny_blueprint"

if __name__ == "__main__":
    os._exit(main())
