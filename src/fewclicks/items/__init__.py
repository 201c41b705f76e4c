"""Images, from wherever they lie: listed, read, decoded, made small, sampled."""

from fewclicks.items.base import Options, Source
from fewclicks.items.images import content_hash, decode
from fewclicks.items.ingest import Failure, Ingested, ingest
from fewclicks.items.kind import ink_is_dark, kind_of
from fewclicks.items.sampling import (
    group_folds,
    group_order,
    group_sample,
    group_split,
    spread_order,
    stratified_sample,
)
from fewclicks.items.sources import open_source
from fewclicks.items.thumbnails import ThumbnailStore, encode_thumbnail, media_type

__all__ = [
    "Failure",
    "Ingested",
    "Options",
    "Source",
    "ThumbnailStore",
    "content_hash",
    "decode",
    "encode_thumbnail",
    "group_folds",
    "group_order",
    "group_sample",
    "group_split",
    "ingest",
    "ink_is_dark",
    "kind_of",
    "media_type",
    "open_source",
    "spread_order",
    "stratified_sample",
]
