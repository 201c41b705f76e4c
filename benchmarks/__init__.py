"""What fewclicks claims, measured: `python -m benchmarks.NAME --json FILE`."""
