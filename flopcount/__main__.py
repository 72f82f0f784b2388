"""The entry point of `flopcount` and `python -m flopcount`."""

import gc
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line without the garbage collector: nothing here lives long enough to be collected."""
    gc.disable()
    from .cli import main as run

    run()


if __name__ == "__main__":
    main()
