"""The README's tour, line by line: its commands in a shell, its clicks in a real browser, on the real processes."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.fixtures.demo import Demo
from tests.processes import ROOT, environment

pytestmark = [pytest.mark.browser, pytest.mark.slow]
END = "the-block-has-ended"


class Shell:
    """A shell that keeps its variables, as a person's terminal does."""

    def __init__(self, demo: Demo) -> None:
        self.process = subprocess.Popen(
            ["bash", "--norc", "-e"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env=environment(ERPSTAGING_DATA_DIR=str(demo.terminal.folder)),
        )

    def run(self, block: str) -> str:
        """What one block of commands printed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        own = block.replace(".venv/bin/python", sys.executable)
        self.process.stdin.write(f"{own}\necho\necho {END}\n")
        self.process.stdin.flush()
        printed = ""
        for line in self.process.stdout:
            if line.strip() == END:
                return printed
            printed += line
        raise AssertionError(f"The shell ended:\n{printed}")


@pytest.fixture
def shell(demo: Demo) -> Iterator[Shell]:
    opened = Shell(demo)
    yield opened
    opened.process.kill()
    opened.process.communicate()


def commands() -> list[str]:
    """The tour's blocks of commands."""
    tour = (ROOT / "README.md").read_text().split("## Tour")[1].split("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", tour, flags=re.DOTALL)


def signed_in(open_context: Callable[..., BrowserContext], demo: Demo, who: str, **options: Any) -> Page:
    """`options` are those of `open_context`, such as a screen."""
    page = open_context(**options).new_page()
    page.goto(f"{demo.base_url}/accounts/login/")
    person = demo.credentials["people"][who]
    page.fill("[name=username]", person["username"])
    page.fill("[name=password]", person["password"])
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"**/c/{demo.company_id}/**")
    return page


@pytest.mark.capability("DX-03", "IN-01", "AP-01", "EX-02", "LK-01", "UI-01")
def test_the_tour_works_as_written(demo: Demo, shell: Shell, open_context: Callable[..., BrowserContext]) -> None:
    token, stage, close = commands()
    shell.run(token)
    assert '"status":"staged"' in shell.run(stage).replace(" ", "")

    approver = signed_in(open_context, demo, "approver")
    approver.get_by_role("link", name="Ready to import").first.click()
    row = approver.locator("tr[data-url]", has_text="Granite Peak Paving")
    row.get_by_role("button", name="Add as new").click()
    expect(row).to_contain_text("added by you")

    maker = signed_in(open_context, demo, "project_user")
    maker.get_by_role("link", name="Records").first.click()
    maker.get_by_role("link", name="Subcontracts", exact=True).click()
    maker.get_by_role("link", name="Tower crane, hire and operation").click()
    maker.get_by_role("link", name="Edit").click()
    maker.select_option("[name=status]", "Approved")
    maker.get_by_role("button", name="Save and send").click()
    expect(maker.locator("body")).to_contain_text("Ready to export")

    approver.get_by_role("link", name="Ready to export").first.click()
    row = approver.locator("tr[data-url]", has_text="Tower crane, hire and operation")
    row.get_by_role("link", name="Accept").click()
    approver.fill("tr.inline [name=code]", "1050")
    approver.fill("tr.inline [name=accounting_date]", "2026-11-20")
    approver.press("tr.inline [name=code]", "Enter")
    expect(row).to_contain_text("accepted by you")
    assert _released(demo, "SC-1050")

    assert '"status":"success"' in shell.run(close).replace(" ", "")

    approver.get_by_role("link", name="Synced").first.click()
    synced = approver.locator("tr[data-url]", has_text="Tower crane, hire and operation")
    expect(synced).to_contain_text("Synced")
    maker.goto(synced.get_attribute("data-url") and f"{demo.base_url}{synced.get_attribute('data-url')}edit/")
    expect(maker.get_by_label("Title", exact=True)).to_have_attribute("readonly", "")
    expect(maker.locator("textarea[name=description]")).to_be_editable()


def _released(demo: Demo, number: str) -> bool:
    """Wait for the undo time to be over and the sweep to let the export out."""
    session = demo.person("approver")
    for _ in range(60):
        rows = session.call("GET", "queue?view=exporting").json()["rows"]
        if any(row["number"] == number and row["status"] == "exporting" for row in rows):
            return True
        time.sleep(0.5)
    return False
