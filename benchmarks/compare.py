"""Label efficiency: the default workflow beside the seed workflows and other packages.

    python -m benchmarks.compare --dataset mnist --budget 300 --seeds 3 --out results/compare

One project is made and prepared; every contender starts from its feature rows, is asked about the
same items by the same seeds where it starts at random, and answers cost a person the same. Each
runs in a process of its own, seed after seed in turns; one that takes too long or too much memory
is stopped, and said to be. With --resume the project stays in --out, and what an earlier run has
left there is neither prepared nor run again.

right: share of all items whose label is right, answered ones included. area: its mean over the
answers from the first look to the budget, by the trapezoid rule. minutes: modelled time of the
person who answers. seconds: that processors worked, preparation and looks between rounds aside;
a limit of minutes is one of these.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from benchmarks import common, contest, curve_plot, curves, peers
from benchmarks.contenders import CONTENDERS, QUICK, absent
from benchmarks.curves import Point
from benchmarks.sources import BUDGETS, source_of
from experiments import report

QUICK_BUDGET = 60

PATIENCE = 10
"""A process that waits instead of computing is given so many times its limit."""

COSTS = ("answers", "classes", "all_met_at", "minutes", "seconds", "peak_mb")
COUNTS = ("answers", "classes", "all_met_at", "peak_mb")


def main() -> None:
    """Run the benchmark from the command line."""
    arguments = _arguments()
    asked = {CONTENDERS[name].package for name in arguments.contenders}
    for package in peers.PACKAGES:
        if package in asked and not peers.installed(package):
            common.console.print(f"{package} is not installed and is left out.")
    with tempfile.TemporaryDirectory(prefix="fewclicks-") as folder:
        rows, described = compare(arguments, Path(folder))
    common.finish(rows, targets(rows), arguments.json, show_rows=False)
    text = tables(rows, arguments.dataset, described)
    print(text)
    if arguments.out is not None:
        (arguments.out / "compare.md").write_text(text)
        curve_plot.write(rows, arguments.dataset, arguments.out)


def _arguments() -> argparse.Namespace:
    parser = common.parser(__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--dataset", choices=sorted(BUDGETS), default="mnist")
    parser.add_argument("--budget", type=int, help="answers of each (default: by data set)")
    parser.add_argument("--contenders", nargs="*", choices=list(CONTENDERS), metavar="NAME",
                        help=f"who takes part (default: all): {', '.join(CONTENDERS)}")  # fmt: skip
    parser.add_argument(
        "--batch", type=int, default=25, help="questions at a time, of packages that ask in batches"
    )
    parser.add_argument("--limit-minutes", type=float, default=20, help="of each, for each seed")
    parser.add_argument("--limit-gb", type=float, default=8, help="memory of other packages")
    parser.add_argument("--out", type=Path, help="folder for the table, the plot and the curves")
    parser.add_argument("--resume", action="store_true", help="go on with what is in --out")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.dataset, arguments.seeds, arguments.budget = "sample", 1, QUICK_BUDGET
        arguments.contenders = arguments.contenders or list(QUICK)
    arguments.contenders = arguments.contenders or list(CONTENDERS)
    arguments.budget = arguments.budget or BUDGETS[arguments.dataset]
    return arguments


def compare(
    arguments: argparse.Namespace, folder: Path
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Let all contend; return a row for each seed of each, and what the project is like."""
    written = (arguments.out or folder) / "curves"
    written.mkdir(parents=True, exist_ok=True)
    home = arguments.out if resumed(arguments) else folder
    kept = home / f"prepared-{arguments.dataset}"
    if not (kept / contest.DESCRIBED).exists():
        shutil.rmtree(kept, ignore_errors=True)  # a preparation that was killed
        kept.mkdir()
        choices = source_of(arguments.dataset, arguments.data_dir, kept)
        apart(contest.prepare, (kept, choices), None)
    described = json.loads((kept / contest.DESCRIBED).read_text())
    rows = []
    for seed in range(arguments.seeds):
        for name in arguments.contenders:
            why = absent(name, described)
            points: list[Point] = []
            if not why:
                task = contest.Task(
                    name,
                    kept,
                    folder / f"{name}-{seed}",
                    written / curve_name(arguments, name, seed),
                    seed,
                    arguments.budget,
                    arguments.batch,
                    arguments.limit_gb,
                )
                points, why = contend(task, arguments.limit_minutes, resume=resumed(arguments))
            rows.append(row(arguments, name, seed, points, why, described))
    return rows, described


def resumed(arguments: argparse.Namespace) -> bool:
    """Whether what is in --out is gone on with."""
    return bool(arguments.resume and arguments.out)


def curve_name(arguments: argparse.Namespace, name: str, seed: int) -> str:
    """The file of a curve: what changes it is in its name."""
    run = f"{arguments.dataset}-{arguments.budget}-{arguments.batch}"
    return f"{run}-{name}-{seed}.jsonl"


def contend(task: contest.Task, minutes: float, *, resume: bool) -> tuple[list[Point], str]:
    """Run one contender with one seed; return its curve, and why it ends early or ""."""
    found = read(task.written) if resume else ([], None)
    if found[1] is None:
        task.written.unlink(missing_ok=True)
        in_time = apart(contest.run, (task,), 60 * minutes)
        found = read(task.written)
        if found[1] is None:
            why = f"stopped after {minutes:g} min" if not in_time else "its process has died"
            with open(task.written, "a") as file:
                file.write("\n" + json.dumps({"ended": why}) + "\n")
            found = found[0], why
    points, why = found[0], found[1] or ""
    last = points[-1] if points else None
    at = f" at {last.answers} answers" if last and why else ""
    told = f"{100 * last.right:.2f} % right, {last.seconds:.0f} s" if last else ""
    common.console.print(f"{task.name}, seed {task.seed}: {told} {why}{at}")
    return points, why + at


def read(path: Path) -> tuple[list[Point], str | None]:
    """Read the curve that a contender has written, and how it ended; None if it has not."""
    points, ended = [], None
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            stored = json.loads(line)
        except json.JSONDecodeError:  # it was stopped in the middle of the line
            continue
        if "ended" in stored:
            ended = stored["ended"]
        else:
            points.append(Point.from_dict(stored))
    return points, ended


def apart(call: Any, arguments: tuple[Any, ...], seconds: float | None) -> bool:
    """Call in a process of its own; return whether it ended within so many seconds of computing.

    The process starts from nothing, so that its memory is its own. One that does not compute is
    waited for `PATIENCE` times as long.

    Raises
    ------
    RuntimeError
        It had no limit and failed.
    """
    process = multiprocessing.get_context("spawn").Process(target=call, args=arguments)
    process.start()
    began = time.monotonic()
    while process.is_alive():
        process.join(1 if seconds is None else min(1, seconds))
        waited = time.monotonic() - began
        if seconds is not None and max(_computed(process), waited / PATIENCE) > seconds:
            process.kill()
            process.join()
            return False
    if seconds is None and process.exitcode:
        raise RuntimeError(f"{call.__name__} has failed; what it says is above.")
    return True


def _computed(process: Any) -> float:
    """Seconds that processors have worked for a process; 0 if it has ended."""
    try:
        times = psutil.Process(process.pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def row(
    arguments: argparse.Namespace,
    name: str,
    seed: int,
    points: list[Point],
    why: str,
    described: dict[str, Any],
) -> dict[str, Any]:
    """One seed of one contender; what is not known is None."""
    at = curves.looks(arguments.budget)
    share = curves.shares(points, at, ended=not why)
    last = points[-1] if points else None
    return {
        "dataset": arguments.dataset,
        "contender": name,
        "package": CONTENDERS[name].package,
        "seed": seed,
        "n_items": described["n_items"],
        "answers": last.answers if last else None,
        "right": share.get(arguments.budget),
        "area": curves.area(share, at),
        "classes": len(last.met) if last else None,
        "all_met_at": curves.all_met(points, described["n_classes"]),
        "minutes": last.minutes if last else None,
        "seconds": last.seconds if last else None,
        "peak_mb": last.peak_mb if last else None,
        "why": why,
        "curve": {str(n): value for n, value in share.items()},
        "classes_met": {str(p.answers): len(p.met) for p in points},
    }


def targets(rows: list[dict[str, Any]]) -> list[common.Target]:
    """The default workflow is to be at least as right as every other, at every look, on average."""
    curves_by = curves.by_contender(rows)
    ours = curves_by.pop("fewclicks", {})
    found = []
    for name, theirs in curves_by.items():
        ahead = curves.ahead(ours, theirs)
        if ahead:
            gap, n = min((100 * value, n) for n, value in ahead.items())
            found.append(common.at_least(f"fewclicks less {name}, points, least (at {n})", gap, 0))
    return found


def tables(rows: list[dict[str, Any]], dataset: str, described: dict[str, Any]) -> str:
    """Markdown: labels right at every look, then classes, effort and compute."""
    n_seeds = len({one["seed"] for one in rows})
    about = (
        f"{described['n_items']:,} items in {described['n_classes']} classes, "
        f"{described['d']} columns of {described['features']}; "
        f"mean of {n_seeds} seeds ± standard deviation."
    )
    names = list(dict.fromkeys(one["contender"] for one in rows))
    at = [str(n) for n in sorted({int(n) for one in rows for n in one["curve"]})]
    shown = {
        "right": [_averaged(rows, name, _right, [*at, "area"]) for name in names],
        "cost": [_averaged(rows, name, _cost, COSTS) for name in names],
    }
    titles = {
        "right": f"{dataset}: labels right, in %, after so many answers",
        "cost": f"{dataset}: classes found, effort and compute",
    }
    notes = "\n".join(f"- `{name}`: {CONTENDERS[name].about}" for name in names)
    return f"{about}\n\n{report.markdown(titles, shown)}\n{notes}\n"


def _right(one: dict[str, Any]) -> dict[str, Any]:
    found = {str(n): 100 * value for n, value in one["curve"].items()}
    return found if one["area"] is None else {**found, "area": 100 * one["area"]}


def _cost(one: dict[str, Any]) -> dict[str, Any]:
    return {column: float(one[column]) for column in COSTS if one[column] is not None}


def _averaged(
    rows: list[dict[str, Any]], name: str, measures: Any, columns: Sequence[str]
) -> dict[str, Any]:
    """Mean and spread over the seeds of what all of them have, and why some have less."""
    own = [one for one in rows if one["contender"] == name]
    measured = [measures(one) for one in own]
    known = [column for column in columns if all(column in one for one in measured)]
    lines = [{"contender": name, **{column: one[column] for column in known}} for one in measured]
    (line,) = report.average(lines, ("contender",))
    line |= {c: int(line[c]) for c in COUNTS if c in line and line[c] == int(line[c])}
    why = dict.fromkeys(one["why"] for one in own if one["why"])
    unknown: dict[str, Any] = dict.fromkeys(("contender", *columns))
    return {**unknown, **line, "note": "; ".join(why)}


if __name__ == "__main__":
    main()
