"""The page in real Chromium on a project of a million items, a tenth of them answered singly."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks import common, page
from benchmarks.cdd import peak_mb
from benchmarks.scale_rows import apart

SHOWN_MS, ANSWER_MS, BULK_MS = 1000, 50, 1000

BULK = """async () => {
  const ask = async (path, body) => {
    const start = performance.now();
    const reply = await fetch(`api/${path}`, {
      method: 'POST', headers: {'Content-Type': 'application/json'},
      body: JSON.stringify({client_id: crypto.randomUUID(), ...body}),
    });
    await reply.json();
    return reply.ok ? performance.now() - start : -1;
  };
  const listed = await (await fetch('api/questions?kind=cluster&limit=1')).json();
  const largest = listed.questions[0];
  const named = await ask('answers', {
    question_id: largest.id, verdict: 'class', class_name: 'heap', seconds: 1, actions: 1,
  });
  return [largest.size, named, await ask('undo', {})];
}"""


def measure(n: int) -> tuple[list[dict[str, Any]], list[common.Target]]:
    """Milliseconds until the largest cluster is in sight, and until answers are acknowledged."""
    with tempfile.TemporaryDirectory() as folder:
        apart("scale_project", folder, n)
        found = look(Path(folder), n)
    return [{"what": "page", "n": n, **found}], [
        common.at_most("ms until the largest cluster is in sight", found["shown_ms"], SHOWN_MS),
        common.at_most(
            "ms until an answer is acknowledged, p95", found["answer_p95_ms"], ANSWER_MS
        ),
        common.at_most(f"ms to name {found['bulk_items']:,} items", found["bulk_ms"], BULK_MS),
        common.at_most("ms to take that back", found["undo_ms"], BULK_MS),
    ]


def look(folder: Path, n: int) -> dict[str, float]:
    """Look at the page of the project in a folder, and answer there."""
    with page.browsing() as browser, page.served(folder / "project") as (address, server):
        shown = [page.visit(browser, address) for _ in range(page.VISITS)]
        answered = page.answer(browser, address, n)
        tab = browser.new_context().new_page()
        tab.goto(address)
        size, named, undone = tab.evaluate(BULK)
        memory = peak_mb(server)
    if min(named, undone) < 0:
        sys.exit("The server refused to name a cluster, or to take that back.")
    return {
        "shown_ms": median(shown),
        "shown_worst_ms": max(shown),
        "answer_ms": median(answered),
        "answer_p95_ms": quantiles(answered, n=20)[-1],
        "bulk_items": size,
        "bulk_ms": named,
        "undo_ms": undone,
        "peak_mb": memory,
    }
