"""`python -m erpstaging.demo.fake_erp`: as `manage.py fake_erp`, at a third of its memory."""

import sys
from argparse import ArgumentParser
from pathlib import Path

from erpstaging.demo.fake_erp.client import CallFailed
from erpstaging.demo.fake_erp.command import HELP, FakeErpTrouble, add_arguments, execute


def main() -> int:
    parser = ArgumentParser(prog="python -m erpstaging.demo.fake_erp", description=HELP)
    add_arguments(parser, Path("var"))
    try:
        execute(vars(parser.parse_args()), print)
    except (CallFailed, FakeErpTrouble) as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
