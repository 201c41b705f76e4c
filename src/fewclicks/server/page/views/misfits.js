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
  /** @type {Set<number>} */
  let outliers = new Set();
  /** @type {ReadonlyMap<number, string>} items with a class of their own, and its colour, as the server has them */
  let known = new Map();
  /** @type {Map<number, string>} those named since */
  let named = new Map();
  const count = h("span", { role: "status" });
  const group = h("button", { class: "quiet toggle", title: CLUSTERS.togetherTitle, onclick: toggleTogether }, CLUSTERS.together);
  const unmark = h("button", { class: "quiet", onclick: clear }, CLUSTERS.clear);
  const far = h("button", { class: "quiet", title: CLUSTERS.outliersTitle, onclick: markOutliers });
  const element = h("div", { class: "counter" }, count, group, unmark, far);

  function refresh() {
    count.textContent = CLUSTERS.misfits(marks.size, unnamed().length);
    element.classList.toggle("some", marks.size > 0);
    unmark.hidden = marks.size === 0;
    group.hidden = marks.size < 2;
    group.setAttribute("aria-pressed", String(together));
    const left = farUnmarked().length;
    far.hidden = left === 0;
    far.textContent = CLUSTERS.outliers(left);
    grid.annotate(outliers, new Map([...known, ...named]));
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

  /** @returns {number[]} marked, and not named on their own */
  const unnamed = () => [...marks].filter((item) => !named.has(item) && !known.has(item));

  const farUnmarked = () => grid.items().filter((item) => outliers.has(item) && !marks.has(item));

  function markOutliers() {
    flip(farUnmarked());
    if (element.isConnected) grid.element.focus({ preventScroll: true });
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
    unnamed,
    markOutliers,
    /** @param {Set<number>} far of this cluster @param {ReadonlyMap<number, string>} own as the server has them */
    know(far, own) {
      [outliers, known] = [far, own];
      refresh();
    },
    /** @param {number[]} items @param {string | null} color of the class they have got; null: taken back */
    name(items, color) {
      for (const item of items) {
        if (color) named.set(item, color);
        else named.delete(item);
      }
      if (!color) known = new Map([...known].filter(([item]) => !items.includes(item)));
      refresh();
    },
    invert: () => flip(grid.items()),
    /** @param {number} index Mark this one and all less typical ones. */
    markFrom: (index) => flip(grid.items().slice(index).filter((item) => !marks.has(item))),
    /** @param {import("../drafts.js").Draft} draft what was marked before */
    begin(draft) {
      [marks, together] = [new Set(draft.marks), draft.together ?? false];
      [outliers, known, named] = [new Set(), new Map(), new Map()];
    },
    refresh,
  };
}

/** @param {Set<number>} marks changed in place @param {number[]} items @returns {Set<number>} */
function turned(marks, items) {
  for (const item of items) if (!marks.delete(item)) marks.add(item);
  return marks;
}
