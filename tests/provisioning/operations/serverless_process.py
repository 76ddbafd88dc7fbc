"""An operation's process where no fork server can be had."""

from __future__ import annotations

import os
import sys

from tests.provisioning.operations.tiny_process import main

if __name__ == "__main__":
    if "--serve" in sys.argv:
        sys.exit("There is no memory for a server.")
    os._exit(main())
