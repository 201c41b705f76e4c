"""EfficientNet-Lite as an ONNX graph, made from its published weights; torch is not needed.

Liu, "Higher accuracy on vision models with EfficientNet-Lite", 2020: MobileNet blocks without
squeezing, every activation a ReLU6. Batch normalisation is folded into the convolutions. In eight
bits, the ranges of what is not a ReLU6 follow from the batch normalisation before it (Nagel, van
Baalen, Blankevoort and Welling, "Data-free quantization through weight equalization and bias
correction", ICCV 2019, section 4.2), so no images are needed to find them, and one network gives
the same rows in every project.
"""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np

from fewclicks.errors import InvalidInput
from fewclicks.extras import imported
from fewclicks.records import FloatArray

STRIDES = (1, 2, 2, 2, 1, 2, 1)
"""Of the first block of each stage; all others have 1."""

EPSILON = 1e-3
"""Added to variances by the batch normalisation."""

DEVIATIONS = 6
"""Standard deviations that the range of an activation reaches either way."""

OPSET, IR = 17, 8
"""Versions of the graph, old enough for ONNX Runtime 1.15."""

PIXELS = (1 / 128, 127)
"""Scale and zero point of normalised pixels in eight bits: each of the 256 is itself."""

_HEADER = 3
_STORAGES = {"FloatStorage": np.float32, "LongStorage": np.int64}

_DAMAGED = (
    pickle.UnpicklingError,
    EOFError,
    struct.error,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    MemoryError,
    OverflowError,
)
"""What comes of reading bytes that are not what they should be."""

Weights = dict[str, FloatArray]


def read_weights(path: Path) -> Weights:
    """Read a file of weights that torch has saved, as its versions before 1.6 did.

    Nothing in the file is run: it may hold arrays of numbers under names and nothing else.

    Raises
    ------
    InvalidInput
        It is something else, or damaged.
    """
    try:
        with open(path, "rb") as file:
            for _ in range(_HEADER):
                _Reader(file).load()
            reader = _Reader(file)
            named = reader.load()
            arrays = {key: _storage(file, reader.types[key]) for key in _Reader(file).load()}
            return {name: view.of(arrays[view.storage]) for name, view in named.items()}
    except _DAMAGED as error:
        raise InvalidInput(
            f"{path} must hold the weights of an EfficientNet-Lite but cannot be read: {error}.",
            "Install its package again.",
        ) from error


@dataclass(frozen=True, slots=True)
class _View:
    """An array as it lies in a storage."""

    storage: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def of(self, storage: FloatArray) -> FloatArray:
        steps = zip(self.shape, self.strides, strict=True)
        last = self.offset + sum((n - 1) * step for n, step in steps)
        if min((self.offset, *self.shape, *self.strides)) < 0 or last >= len(storage):
            raise ValueError("an array reaches beyond what is there")
        start = storage[self.offset :]
        strides = [step * storage.itemsize for step in self.strides]
        return np.lib.stride_tricks.as_strided(start, self.shape, strides).copy()


class _Reader(pickle.Unpickler):
    """Reads names and where their arrays lie, and refuses everything else."""

    def __init__(self, file: Any) -> None:
        super().__init__(file)
        self.types: dict[str, Any] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: _View(
                storage, offset, tuple(shape), tuple(strides)
            )
        if module == "torch" and name in _STORAGES:
            return _STORAGES[name]
        raise pickle.UnpicklingError(f"it names {module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        _, kind, key, *_ = pid
        self.types[key] = kind
        return key


def _storage(file: Any, kind: Any) -> FloatArray:
    (n,) = struct.unpack("<q", file.read(8))
    return np.frombuffer(file.read(n * np.dtype(kind).itemsize), kind, n)


def graph(weights: Weights, *, reduced: bool = False) -> Any:
    """Build the network up to its classifier.

    Parameters
    ----------
    weights : dict
        As `read_weights` gives them.
    reduced : bool, default False
        Whether weights and activations are to have eight bits.

    Returns
    -------
    onnx.ModelProto
        From `images` (n, 3, side, side), float32, each channel (value in 0…255 − 127) / 128, to
        `rows` (n, 1280): the last maps averaged over the image.

    Raises
    ------
    InvalidInput
        A weight is missing.
    MissingExtra
        The package `onnx` is not installed.
    """
    network = (_Reduced if reduced else _Single)(weights)
    try:
        return network.model()
    except KeyError as error:
        raise InvalidInput(
            f"The weights must be those of an EfficientNet-Lite but lack {error}.",
            "Install its package again.",
        ) from error


@dataclass(frozen=True, slots=True)
class _Maps:
    """A value of the graph and what is known of it without seeing an image.

    Mean and variance are of each channel; both None where it is a ReLU6, in [0, 6].
    """

    name: str
    mean: FloatArray | None = None
    variance: FloatArray | None = None


@dataclass
class _Single:
    """The graph in single precision."""

    weights: Weights
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.onnx = imported("onnx", "EfficientNet-Lite")

    def model(self) -> Any:
        """Put the network together."""
        maps = self.convolved(self.begin(), "_conv_stem", "_bn0", stride=2)
        stage, channels, block = -1, 0, 0
        while f"_blocks.{block}._project_conv.weight" in self.weights:
            n_out = len(self.weights[f"_blocks.{block}._project_conv.weight"])
            first = n_out != channels
            stage, channels = stage + first, n_out
            maps = self.block(maps, f"_blocks.{block}.", STRIDES[stage] if first else 1, first)
            block += 1
        maps = self.convolved(maps, "_conv_head", "_bn1")
        self.add("GlobalAveragePool", [maps.name], "mean")
        self.add("Flatten", ["mean"], "rows")
        return self._finished(len(self.weights["_conv_head.weight"]))

    def begin(self) -> _Maps:
        """Take the images as they come."""
        return _Maps("images")

    def block(self, maps: _Maps, at: str, stride: int, first: bool) -> _Maps:
        """Widen, look around within each channel, narrow; add what came in, if it has the shape."""
        inner = maps
        if f"{at}_expand_conv.weight" in self.weights:
            inner = self.convolved(inner, f"{at}_expand_conv", f"{at}_bn0")
        inner = self.convolved(inner, f"{at}_depthwise_conv", f"{at}_bn1", stride=stride)
        inner = self.convolved(inner, f"{at}_project_conv", f"{at}_bn2", relu=False)
        return inner if first else self.summed(inner, maps, f"{at}sum")

    def convolved(
        self, maps: _Maps, name: str, norm: str, *, stride: int = 1, relu: bool = True
    ) -> _Maps:
        """Convolve and normalise, both at once, then ReLU6."""
        kernel, bias = self.folded(name, norm)
        given = [maps.name, self.constant(f"{name}.kernel", kernel)]
        self.convolution([*given, self.constant(f"{name}.bias", bias)], name, kernel, stride)
        if not relu:
            return _Maps(name)
        limits = [self.constant(f"{name}.{at}", np.float32(at)) for at in (0, 6)]
        self.add("Clip", [name, *limits], f"{name}.relu6")
        return _Maps(f"{name}.relu6")

    def summed(self, maps: _Maps, earlier: _Maps, name: str) -> _Maps:
        """Add two maps."""
        self.add("Add", [maps.name, earlier.name], name)
        return _Maps(name)

    def folded(self, name: str, norm: str) -> tuple[FloatArray, FloatArray]:
        """Kernel and bias that convolve and normalise at once."""
        of = {kind: self.weights[f"{norm}.{kind}"] for kind in ("weight", "bias", "running_mean")}
        scale = of["weight"] / np.sqrt(self.weights[f"{norm}.running_var"] + EPSILON)
        kernel = self.weights[f"{name}.weight"] * scale[:, None, None, None]
        return kernel.astype(np.float32), of["bias"] - of["running_mean"] * scale

    def convolution(self, given: list[str], name: str, kernel: FloatArray, stride: int) -> None:
        """Add a convolution; one with a kernel for each channel looks at that channel alone."""
        alone = kernel.shape[1] == 1
        self.add(
            "Conv",
            given,
            name,
            kernel_shape=kernel.shape[2:],
            strides=[stride] * 2,
            auto_pad="SAME_UPPER",
            group=len(kernel) if alone else 1,
        )

    def add(self, kind: str, given: list[str], name: str, **how: Any) -> None:
        """Add a node."""
        self.nodes.append(self.onnx.helper.make_node(kind, given, [name], name=f"{name}:", **how))

    def constant(self, name: str, value: Any) -> str:
        """Add a constant."""
        self.constants.append(self.onnx.numpy_helper.from_array(np.asarray(value), name))
        return name

    def _finished(self, width: int) -> Any:
        helper, number = self.onnx.helper, self.onnx.TensorProto.FLOAT
        described = helper.make_graph(
            self.nodes,
            "EfficientNet-Lite",
            [helper.make_tensor_value_info("images", number, ["n", 3, "side", "side"])],
            [helper.make_tensor_value_info("rows", number, ["n", width])],
            self.constants,
        )
        versions = [helper.make_opsetid("", OPSET)]
        made = helper.make_model(described, opset_imports=versions, ir_version=IR)
        self.onnx.checker.check_model(made)
        return made


class _Reduced(_Single):
    """The graph in eight bits, as ONNX writes it: every value is quantised and read back.

    ONNX Runtime makes integer arithmetic of that.
    """

    def begin(self) -> _Maps:
        return _Maps(self._rounded("images", "pixels", *PIXELS))

    def convolved(
        self, maps: _Maps, name: str, norm: str, *, stride: int = 1, relu: bool = True
    ) -> _Maps:
        kernel, bias = self.folded(name, norm)
        steps = np.abs(kernel).max(axis=(1, 2, 3)) / 127
        steps = np.where(steps > 0, steps, 1).astype(np.float32)
        whole = np.rint(kernel / steps[:, None, None, None]).astype(np.int8)
        unit = steps * self._steps[maps.name]
        steady = np.clip(np.rint(bias / unit), -(2**31), 2**31 - 128).astype(np.int32)
        given = [
            maps.name,
            self._read_back(f"{name}.kernel", whole, steps),
            self._read_back(f"{name}.bias", steady, unit),
        ]
        self.convolution(given, name, kernel, stride)
        if relu:  # rounding to [0, 6] is one
            return _Maps(self._rounded(name, f"{name}.relu6", 6 / 255, 0))
        mean = self.weights[f"{norm}.bias"]
        variance = np.square(self.weights[f"{norm}.weight"])
        return self._ranged(_Maps(name, mean, variance), f"{name}.rounded")

    def summed(self, maps: _Maps, earlier: _Maps, name: str) -> _Maps:
        added = super().summed(maps, earlier, name)
        assert maps.mean is not None
        assert maps.variance is not None
        assert earlier.mean is not None
        assert earlier.variance is not None
        mean, variance = maps.mean + earlier.mean, maps.variance + earlier.variance
        return self._ranged(_Maps(added.name, mean, variance), f"{name}.rounded")

    def __post_init__(self) -> None:
        super().__post_init__()
        self._steps: dict[str, float] = {}

    def _ranged(self, maps: _Maps, name: str) -> _Maps:
        """Round maps within `DEVIATIONS` of their means, 0 included."""
        assert maps.mean is not None
        assert maps.variance is not None
        reach = DEVIATIONS * np.sqrt(maps.variance)
        low = min(0.0, float((maps.mean - reach).min()))
        high = max(0.0, float((maps.mean + reach).max()))
        step = max(high - low, 1e-6) / 255
        rounded = self._rounded(maps.name, name, step, round(-low / step))
        return _Maps(rounded, maps.mean, maps.variance)

    def _rounded(self, given: str, name: str, step: float, zero: int) -> str:
        scale = self.constant(f"{name}.step", np.float32(step))
        at = [scale, self.constant(f"{name}.zero", np.uint8(zero))]
        self.add("QuantizeLinear", [given, *at], f"{name}.whole")
        self.add("DequantizeLinear", [f"{name}.whole", *at], name)
        self._steps[name] = step
        return name

    def _read_back(self, name: str, whole: Any, steps: FloatArray) -> str:
        given = [self.constant(f"{name}.whole", whole), self.constant(f"{name}.steps", steps)]
        zeros = self.constant(f"{name}.zeros", np.zeros(len(steps), whole.dtype))
        self.add("DequantizeLinear", [*given, zeros], name, axis=0)
        return name


def made(path: Path, *, reduced: bool) -> bytes:
    """Return the graph made from a file of weights, as the bytes of an ONNX file."""
    return cast(bytes, graph(read_weights(path), reduced=reduced).SerializeToString())
