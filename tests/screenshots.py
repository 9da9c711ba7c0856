"""The README's pictures, taken of the demo: `python -m tests.screenshots`."""

import json
import os
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from tests.fixtures.demo import Demo
from tests.fixtures.outside import chromium
from tests.processes import ROOT, Terminal, manage, open_folder

IMAGES = ROOT / "docs" / "images"


@dataclass(frozen=True)
class Picture:
    """`path` lies below the company's pages; `word` on a row opens it beside the list."""

    name: str
    path: str
    theme: Literal["light", "dark"] = "light"
    width: int = 1440
    height: int = 820
    word: str = ""


PICTURES = (
    Picture("queue", "queue/?view=ready_to_export", word="Structural steel"),
    Picture("overview", "dashboard/", theme="dark"),
    Picture("phone", "queue/?view=ready_to_export", width=360, height=760),
)


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with open_folder() as folder:
        terminal = Terminal("demo", folder / "var").wait_until_ready()
        try:
            credentials = json.loads(manage("demo_credentials", "--data", str(folder / "var")).stdout)
            demo = Demo(terminal, credentials, folder)
            with sync_playwright() as playwright:
                # Chromium refuses its sandbox to root, which is who runs in a container.
                arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
                browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
                for picture in PICTURES:
                    take(browser, demo, picture)
                browser.close()
        finally:
            terminal.end()


def take(browser: Browser, demo: Demo, picture: Picture) -> None:
    narrow = picture.width < 500
    size = {"width": picture.width, "height": picture.height}
    context = browser.new_context(
        viewport=size,  # type: ignore[arg-type]
        color_scheme=picture.theme,
        has_touch=narrow,
        is_mobile=narrow,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(f"{demo.base_url}/accounts/login/")
    person = demo.credentials["people"]["approver"]
    page.fill("[name=username]", person["username"])
    page.fill("[name=password]", person["password"])
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"**/c/{demo.company_id}/**")
    page.goto(f"{demo.base_url}/c/{demo.company_id}/{picture.path}")
    if picture.word:
        page.locator("tr[data-url]", has_text=picture.word).first.locator("a.t").click()
        page.locator("#panel header").wait_for()
    page.screenshot(path=IMAGES / f"{picture.name}.png")
    context.close()


if __name__ == "__main__":
    main()
