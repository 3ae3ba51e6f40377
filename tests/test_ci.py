"""The script that runs the tests in a browser: what it installs, and when it fails. The programs it calls are stubs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / ".ci" / "browser"
BASH = shutil.which("bash")
pytestmark = pytest.mark.skipif(os.name == "nt" or BASH is None, reason="the script is one for bash")
COPIED = ("bash", "env", "tee", "grep", "mktemp", "rm", "chmod", "touch")


def stub(folder: Path, name: str, text: str = "") -> None:
    path = folder / name
    path.write_text(f"#!{BASH}\n{text}\n")
    path.chmod(0o755)


def ran(folder: Path, summary: str = "20 passed", status: int = 0) -> subprocess.CompletedProcess[str]:
    for name in COPIED:
        (folder / name).symlink_to(str(shutil.which(name)))
    stub(folder, "python", f'[[ $2 == pip ]] || {{ echo "{summary}"; exit {status}; }}')
    return subprocess.run(
        [str(BASH), str(SCRIPT), "python"], env={"PATH": str(folder)}, capture_output=True, text=True, check=False
    )


def browser(folder: Path) -> None:
    stub(folder, "chromium")
    stub(folder, "chromedriver")


def apt(folder: Path, text: str, user: int = 0) -> None:
    stub(folder, "id", f"echo {user}")
    stub(folder, "apt-get", text)


def test_with_a_browser_nothing_is_installed(tmp_path: Path) -> None:
    browser(tmp_path)
    apt(tmp_path, "exit 9")
    done = ran(tmp_path)
    assert done.returncode == 0 and "20 passed" in done.stdout


def test_a_missing_browser_is_installed_by_who_may(tmp_path: Path) -> None:
    programs = f"{tmp_path}/chromium {tmp_path}/chromedriver"
    made = f"touch {programs} && chmod +x {programs}"
    apt(tmp_path, f'[[ $1 == update ]] && exit 0; [[ "$*" == *"chromium chromium-driver"* ]] && {made}')
    assert ran(tmp_path).returncode == 0


@pytest.mark.parametrize("summary, status", [("19 passed, 1 skipped", 0), ("1 failed, 19 passed", 1), ("", 5)])
def test_a_test_that_failed_or_was_skipped_or_is_missing_is_a_failure(
    tmp_path: Path, summary: str, status: int
) -> None:
    browser(tmp_path)
    done = ran(tmp_path, summary, status)
    assert done.returncode not in (0, 3)


@pytest.mark.parametrize("text", ["exit 100", "exit 0"], ids=["apt-get fails", "apt-get brings nothing"])
def test_an_installation_that_fails_is_a_failure(tmp_path: Path, text: str) -> None:
    apt(tmp_path, text)
    assert ran(tmp_path).returncode not in (0, 3)


def test_who_may_not_install_is_told_so(tmp_path: Path) -> None:
    apt(tmp_path, "exit 9", user=1000)
    done = ran(tmp_path)
    assert done.returncode == 3 and "apt-get install chromium chromium-driver" in done.stderr
