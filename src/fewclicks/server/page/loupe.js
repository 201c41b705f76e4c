/** A large look at one item, beside the pointer's half of the window. */

import { h } from "./dom.js";

/**
 * Create the loupe, closed. Enlarged this far even tiny glyphs read better smooth.
 * @param {import("./thumbnails.js").Thumbnails} thumbnails
 */
export function createLoupe(thumbnails) {
  const small = h("img", { alt: "" });
  const full = h("img", { alt: "" });
  const caption = h("p");
  const lens = h("div", { class: "lens" }, small, full);
  const element = h("div", { class: "loupe", role: "status", hidden: true }, lens, caption);
  document.body.append(element);
  let shown = -1;

  element.addEventListener("click", () => (element.hidden = true)); // only a whole one can be clicked
  full.addEventListener("load", () => (full.hidden = false));

  /**
   * @param {number} item @param {string} text @param {number} x where the pointer is
   * @param {boolean} [whole] as large as the window, until it is clicked away
   */
  function show(item, text, x, whole = false) {
    element.classList.toggle("whole", whole);
    element.classList.toggle("left", x > window.innerWidth / 2);
    caption.textContent = text;
    element.hidden = false;
    if (item === shown) return;
    shown = item;
    thumbnails.load(small, item);
    full.hidden = true;
    full.src = `api/items/${item}/image`;
  }

  return {
    show,
    isOpen: () => !element.hidden,
    isWhole: () => !element.hidden && element.classList.contains("whole"),
    hide() {
      element.hidden = true;
    },
  };
}
