/** The slider for the size of thumbnails; its place is remembered in this browser. */

import { h, icon } from "../dom.js";
import { CLUSTERS } from "../text.js";

/** @returns {number} px that fill this window well until somebody chooses */
function fitting(/** @type {boolean} */ sharp) {
  const share = window.innerWidth / (sharp ? 26 : 14);
  return Math.round(Math.min(sharp ? 132 : 260, Math.max(sharp ? 52 : 96, share)));
}

/** @param {{sharp: boolean, onSize: (px: number) => void}} options `sharp`: tiny glyphs, not photos */
export function createSizer({ sharp, onSize }) {
  const key = `fewclicks.size.${sharp ? "glyphs" : "photos"}`;
  const input = h("input", {
    type: "range", min: "28", max: "280", step: "4",
    "aria-label": CLUSTERS.sizeLabel, title: CLUSTERS.sizeTitle,
    value: localStorage.getItem(key) ?? String(fitting(sharp)),
  });
  const element = h("div", { class: "sizer" }, icon("small"), input, icon("large"));

  function use() {
    localStorage.setItem(key, input.value);
    onSize(Number(input.value));
  }

  input.addEventListener("input", use);
  onSize(Number(input.value));

  return {
    element,
    /** @param {number} by +1 or -1 */
    step(by) {
      input.value = String(Number(input.value) + by * Math.max(8, Number(input.value) / 6));
      use();
    },
  };
}
