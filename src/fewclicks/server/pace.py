"""How many images one client may send: a bucket of permits that fills at a steady rate."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, HTTPException, Request

PER_SECOND, BURST = 10.0, 60
"""Images a client may send in the long run and all at once: more than any person drops by hand, and
few enough to leave the cores to the round that runs beside them."""

MOST_CLIENTS = 1000


class Pace:
    """Permits by client.

    Parameters
    ----------
    per_second : float
        Permits given back per second.
    burst : int
        Permits a client begins with and can have at most.
    clock : callable
        Gives seconds.
    """

    def __init__(
        self,
        per_second: float = PER_SECOND,
        burst: int = BURST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, client: str) -> float:
        """Take a permit and return 0, or return how many seconds to wait for one."""
        with self._lock:
            now = self._clock()
            left, at = self._left.pop(client, (float(self._burst), now))
            left = min(self._burst, left + (now - at) * self._per_second)
            granted = left >= 1
            self._left[client] = (left - granted, now)
            while len(self._left) > MOST_CLIENTS:  # the longest unseen is forgotten first
                del self._left[next(iter(self._left))]
            return 0.0 if granted else (1 - left) / self._per_second


async def _paced(request: Request) -> None:
    pace: Pace = request.app.state.pace
    client = request.client.host if request.client else ""
    wait = pace.take(client)
    if wait:
        raise HTTPException(
            429,
            f"Images may come at {PER_SECOND:g} a second, {BURST} at once, but more came.",
            {"Retry-After": str(math.ceil(wait))},
        )


Paced = Depends(_paced)
"""A route with this dependency answers 429 to a client that is too fast."""


async def _image_of(request: Request) -> bytes:
    return await request.body()


ImageBody = Annotated[bytes, Depends(_image_of)]
"""A route's parameter of this type is the body as it came: an image file."""

IMAGE_BODY = {
    "requestBody": {
        "required": True,
        "description": "An image file as it is: JPEG, PNG, GIF, BMP, WebP, TIFF, PPM, AVIF.",
        "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}
"""What OpenAPI is told of such a route."""
