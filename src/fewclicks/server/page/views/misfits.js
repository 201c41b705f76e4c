/** The misfits marked on a cluster: how many they are, and what is to become of them. */

import { h } from "../dom.js";
import { CLUSTERS } from "../text.js";

/**
 * @param {{grid: import("../grid.js").Grid, changes: import("../changes.js").Changes,
 *   drafts: import("../drafts.js").Drafts, scope: () => number | undefined, onChange: () => void}} options `scope` is the id of the
 *   question on the table
 */
export function createMisfits({ grid, changes, drafts, scope, onChange }) {
  /** @type {Set<number>} */
  let marks = new Set();
  let together = false;
  const count = h("span", { role: "status" });
  const group = h("button", { class: "quiet toggle", title: CLUSTERS.togetherTitle, onclick: toggleTogether }, CLUSTERS.together);
  const unmark = h("button", { class: "quiet", onclick: clear }, CLUSTERS.clear);
  const element = h("div", { class: "counter" }, count, group, unmark);

  function refresh() {
    count.textContent = CLUSTERS.misfits(marks.size);
    element.classList.toggle("some", marks.size > 0);
    unmark.hidden = marks.size === 0;
    group.hidden = marks.size < 2;
    group.setAttribute("aria-pressed", String(together));
    grid.refreshMarks();
    onChange();
  }

  /** @param {number[]} items Mark or unmark them, as one step that undo takes back. */
  function flip(items) {
    const question = scope();
    if (question === undefined || items.length === 0) return;
    const turn = () => {
      if (scope() === question) {
        turned(marks, items);
        return refresh();
      }
      const kept = drafts.read(question); // another cluster lies on the table now
      drafts.write(question, { ...kept, marks: [...turned(new Set(kept.marks), items)] });
    };
    turn();
    changes.local({ about: CLUSTERS.marked(items.length), scope: question, revert: turn, reapply: turn });
  }

  function clear() {
    flip([...marks]);
    if (element.isConnected) grid.element.focus({ preventScroll: true });
  }

  function toggleTogether() {
    if (marks.size < 2) return;
    together = !together;
    refresh();
    grid.element.focus({ preventScroll: true });
  }

  return {
    element,
    flip,
    clear,
    toggleTogether,
    /** @returns {ReadonlySet<number>} */
    marks: () => marks,
    /** @returns {boolean} whether they are to be asked about as a cluster of their own */
    together: () => together && marks.size > 1,
    invert: () => flip(grid.items()),
    /** @param {number} index Mark this one and all less typical ones. */
    markFrom: (index) => flip(grid.items().slice(index).filter((item) => !marks.has(item))),
    /** @param {import("../drafts.js").Draft} draft what was marked before */
    begin(draft) {
      [marks, together] = [new Set(draft.marks), draft.together ?? false];
    },
    refresh,
  };
}

/** @param {Set<number>} marks changed in place @param {number[]} items @returns {Set<number>} */
function turned(marks, items) {
  for (const item of items) if (!marks.delete(item)) marks.add(item);
  return marks;
}
