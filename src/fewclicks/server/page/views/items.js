/** The confusing items, one by one or many at once; this browser remembers which. */

import { h } from "../dom.js";
import { createBatch } from "./batch.js";
import { createQueue } from "./queue.js";

const MODE = "fewclicks.items.mode";

/** @param {import("../main.js").App} app @returns {import("../main.js").View} */
export function createItems(app) {
  const single = createQueue(app, () => use(batch));
  const batch = createBatch(app, () => use(single));
  const element = h("div", { class: "view items" }, single.element, batch.element);
  let used = localStorage.getItem(MODE) === "batch" ? batch : single;

  /** @param {typeof single | typeof batch} mode */
  function use(mode) {
    used = mode;
    localStorage.setItem(MODE, mode === batch ? "batch" : "single");
    show();
  }

  function show() {
    single.element.hidden = used !== single;
    batch.element.hidden = used !== batch;
    used.show();
  }

  return {
    element,
    get commands() {
      return used.commands;
    },
    onClassKey: (known) => used.onClassKey(known),
    show,
    hide: () => used.hide(),
  };
}
