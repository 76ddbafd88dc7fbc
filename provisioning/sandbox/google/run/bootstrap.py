"""Runs a service's program in a process of its own; it ends when its standard input does.

Nothing of ours is imported: what the program finds is what its image would have.
"""

import os
import pathlib
import runpy
import sys
import threading


def _end_with_the_sandbox() -> None:
    """The sandbox holds the other end of the pipe: however it ends, this one does too."""
    while os.read(0, 1):
        pass
    os._exit(0)


if __name__ == "__main__":
    program = sys.argv[1]
    sys.path[0] = str(pathlib.Path(program).parent)
    sys.argv = [program]
    threading.Thread(target=_end_with_the_sandbox, daemon=True).start()
    runpy.run_path(program, run_name="__main__")
