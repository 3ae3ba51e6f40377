"""Take the pictures of the page in docs/images: `python docs/screenshots.py`, with the extra `browser` and Chromium.

The page is that of a trained network on a handwritten digit. A folder as argument takes the pictures there.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

from selenium import webdriver

import autograd_lite as ag
import nn

STEPS = {"page-forward": (2, "light"), "page-reverse": (18, "light"), "page-dark": (22, "dark")}
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")


def write(path: Path) -> None:
    """The page, at `path`."""
    (x, y), _ = nn.digits()
    model = nn.MLP([64, 30, 10], rng=0)
    nn.fit(model, nn.quadratic_cost, (x, y), nn.SGD(model.parameters(), lr=3.0), 1, 10, rng=0, progress=False)
    ag.explain(nn.quadratic_cost(model(ag.tensor(x[3], name="x")), ag.tensor(y[3], name="y")), path)


def take(page: Path, folder: Path) -> None:
    """Every picture, as PNG in `folder`."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        sys.exit("no Chromium with its driver: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in FLAGS:
        options.add_argument(flag)
    chromium = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        size = {"width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        for name, (step, scheme) in STEPS.items():
            features = [
                {"name": "prefers-color-scheme", "value": scheme},
                {"name": "prefers-reduced-motion", "value": "reduce"},
            ]
            chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
            chromium.get("about:blank")
            chromium.get(f"{page.as_uri()}#step={step}")
            time.sleep(0.5)  # until colours have changed over
            chromium.save_screenshot(str(folder / f"{name}.png"))
    finally:
        chromium.quit()


def main() -> None:
    """Take the pictures into the folder that the command names, or the usual one."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent / "images"
    with tempfile.TemporaryDirectory() as place:
        page = Path(place) / "page.html"
        write(page)
        take(page, folder)


if __name__ == "__main__":
    main()
