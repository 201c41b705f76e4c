/** What is believed, looked through: labels by the model, or answers that all else contradicts. */

import { h } from "../dom.js";
import { createMistakes } from "./mistakes.js";
import { createReview } from "./review.js";

const MODE = "fewclicks.review.mode";

/** @param {import("../main.js").App} app @returns {import("../main.js").View} */
export function createReviews(app) {
  const labels = createReview(app, () => use(mistakes));
  const mistakes = createMistakes(app, { toLabels: () => use(labels), counted: labels.tellMistakes });
  const element = h("div", { class: "view items" }, labels.element, mistakes.element);
  let used = localStorage.getItem(MODE) === "mistakes" ? mistakes : labels;

  /** @param {typeof labels | typeof mistakes} mode */
  function use(mode) {
    used.hide();
    used = mode;
    localStorage.setItem(MODE, mode === mistakes ? "mistakes" : "labels");
    show();
  }

  function show() {
    labels.element.hidden = used !== labels;
    mistakes.element.hidden = used !== mistakes;
    used.show();
    if (used === labels) mistakes.peek();
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
