/** The box a class is typed or chosen in: a combobox whose list of classes is always in sight. */

import { cap, h, swatch } from "./dom.js";
import { CLASSBOX, percent } from "./text.js";

/** Classes up to which each keeps its place in the list. */
const AT_A_GLANCE = 12;

/**
 * @typedef {import("./types.js").ClassRecord} ClassRecord
 * @typedef {{known?: ClassRecord, name: string}} Choice without `known` the class is a new one
 */

/**
 * @param {{state: import("./state.js").State, id: string, label: string,
 *   onPick: (choice: Choice) => void, onEnter: () => void, onChange: () => void,
 *   onLeave: () => void}} options `onPick`: an option was clicked; `onEnter`: Enter was pressed in
 *   the box; `onLeave`: Escape was
 */
export function createClassBox({ state, id, label, onPick, onEnter, onChange, onLeave }) {
  const list = h("ul", { class: "options", role: "listbox", id: `${id}-list`, "aria-label": label });
  const input = h("input", {
    id, type: "text", role: "combobox", autocomplete: "off", spellcheck: false, maxLength: 200,
    "aria-controls": `${id}-list`, "aria-autocomplete": "list",
    enterKeyHint: "go", autocapitalize: "none",
  });
  const hint = h("p", { class: "hint" }, CLASSBOX.hint);
  const element = h("div", { class: "classbox" }, h("label", { for: id }, label), input, list, hint);
  /** @type {import("./types.js").Guess[]} */
  let guesses = [];
  let typing = false;
  let active = -1;

  /** @returns {ClassRecord[]} recently used ones first, once there are too many to find them at a glance */
  function inOrder() {
    const { classes } = state.now;
    if (classes.length <= AT_A_GLANCE) return classes;
    const recent = state.recent();
    return [...recent, ...classes.filter((known) => !recent.includes(known))];
  }

  /** @returns {Choice[]} what the list offers now */
  function options() {
    const text = input.value.trim().toLowerCase();
    const all = inOrder().map((known) => ({ known, name: known.name }));
    if (!typing || !text) return all;
    const starts = all.filter(({ name }) => name.toLowerCase().startsWith(text));
    const inside = all.filter((one) => !starts.includes(one) && one.name.toLowerCase().includes(text));
    // what is only a part of another name is as likely a name of its own: “Shirt” beside “T-Shirt”
    return state.classNamed(text) ? [...starts, ...inside] : [...starts, { name: input.value.trim() }, ...inside];
  }

  /** @returns {ClassRecord | undefined} */
  const suggested = () => state.classOf(guesses[0]?.class_id);

  /** @returns {Choice | null} what Enter would answer */
  function choice() {
    if (!input.value.trim()) {
      const known = suggested();
      return known ? { known, name: known.name } : null;
    }
    const known = state.classNamed(input.value);
    if (known) return { known, name: known.name };
    return options()[Math.max(0, active)] ?? { name: input.value.trim() };
  }

  /** @param {Choice} option @param {number} index */
  function row(option, index) {
    const { known, name } = option;
    const guess = guesses.find(({ class_id }) => class_id === known?.id);
    const chosen = known ? choice()?.known === known : choice()?.name === name && !choice()?.known;
    return h(
      "li",
      {
        role: "option", id: `${id}-${index}`, "aria-selected": String(chosen), "data-defines": known?.id,
        class: [chosen && "chosen", index === active && "active", guess && "guess"].filter(Boolean).join(" "),
        onpointerdown: (/** @type {Event} */ event) => event.preventDefault(),
        onclick: () => (set(option), onPick(option)),
      },
      h("span", { class: "key" }, known ? known.key && cap(known.key) : cap("+")),
      known && swatch(known.color),
      h("span", { class: "name" }, known ? name : CLASSBOX.create(name)),
      h("span", { class: "count" }, guess ? percent(guess.confidence) : ""),
    );
  }

  function render() {
    const offered = options();
    if (active >= offered.length) active = offered.length - 1;
    list.replaceChildren(...offered.map(row));
    list.hidden = offered.length === 0;
    hint.hidden = !list.hidden;
    input.setAttribute("aria-expanded", String(!list.hidden));
    input.placeholder = CLASSBOX.placeholder(suggested()?.name);
    if (active >= 0) input.setAttribute("aria-activedescendant", `${id}-${active}`);
    else input.removeAttribute("aria-activedescendant");
    const shown = list.querySelector(".active") ?? list.querySelector(".chosen");
    shown?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
    onChange();
  }

  /** @param {Choice} option */
  function set(option) {
    [input.value, typing, active] = [option.name, false, -1];
    render();
  }

  /** @param {number} by */
  function move(by) {
    const n = options().length;
    if (n > 0) active = (active + by + n) % n;
    const option = options()[active];
    if (option && !typing) input.value = option.name;
    render();
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter") onEnter();
    else if (event.key === "Escape") (clear(), onLeave());
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function clear() {
    [input.value, typing, active] = ["", false, -1];
    render();
  }

  input.addEventListener("keydown", onKey);
  input.addEventListener("input", () => {
    typing = true;
    active = input.value.trim() ? 0 : -1;
    render();
  });
  state.on("classes", render);
  render();

  return {
    element,
    choice,
    text: () => input.value,
    set,
    focus: () => input.focus(),
    /** @param {import("./types.js").Guess[]} found Newer guesses for the same question. */
    suggest(found) {
      guesses = found;
      render();
    },
    /** @param {import("./types.js").Guess[]} found best first @param {string} [text] to begin with */
    reset(found, text = "") {
      [guesses, input.value, typing, active] = [found, text, false, -1];
      list.scrollTop = 0;
      render();
    },
  };
}

/** @typedef {ReturnType<typeof createClassBox>} ClassBox */
