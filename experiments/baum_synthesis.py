"""Membership query synthesis: how many of the digits made at a model's boundary can be read.

    python -m experiments.baum_synthesis --data-dir DATA --out results/baum_synthesis

E. B. Baum and K. Lang, "Query learning can work poorly when a human oracle is used" (1992), made
questions half-way between digits of different classes, and people could not name many of them. Here
the model knows 300 answers of MNIST and the images are made where its two likeliest classes tie. A
model of all 60,000 true labels stands in for the reader, who can name what it is 0.9 sure of; how
many of the 10,000 test digits and of the parents it can name is told beside.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import fewclicks as fc
from benchmarks import common
from benchmarks.data import mnist
from experiments import report
from fewclicks.queries import (
    Synthesised,
    boundary_pairs,
    latent_space,
    margin,
    readability,
    synthesise,
)

N_ANSWERS, N_POOL, N_PAIRS = 300, 5000, 200
N_SHOWN, GAP = 16, 4
SPACES = ("pixels", "latent")


def taught_reader(images: Any, classes: Any) -> Any:
    """A model of all true labels."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 30 steps are close enough
        linear = LogisticRegression(C=0.1, max_iter=30)
        reader = make_pipeline(fc.features.HOG(deskew=True), StandardScaler(), linear)
        return reader.fit(images, classes)


def run_seed(images: Any, classes: Any, reader: Any, seed: int) -> list[dict[str, Any]]:
    """Make images between nearest and between random pairs, in both spaces; a row for each."""
    rng = np.random.default_rng(seed)
    answered = rng.choice(len(images), N_ANSWERS, replace=False)
    linear = fc.models.CalibratedLinear(random_state=seed)
    model = make_pipeline(fc.features.Pixels(), linear).fit(images[answered], classes[answered])
    pool = images[rng.choice(len(images), min(N_POOL, len(images)), replace=False)]
    found = {
        "nearest": boundary_pairs(pool, model.predict(pool), N_PAIRS),
        "random": rng.permutation(len(pool))[: 2 * N_PAIRS].reshape(-1, 2),
    }
    rows = []
    for which, pairs in found.items():
        for space in SPACES:
            decoder = latent_space(pool) if space == "latent" else None
            made = synthesise(model, pool, pairs, decoder=decoder)
            parents = pool[made.parents.ravel()]
            rows.append(
                {
                    "seed": seed,
                    "pairs": which,
                    "space": space,
                    "made": len(made.images),
                    "tie": float(np.median(margin(made.proba))),
                    "parents unreadable %": unreadable(parents, reader),
                    "unreadable %": unreadable(made.images, reader),
                    "picture": {"lines": picture(pool, made)},
                }
            )
    return rows


def unreadable(images: Any, reader: Any) -> float:
    """Percentage of the images that the reader cannot name."""
    return float(100 * (1 - readability(images, reader).mean()))


def picture(pool: Any, made: Synthesised) -> Any:
    """First parents, what was made, second parents: three lines of images."""
    sides = [
        pool[made.parents[:N_SHOWN, 0]],
        made.images[:N_SHOWN],
        pool[made.parents[:N_SHOWN, 1]],
    ]
    return np.vstack([np.hstack(list(np.pad(s, ((0, 0), (1, 1), (1, 1))))) for s in sides])


def sheet(drawn: list[Any]) -> Image.Image:
    """All lines of seed 0 below each other, twice as large."""
    gap = np.full((GAP, drawn[0].shape[1]), 255, np.uint8)
    tall = np.vstack([part for lines in drawn for part in (lines, gap)])
    whole = Image.fromarray(tall[:-GAP])
    return whole.resize((2 * whole.width, 2 * whole.height))


def main() -> None:
    """Run the experiment from the command line."""
    parser = common.parser(__doc__)
    parser.add_argument("--out", type=Path, help="folder for tables.md and the picture")
    arguments = parser.parse_args()
    images, classes = mnist(arguments.data_dir)
    if arguments.quick:
        images, classes, arguments.seeds = images[:6000], classes[:6000], 1
    reader = taught_reader(images, classes)
    test, _ = mnist(arguments.data_dir, "t10k")
    common.console.print(f"test digits that cannot be read: {unreadable(test, reader):.1f} %")
    rows = [
        row for seed in range(arguments.seeds) for row in run_seed(images, classes, reader, seed)
    ]
    drawn = [row.pop("picture")["lines"] for row in rows]
    averaged = report.average(rows, ("pairs", "space"))
    text = report.markdown({"read": "Images that cannot be named"}, {"read": averaged})
    print(text)
    if arguments.out is not None:
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "tables.md").write_text(text)
        sheet(drawn[: 2 * len(SPACES)]).save(arguments.out / "synthesised.png", optimize=True)
    common.finish(rows, [], arguments.json, show_rows=False)


if __name__ == "__main__":
    main()
