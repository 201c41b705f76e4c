"""What answering costs a person, in seconds and actions.

Published measurements: one easy image in ten classes takes 1.83 s and one that is got wrong 3.76 s
(CIFAR-10H reaction times, github.com/gordon-lim/sdogs-10h); a grid of look-alikes 0.22 s per image
(MorphoCluster, Schröder et al., Sensors 2020, 20(11) 3060). Two figures are assumptions: 3 s to
name a page, and one easy look for each misfit.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EffortModel:
    """Seconds and actions of each kind of answer.

    Parameters
    ----------
    easy : float, default 1.8
        Seconds for one typical image.
    hard : float, default 3.8
        Seconds for one image chosen because it is confusing.
    page : float, default 3.0
        Seconds to name a cluster, its thumbnails aside.
    thumbnail : float, default 0.2
        Seconds to look over each thumbnail of a cluster.
    misfit : float, default 1.8
        Seconds to click out one misfit.
    """

    easy: float = 1.8
    hard: float = 3.8
    page: float = 3.0
    thumbnail: float = 0.2
    misfit: float = 1.8

    def item(self, *, confusing: bool) -> tuple[float, int]:
        """Seconds and actions of naming one image: one key."""
        return (self.hard if confusing else self.easy), 1

    def cluster(self, n_members: int, n_misfits: int = 0) -> tuple[float, int]:
        """Seconds and actions of naming a cluster: a click per misfit, a class key, Enter."""
        seconds = self.page + self.thumbnail * n_members + self.misfit * n_misfits
        return seconds, n_misfits + 2
