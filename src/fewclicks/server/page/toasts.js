/** Short messages at the edge of the window; what went wrong stays until it is dismissed. */

import { h, iconButton } from "./dom.js";
import { TOAST } from "./text.js";

const READ_MS = 5000;

/** Create the region messages appear in. */
export function createToasts() {
  const region = h("div", { class: "toasts", role: "region", "aria-label": TOAST.region });
  document.body.append(region);

  /**
   * @param {{text: string, remedy?: string, lasting?: boolean, trouble?: boolean,
   *   action?: {label: string, run: () => void}}} message what is `lasting` stays until dismissed
   * @returns {() => void} takes it away
   */
  function show({ text, remedy = "", lasting = false, trouble = lasting, action }) {
    const isOld = (/** @type {Element} */ old) =>
      old.getAttribute("data-text") === text || (!lasting && old.classList.contains("passing"));
    [...region.children].filter(isOld).forEach((old) => old.remove());
    const close = () => toast.remove();
    const toast = h(
      "div",
      { class: trouble ? "toast trouble" : lasting ? "toast" : "toast passing", role: trouble ? "alert" : "status", "data-text": text },
      h("div", {}, h("p", {}, text), remedy && h("p", { class: "remedy" }, remedy)),
      action && h("button", { class: "quiet", onclick: () => (close(), action.run()) }, action.label),
      iconButton("close", TOAST.dismiss, close),
    );
    region.append(toast);
    if (!lasting) setTimeout(close, READ_MS);
    return close;
  }

  return {
    show,
    /** @param {string} text */
    say: (text) => text && show({ text }),
    /** @param {import("./api.js").ApiError} error @param {{label: string, run: () => void}} [action] */
    trouble: (error, action) => show({ text: error.message, remedy: error.remedy, lasting: true, action }),
  };
}

/** @typedef {ReturnType<typeof createToasts>} Toasts */
