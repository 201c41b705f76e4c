/** The list of uploaded images: newest first, and no more of them than a page carries lightly. */

import { h } from "../dom.js";
import { UPLOAD } from "../text.js";

/** Rows at most: of thousands of images the rest is sent and asked about without one. */
export const MOST_ROWS = 300;

/** @typedef {import("./uploadrow.js").Row} Row */

/** @param {{keep: (row: Row) => boolean}} options `keep`: it must stay, however long the list */
export function createList({ keep }) {
  const element = h("ol", { class: "uploads", "aria-label": UPLOAD.list });
  /** @type {Row[]} newest first */
  let rows = [];
  /** @type {Map<number, Row>} */
  const byItem = new Map();
  /** @type {Set<number>} items whose row had to go */
  const gone = new Set();

  /** @param {Row} row */
  function remove(row) {
    row.release();
    row.element.remove();
    rows = rows.filter((other) => other !== row);
    if (row.told && byItem.get(row.told.item) === row) byItem.delete(row.told.item);
  }

  /** Make room: the oldest that wants nothing goes first, then the oldest that is asked about. */
  function trim() {
    while (rows.length > MOST_ROWS) {
      const free = rows.filter((row) => row.told && !keep(row));
      const row = free.findLast((one) => !one.isOpen()) ?? free.at(-1) ?? rows.findLast((one) => one.error);
      if (!row) return;
      if (row.told) gone.add(row.told.item);
      remove(row);
    }
  }

  return {
    element,
    /** @returns {Row[]} newest first */
    all: () => rows,
    /** @param {number} item @returns {Row | undefined} */
    of: (item) => byItem.get(item),
    /** @param {number} item @returns {boolean} whether it had a row that had to go */
    isGone: (item) => gone.has(item),
    /** @returns {number} how many rows had to go */
    nGone: () => gone.size,
    /** @returns {number} how many more fit */
    room: () => Math.max(0, MOST_ROWS - rows.filter((row) => !row.told).length),
    /** @param {Row[]} more newer than all that is listed */
    prepend(more) {
      rows = [...more, ...rows];
      element.prepend(...more.map((row) => row.element));
      trim();
    },
    /** @param {Row} row older than all that is listed */
    append(row) {
      rows.push(row);
      element.append(row.element);
      trim();
    },
    /** @param {Row} row has been told its item: another row of the same item goes */
    known(row) {
      const { item } = row.told ?? {};
      if (item === undefined) return;
      const twin = byItem.get(item);
      if (twin && twin !== row) remove(twin);
      byItem.set(item, row);
      gone.delete(item);
    },
    remove,
  };
}
