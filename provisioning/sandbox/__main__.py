"""`python -m provisioning.sandbox`: the simulated clouds, in one process."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from provisioning.sandbox.isolation import isolate


def main() -> int:
    arguments = _parser().parse_args()
    isolate()
    # Only now: what it imports reads the environment.
    from provisioning.sandbox.server import Ports, serve  # noqa: PLC0415

    return serve(
        folder=arguments.data,
        ports=Ports(
            aws=arguments.aws_port,
            azure=arguments.azure_port,
            google=arguments.google_port,
            provider=arguments.provider_port,
            control=arguments.control_port,
        ),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m provisioning.sandbox", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the sandbox's state")
    parser.add_argument("--aws-port", type=int, required=True)
    parser.add_argument("--azure-port", type=int, required=True)
    parser.add_argument("--google-port", type=int, required=True)
    parser.add_argument("--provider-port", type=int, required=True)
    parser.add_argument("--control-port", type=int, required=True)
    return parser


if __name__ == "__main__":
    sys.exit(main())
