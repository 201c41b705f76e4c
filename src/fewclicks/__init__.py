"""Label a large image collection with few human answers, and know how accurate it is."""

__version__ = "0.1.0"
