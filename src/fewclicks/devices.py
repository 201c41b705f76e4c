"""Where networks compute, in which precision, and how pixels reach them."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn

from fewclicks import checks
from fewclicks.errors import InvalidInput


def device_of(name: str) -> torch.device:
    """Return the device of that name; "auto" is CUDA, else MPS, else the CPU.

    Raises
    ------
    InvalidInput
        The name is unknown, or the machine has no such device.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind, found in there.items() if found))
    kind = checks.device(name)
    if not there[kind]:
        raise InvalidInput(
            f"device is {name!r} but this machine has none.", "Give 'auto' or 'cpu'."
        )
    return torch.device(name)


def as_float(pixels: torch.Tensor) -> torch.Tensor:
    """Turn uint8 (n, h, w) or (n, h, w, c) into float (n, c, h, w) in [0, 1].

    Channels are last in memory, which convolutions on a CPU want: 1.3 times as fast, measured.
    """
    batch = pixels[..., None] if pixels.ndim == 3 else pixels
    return batch.to(torch.float32).div_(255).permute(0, 3, 1, 2)


def placed(module: nn.Module, device: torch.device) -> nn.Module:
    """Move a module to a device, its weights in the order of memory that `as_float` gives."""
    # typed for tensors only, but modules take a memory format too
    return module.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def multiplies_bfloat16(device: torch.device) -> bool:
    """Tell whether a device multiplies bfloat16 quicker than float32.

    CUDA does from capability 8.0 on, and x86 processors with instructions for it, where torch can
    tell.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= 8
    if device.type != "cpu" or not hasattr(torch.cpu, "get_capabilities"):  # torch before 2026
        return False
    can = torch.cpu.get_capabilities()
    return bool(can.get("avx512_bf16") or can.get("amx_bf16"))


def precision(device: torch.device) -> AbstractContextManager[Any]:
    """Let what torch deems safe be computed in bfloat16, where that is quicker.

    It has float32's range, so no loss need be scaled.
    """
    if multiplies_bfloat16(device):
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()
