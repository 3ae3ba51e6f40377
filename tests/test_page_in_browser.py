"""The page in a real browser: stepping, keys, deep links, folding, themes, guessing, and silence on the network."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite.show.page.explain import explain

pytest.importorskip("selenium", reason="no selenium: pip install -e '.[browser]'")

from selenium import webdriver
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).resolve().parents[1]
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (BROWSER and DRIVER), reason="no browser: apt-get install chromium chromium-driver"),
]
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1280,860",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(BROWSER)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
    driver.set_page_load_timeout(60)
    driver.get("about:blank")
    driver.get_log("performance")  # what the browser does as it starts is not the page
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    rng = np.random.default_rng(0)
    x = ag.tensor(rng.random(784).astype(np.float32), name="x")
    cost = nn.quadratic_cost(nn.MLP([784, 30, 10], rng=0)(x), np.eye(10, dtype=np.float32)[3])
    explain(cost, folder / "chapter.html")
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="</script><img src=x onerror=document.title='owned'>")
    with ag.scope("<b onclick=alert(1)>"):
        explain(ag.sum(w * w), folder / "hostile.html")
    model = nn.MLP([8] * 251, rng=0, dtype=float)
    explain(nn.quadratic_cost(model(ag.tensor(rng.random((3, 8)))), rng.random((3, 8))), folder / "medium.html")
    h = ag.tensor(np.ones(4), requires_grad=True, name="x")
    for i in range(5000):
        with ag.scope(f"block {i // 1000}"):
            h = ag.tanh(h * 0.5)
    explain(ag.sum(h), folder / "large.html")
    return {path.stem: path for path in folder.iterdir()}


@pytest.fixture
def visit(browser: Any, pages: dict[str, Path]) -> Iterator[Callable[..., Any]]:
    """Open a page; at the end nothing stands in the console and nothing was asked of a network."""

    def opened(name: str = "chapter", step: int | None = None, scheme: str = "light", width: int = 1280) -> Any:
        size = {"width": width, "height": 860, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        browser.get("about:blank")
        browser.get(pages[name].as_uri() + (f"#step={step}" if step else ""))
        # A page of packed data is there a moment after it has loaded.
        WebDriverWait(browser, 20).until(lambda page: page.find_element("id", "count").text)
        return browser

    yield opened
    assert browser.get_log("browser") == []
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            address = message["params"]["request"]["url"]
            assert address.startswith(("file:", "data:", "about:")), address


def step(driver: Any) -> tuple[int, int]:
    now, _, total = driver.find_element("id", "count").text.partition(" / ")
    return int(now), int(total)


def press(driver: Any, *keys: str) -> None:
    for key in keys:
        driver.find_element("tag name", "body").send_keys(key)


def test_buttons_step_and_the_current_node_lights_up(visit: Callable[..., Any]) -> None:
    driver = visit()
    assert step(driver) == (1, 25)
    assert not driver.find_element("id", "back").is_enabled()
    driver.find_element("id", "next").click()
    assert step(driver) == (2, 25)
    assert "matmul" in driver.find_element("id", "step").text
    assert len(driver.find_elements("css selector", "#whole .node.now")) == 1
    assert len(driver.find_elements("css selector", "#whole .edge.lit")) == 3
    driver.find_element("id", "last").click()
    assert step(driver) == (25, 25)
    assert "reverse" in driver.find_element("tag name", "body").get_attribute("class")


def test_keys_move_play_and_jump(visit: Callable[..., Any]) -> None:
    driver = visit()
    press(driver, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT)
    assert step(driver)[0] == 2
    press(driver, Keys.END)
    assert step(driver)[0] == 25
    press(driver, Keys.HOME)
    assert step(driver)[0] == 1
    press(driver, Keys.SPACE)
    assert driver.find_element("id", "play").get_attribute("aria-label") == "Pause"
    press(driver, Keys.SPACE)
    assert driver.find_element("id", "play").get_attribute("aria-label") == "Play"


def test_a_deep_link_opens_its_step_and_stepping_changes_it(visit: Callable[..., Any]) -> None:
    driver = visit(step=18)
    assert step(driver)[0] == 18
    assert driver.find_element("id", "slider").get_attribute("value") == "18"
    press(driver, Keys.ARROW_RIGHT)
    assert driver.current_url.endswith("#step=19")
    visit(step=9999)
    assert step(driver)[0] == 25


def test_a_reader_of_the_screen_is_told(visit: Callable[..., Any]) -> None:
    driver = visit(step=18)
    said = driver.find_element("id", "live").get_attribute("textContent")
    assert said.startswith("Step 18 of 25. Reverse through sigmoid")
    assert "step 18 of 25" in driver.find_element("id", "slider").get_attribute("aria-valuetext")
    unnamed = (
        "return [...document.querySelectorAll('button, input')].filter(e => !e.textContent.trim() && !e.ariaLabel)"
    )
    assert driver.execute_script(f"{unnamed}.length") == 0


def test_the_equations_appear_as_they_become_true(visit: Callable[..., Any]) -> None:
    driver = visit(step=3)
    shown = "return [...document.querySelectorAll('#lines li:not([hidden]) .bp')].map(e => e.textContent)"
    assert driver.execute_script(shown) == []
    press(driver, Keys.END)
    assert driver.execute_script(shown) == ["", "BP1", "BP3", "BP4", "BP2", "BP3", "BP4"]


def test_modules_fold_by_mouse_and_by_key(visit: Callable[..., Any]) -> None:
    driver = visit()
    clusters = driver.find_elements("css selector", ".cluster")
    assert len(clusters) == 4
    clusters[1].send_keys(Keys.ENTER)
    assert clusters[1].get_attribute("aria-expanded") == "false"
    hidden = "return [...document.querySelectorAll('.node')].filter(e => e.style.visibility === 'hidden').length"
    assert driver.execute_script(hidden) > 3
    clusters[1].send_keys(Keys.ENTER)
    assert driver.execute_script(hidden) == 0


def test_with_all_modules_folded_a_small_graph_of_them_lights_up_and_opens(visit: Callable[..., Any]) -> None:
    driver = visit(step=3)
    driver.find_element("id", "fold").click()
    assert not driver.find_element("id", "whole").is_displayed()
    modules = driver.find_elements("css selector", "#folded .node.module")
    assert [each.get_attribute("aria-label") for each in modules] == [
        "MLP, 8 operations: expand",
        "quadratic cost, 4 operations: expand",
    ]
    lit = "return [...document.querySelectorAll('#folded .node')].map(e => e.classList.contains('now'))"
    assert driver.execute_script(lit).count(True) == 1 and "now" in modules[0].get_attribute("class")
    assert "future" in modules[1].get_attribute("class")
    modules[1].send_keys(Keys.ENTER)
    assert driver.find_element("id", "whole").is_displayed()
    assert driver.find_element("id", "fold").text == "Collapse all"
    clusters = driver.find_elements("css selector", ".cluster")
    assert driver.execute_script("return document.activeElement") in clusters
    labels = {each.get_attribute("aria-label") for each in clusters}
    assert {"MLP: expand", "quadratic cost: collapse"} <= labels
    shown = "return [...document.querySelectorAll('.cover')].filter(e => e.getClientRects().length).length"
    assert driver.execute_script(shown) == 1  # the modules in a folded module are not drawn over it


def test_the_equations_stay_in_sight_beside_a_long_step(visit: Callable[..., Any]) -> None:
    driver = visit(step=25)
    inside = (
        "const a = document.querySelector('#lines .new').getBoundingClientRect(), b = "
        "document.querySelector('.panel').getBoundingClientRect(); return a.top >= b.top && a.bottom <= b.bottom + 1"
    )
    assert driver.execute_script(inside)


def test_print_is_light_and_has_no_bar(visit: Callable[..., Any]) -> None:
    driver = visit(step=18, scheme="dark")
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]  # a medium set without it would take it away
    driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": dark})
    assert driver.execute_script("return document.documentElement.dataset.theme") == "light"
    assert not driver.find_element("css selector", ".bar").is_displayed()
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": dark})
    driver.execute_script("dispatchEvent(new Event('afterprint'))")
    assert driver.execute_script("return document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(visit: Callable[..., Any], scheme: str) -> None:
    driver = visit(step=18, scheme=scheme)
    colours = driver.execute_script(
        "const c = getComputedStyle(document.documentElement);"
        "const d = document.body.appendChild(document.createElement('i'));"
        "const rgb = n => { d.style.color = c.getPropertyValue(n);"
        "return getComputedStyle(d).color.match(/\\d+/g).map(Number) };"
        "return [['--ink', '--paper'], ['--faint', '--paper'], ['--faint', '--card'], ['--forward', '--forward-soft'],"
        "['--reverse', '--reverse-soft'], ['--ink', '--parameter'], ['--ink', '--operation'], ['--faint', '--cluster']]"
        ".map(([a, b]) => [a, b, rgb(a), rgb(b)])"
    )

    def luminance(rgb: list[int]) -> float:
        r, g, b = ((v / 255 / 12.92) if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in rgb)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    for front, back, one, other in colours:
        darker, lighter = sorted((luminance(one), luminance(other)))
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, f"{front} on {back}"


def test_whoever_goes_by_keyboard_sees_where_they_are(visit: Callable[..., Any]) -> None:
    driver = visit()
    body = driver.find_element("tag name", "body")
    seen = []
    for _ in range(8):
        body.send_keys(Keys.TAB)
        style = "const s = getComputedStyle(document.activeElement);return [s.outlineStyle, parseFloat(s.outlineWidth)]"
        seen.append(driver.execute_script(style))
        body = driver.switch_to.active_element
    assert all(kind == "solid" and width >= 2 for kind, width in seen)


def test_the_pictures_in_the_docs_can_be_taken_again_and_are_small(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "docs" / "screenshots.py"), str(tmp_path)], check=True, timeout=120)
    taken = sorted(path.name for path in tmp_path.iterdir())
    assert taken == ["page-dark.png", "page-forward.png", "page-reverse.png"]
    for path in (*tmp_path.iterdir(), *(ROOT / "docs" / "images" / name for name in taken)):
        picture = path.read_bytes()
        assert picture[:4] == b"\x89PNG" and 20_000 < len(picture) < 200_000


def test_a_graph_of_a_thousand_operations_has_formulas_and_can_be_guessed(visit: Callable[..., Any]) -> None:
    driver = visit("medium", step=1100)
    assert driver.find_elements("css selector", "#step math")
    assert driver.find_elements("css selector", "#lines .new, #lines .true")
    driver.find_element("id", "guess").click()
    assert len(driver.find_elements("css selector", ".guess button")) >= 3
    assert milliseconds(driver, "next", 20) < 200  # 6 ms where it was written
    assert milliseconds(driver, "last", 1) < 4000  # 240 ms: all 751 equations at once


def milliseconds(driver: Any, button: str, times: int) -> float:
    timed = (
        f"const t = performance.now(), b = document.getElementById('{button}');"
        f"for (let i = 0; i < {times}; i++) {{ b.click();"
        "document.body.offsetHeight; } return performance.now() - t"
    )
    return float(driver.execute_script(timed)) / times


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_themes_follow_the_system_and_the_switch(visit: Callable[..., Any], scheme: str) -> None:
    driver = visit(step=18, scheme=scheme)
    paper = "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    first = sum(driver.execute_script(paper))
    assert (first < 150) == (scheme == "dark")
    driver.find_element("id", "theme").click()
    assert (sum(driver.execute_script(paper)) < 150) != (scheme == "dark")


def test_guessing_hides_the_gradient_until_it_is_found(visit: Callable[..., Any]) -> None:
    driver = visit(step=18)
    driver.find_element("id", "guess").click()
    assert "outgoing cotangent" not in driver.find_element("id", "step").text
    choices = driver.find_elements("css selector", ".guess button")
    assert len(choices) == 4
    for choice in choices:
        choice.click()
        if "right" in choice.get_attribute("class"):
            break
    else:
        pytest.fail("none of the choices is right")
    driver.implicitly_wait(5)
    driver.find_element("css selector", ".card.out")
    driver.implicitly_wait(0)
    assert "outgoing cotangent" in driver.find_element("id", "step").text


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_screen(visit: Callable[..., Any], width: int) -> None:
    driver = visit(step=2, width=width)
    for number in (2, 18, 24):
        driver.execute_script(f"location.hash = 'step={number}'")
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width
        panel = "const p = document.querySelector('.panel'); return p.scrollWidth - p.clientWidth"
        assert driver.execute_script(panel) <= 1


@pytest.mark.parametrize("width", [390, 1280])
def test_the_letters_of_the_graph_can_be_read(visit: Callable[..., Any], width: int) -> None:
    driver = visit(width=width)
    smallest = (
        "const svg = document.querySelector('#whole svg');"
        "const zoom = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;"
        "const sizes = [...svg.querySelectorAll('text')].map(e => parseFloat(getComputedStyle(e).fontSize));"
        "return zoom * Math.min(...sizes)"
    )
    assert driver.execute_script(smallest) >= 9


def test_hostile_names_stay_text(visit: Callable[..., Any]) -> None:
    driver = visit("hostile")
    press(driver, Keys.END)
    assert driver.title != "owned"
    assert driver.find_elements("css selector", "img, b") == []
    assert "onerror" in driver.find_element("id", "step").text


def test_a_large_graph_opens_folded_and_answers_at_once(visit: Callable[..., Any]) -> None:
    begun = time.perf_counter()
    driver = visit("large", step=12_000)
    assert time.perf_counter() - begun < 10  # 0.2 s where it was written
    assert step(driver) == (12_000, 20_003)
    assert driver.find_elements("css selector", "#outline details[open]") == []
    assert milliseconds(driver, "next", 20) < 200  # 5 ms
    assert not driver.find_element("id", "guess").is_displayed()  # without formulas there is nothing to guess
    assert step(driver)[0] == 12_020
    driver.find_element("css selector", "#outline summary").click()
    # The lines are made when the browser tells of the opening, a moment after the click.
    shown = WebDriverWait(driver, 5).until(
        lambda page: page.find_elements("css selector", "#outline details[open] button")
    )
    assert 0 < len(shown) <= 201


def test_the_frame_in_a_notebook_is_no_wider_than_its_cell(browser: Any, tmp_path: Path) -> None:
    w = ag.tensor(3.0, requires_grad=True, name="w")
    frame = explain(w * w)._repr_mimebundle_()["text/html"]
    (tmp_path / "notebook.html").write_text(f'<div style="width:600px;overflow:auto">{frame}</div>', encoding="utf-8")
    browser.get((tmp_path / "notebook.html").as_uri())
    wide, there_is = browser.execute_script(
        "const d = document.querySelector('div'); return [d.scrollWidth, d.clientWidth]"
    )
    assert wide == there_is
