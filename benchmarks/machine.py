"""What is measured on: processor, BLAS, kernels, threads and versions; and the restart without forced kernels."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from pathlib import Path
from typing import Any

FORCED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
PACKAGES = ("numpy", "torch", "jax", "autograd", "mygrad")


def restart_without_forced_kernels(module: str) -> None:
    """Start `python -m module` again with the same arguments where the environment forces OpenBLAS' kernels.

    A forced kernel can halve the speed of matrix products, and OpenBLAS reads these only when it is loaded.
    """
    if any(name in os.environ for name in FORCED):
        for name in FORCED:
            os.environ.pop(name, None)
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, "-m", module, *sys.argv[1:]])


def machine() -> dict[str, Any]:
    """The processor, the threaded libraries loaded so far, and the versions of the packages compared."""
    found: dict[str, Any] = {
        "cpu": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {"python": platform.python_version()},
    }
    for package in PACKAGES:
        if sys.modules.get(package) is not None:
            found["versions"][package] = importlib.metadata.version(package)
    try:
        import threadpoolctl
    except ImportError:
        import numpy as np

        blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]  # type: ignore[call-overload]
        found["blas"] = [f"{blas.get('name')} {blas.get('version')}, as NumPy was built"]
        found["note"] = "kernel architecture and threads are not known: threadpoolctl is not installed"
        return found
    pools = []
    for pool in threadpoolctl.threadpool_info():
        words = [
            pool["internal_api"],
            pool.get("version"),
            pool.get("architecture") and f"{pool['architecture']} kernels",
        ]
        words.append(f"{pool['num_threads']} threads")
        pools.append(", ".join(str(word) for word in words if word))
    found["blas"] = list(dict.fromkeys(pools))
    return found


def described(found: dict[str, Any]) -> list[str]:
    """The same as lines for a reader."""
    lines = [f"processor: {found['cpu']}, {found['cores']} cores, {found['system']}"]
    lines += [f"threaded library: {each}" for each in found["blas"]]
    if "note" in found:
        lines.append(found["note"])
    lines.append("versions: " + ", ".join(f"{name} {version}" for name, version in found["versions"].items()))
    return lines


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
