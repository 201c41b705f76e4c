/** One place decides what a key press means. */

import { isTyping } from "./dom.js";

/** Keys a class may have, in the order they are given out: no letter here commands anything. */
export const CLASS_KEYS = "1234567890qwertyiopadfghjklvb";
/** Keys that may be held down; a held Enter must not answer cluster after cluster. */
const REPEATS = /^(Arrow.*|Page.*|[+-])$/;
const OFF = "fewclicks.keys.off";

/** @returns {boolean} whether single letters and digits command (they can be turned off) */
export function singleKeys() {
  return localStorage.getItem(OFF) === null;
}

/** @param {boolean} on */
export function setSingleKeys(on) {
  if (on) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "");
}

/** @param {KeyboardEvent} event @returns {string} what the key is where letters are Latin */
function onLatinKeyboard({ code, key, shiftKey }) {
  const found = /^(?:Key|Digit)(.)$/.exec(code);
  return found && !shiftKey && !/^[a-z0-9]$/i.test(key) ? found[1].toLowerCase() : "";
}

/**
 * @param {import("./main.js").App} app
 * @param {{view: () => import("./main.js").View, help: () => void}} options
 */
export function listenToKeys({ state, changes }, { view, help }) {
  /** @param {KeyboardEvent} event @param {string} key @returns {(() => void) | undefined} */
  function meaning(event, key) {
    const command = event.ctrlKey || event.metaKey;
    if (command && key === "z") return event.shiftKey ? changes.redo : changes.undo;
    if (command && key === "y") return changes.redo;
    if (command || event.altKey) return undefined;
    if (event.key.length === 1 && event.key !== " " && !singleKeys()) return undefined;
    if (key === "z") return event.shiftKey ? changes.redo : changes.undo;
    if (key === "?") return help;
    const shifted = event.shiftKey && /^[a-z]$/.test(key) ? view().commands[`Shift+${key}`] : undefined;
    const own = shifted ?? view().commands[key];
    if (own) return own;
    const known = state.classWithKey(key);
    return known && (() => view().onClassKey(known));
  }

  /**
   * In an empty class box digits choose a class, unless there are classes called by a digit.
   * @param {KeyboardEvent} event @returns {boolean} whether the focused element wants the key
   */
  function isTaken({ key, target, ctrlKey, metaKey }) {
    if (!(target instanceof HTMLElement)) return false;
    if (isTyping(target)) {
      const { id, value } = /** @type {HTMLInputElement} */ (target);
      const isChoice = /^[0-9]$/.test(key) && !state.now.classes.some(({ name }) => /^\d/.test(name));
      return !(id.endsWith("-class") && value === "" && (isChoice || key === "?" || ctrlKey || metaKey));
    }
    if (target.matches("input[type=range]")) return /^(Arrow|Page|Home|End)/.test(key);
    return target.matches("button, a, summary, [role=tab]") && /^(Enter| |Arrow.*|Home|End)$/.test(key);
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || document.querySelector("dialog[open]") || isTaken(event)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const run = meaning(event, key) ?? meaning(event, onLatinKeyboard(event));
    if (!run) return;
    event.preventDefault();
    if (!event.repeat || REPEATS.test(key)) run();
  });
}
