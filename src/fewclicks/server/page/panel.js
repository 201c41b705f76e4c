/** The answer panel: the class box, the button that answers, the other verdicts, the last answer. */

import { createClassBox } from "./classbox.js";
import { cap, h, icon } from "./dom.js";
import { PANEL } from "./text.js";

/**
 * @param {{state: import("./state.js").State, id: string, label: string,
 *   onPick?: (choice: import("./classbox.js").Choice) => void, onAccept: () => void,
 *   verdicts: {key: string, label: string, title: string, run: () => void}[],
 *   undo: () => void, home: () => void, onChange?: () => void,
 *   acceptLabel: (name: string | undefined) => string}} options `onChange`: what is typed or chosen is another; `home` puts the focus back where
 *   single keys work; `acceptLabel` words the button for the class Enter would give
 */
export function createPanel({ state, id, label, onPick, onAccept, verdicts, undo, home, acceptLabel, onChange }) {
  const words = h("span");
  const enter = () => (onAccept(), home());
  const accept = h("button", { class: "primary accept", onclick: enter }, words, cap("Enter"));
  const said = h("span", { class: "said" });
  const takeBack = () => (undo(), home());
  const back = h("button", { class: "quiet", onclick: takeBack }, icon("undo"), PANEL.undo, cap("Z"));
  /** @type {import("./classbox.js").ClassBox | null} */
  let made = null;
  const box = createClassBox({
    state, id, label,
    onPick: (choice) => (onPick?.(choice), home()),
    onEnter: enter,
    onLeave: home,
    onChange: refresh,
  });
  made = box;
  const others = verdicts.map(({ key, label: text, title, run }) =>
    h("button", { title, onclick: () => (run(), home()) }, h("span", {}, text), cap(key)),
  );
  const element = h(
    "section",
    { class: "panel", "aria-label": PANEL.label },
    box.element, accept, h("div", { class: "verdicts" }, others),
    h("div", { class: "last" }, h("p", { "aria-live": "polite" }, said), back),
  );

  /** Word the button anew. */
  function refresh() {
    words.textContent = acceptLabel(made?.choice()?.name);
    if (made) onChange?.();
  }

  return {
    element,
    box,
    refresh,
    /** @param {string} text what has just been answered */
    say: (text) => (said.textContent = text),
    /** @param {boolean} locked nothing can be answered now */
    lock(locked) {
      element.classList.toggle("locked", locked);
      [accept, ...others].forEach((button) => (button.disabled = locked));
    },
  };
}

/** @typedef {ReturnType<typeof createPanel>} Panel */
