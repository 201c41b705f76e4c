/** The classes: their names, colours and keys; adding, merging and deleting them. */

import { h, iconButton, isTyping, pageView } from "../dom.js";
import { CLASS_KEYS } from "../keys.js";
import { CLASSES, count } from "../text.js";

/** @typedef {import("../types.js").ClassRecord} ClassRecord */

/** @param {import("../main.js").App} app */
export function createClasses({ state, changes }) {
  const list = h("ul", { class: "class-list" });
  const name = h("input", {
    type: "text", required: true, maxLength: 200, autocomplete: "off",
    placeholder: CLASSES.newName, "aria-label": CLASSES.newName,
  });
  const form = h("form", { class: "add", onsubmit: add }, name, h("button", { class: "primary" }, CLASSES.add));
  const none = h("p", { class: "hint" }, CLASSES.none);
  const element = pageView("classes", CLASSES, form, list, none);
  /** @type {{id: number, what: "merge" | "delete"} | null} the row that asks "really?" */
  let asking = null;
  let stale = false;

  const reload = () => void state.loadClasses().catch(() => undefined);

  /**
   * Send a change of classes; undo and redo show once the server has done them.
   * @param {string} method @param {string} path @param {object} body @param {string} about
   */
  function send(method, path, body, about) {
    const nothing = () => undefined;
    changes.send(method, path, body, { about, revert: nothing, reapply: nothing, accepted: reload });
  }

  /** @param {SubmitEvent} event */
  function add(event) {
    event.preventDefault();
    const text = name.value.trim();
    if (text) send("POST", "api/classes", { name: text }, CLASSES.added(text));
    name.value = "";
  }

  /** @param {ClassRecord} known @param {Partial<ClassRecord>} change */
  function change(known, change) {
    state.learn({ ...known, ...change });
    send("PATCH", `api/classes/${known.id}`, change, CLASSES.changed(known.name));
  }

  /** @param {ClassRecord} known */
  function nameField(known) {
    const field = h("input", {
      class: "class-name", type: "text", value: known.name, maxLength: 200,
      "aria-label": CLASSES.nameOf(known.name),
      onkeydown(/** @type {KeyboardEvent} */ event) {
        if (event.key === "Escape") field.value = known.name;
        if (event.key === "Enter" || event.key === "Escape") field.blur();
      },
      onchange() {
        const text = field.value.trim();
        if (text && text !== known.name) change(known, { name: text });
        else field.value = known.name;
      },
    });
    return field;
  }

  /** @param {ClassRecord} known */
  function keyField(known) {
    const others = state.now.classes.filter((other) => other !== known);
    const taken = new Set(others.map((other) => other.key));
    const options = [...CLASS_KEYS].map((key) =>
      h("option", { value: key, selected: key === known.key, disabled: taken.has(key) }, key));
    const field = h(
      "select",
      {
        class: "class-key", "aria-label": CLASSES.keyOf(known.name),
        onchange: () => change(known, { key: field.value || null }),
      },
      h("option", { value: "", selected: !known.key }, CLASSES.noKey), options,
    );
    return field;
  }

  /** @param {ClassRecord} known */
  function colorField(known) {
    const field = h("input", {
      class: "class-color", type: "color", value: known.color,
      "aria-label": CLASSES.colorOf(known.name),
      onchange: () => change(known, { color: field.value }),
    });
    return field;
  }

  /** @param {number} id @param {"merge" | "delete" | null} what */
  function ask(id, what) {
    asking = what && { id, what };
    render();
    const row = list.querySelector(`[data-id="${id}"]`);
    (row?.querySelector(".confirm select, .confirm button") ?? row?.querySelector(".icon-button"))?.focus();
  }

  /** @param {ClassRecord} known @param {HTMLElement} question @param {string} label @param {() => void} run */
  function confirm(known, question, label, run) {
    const close = () => ask(known.id, null);
    const onkeydown = (/** @type {KeyboardEvent} */ { key }) => key === "Escape" && close();
    return h(
      "div",
      { class: "confirm", onkeydown },
      question,
      h("button", { class: "primary", onclick: () => (run(), close()) }, label),
      h("button", { onclick: close }, CLASSES.cancel),
    );
  }

  /** @param {ClassRecord} known */
  function confirmMerge(known) {
    const others = state.now.classes.filter((other) => other.id !== known.id && other.id >= 0);
    const into = h("select", {}, others.map((other) => h("option", { value: other.id }, other.name)));
    return confirm(known, h("label", {}, CLASSES.mergeAsk(known.name), into), CLASSES.merge, () =>
      send("POST", `api/classes/${known.id}/merge`, { into: Number(into.value) }, CLASSES.merged(known.name)));
  }

  /** @param {ClassRecord} known */
  function confirmDelete(known) {
    return confirm(known, h("p", {}, CLASSES.deleteAsk(known.name, known.n_answers)), CLASSES.delete, () =>
      send("DELETE", `api/classes/${known.id}`, {}, CLASSES.deleted(known.name)));
  }

  /** @param {ClassRecord} known */
  function row(known) {
    const asked = asking?.id === known.id ? asking.what : null;
    const button = (/** @type {"merge" | "bin"} */ sign, /** @type {"merge" | "delete"} */ what) => {
      const label = what === "merge" ? CLASSES.mergeOf(known.name) : CLASSES.deleteOf(known.name);
      const toggle = () => ask(known.id, asked === what ? null : what);
      return iconButton(sign, label, toggle, { "aria-expanded": String(asked === what) });
    };
    return h(
      "li",
      { "data-id": known.id },
      h("div", { class: "class-row" },
        colorField(known), keyField(known), nameField(known),
        h("span", { class: "tally" }, h("b", {}, count(known.n_labels)), ` ${CLASSES.items}`),
        h("span", { class: "tally" }, h("b", {}, count(known.n_answers)), ` ${CLASSES.answers}`),
        state.now.classes.length > 1 && button("merge", "merge"),
        button("bin", "delete")),
      asked === "merge" && confirmMerge(known),
      asked === "delete" && confirmDelete(known),
    );
  }

  function render() {
    const known = state.now.classes.filter(({ id }) => id >= 0);
    none.hidden = known.length > 0;
    list.replaceChildren(...known.map(row));
  }

  /** Not while somebody types: a list that changes under the fingers would lose it. */
  function renderInPeace() {
    const active = list.contains(document.activeElement) ? document.activeElement : null;
    stale = isTyping(active);
    if (stale) return;
    const place = active?.getAttribute("aria-label");
    render();
    if (place) list.querySelector(`[aria-label="${CSS.escape(place)}"]`)?.focus();
  }

  list.addEventListener("focusout", () => setTimeout(() => stale && renderInPeace()));
  state.on("classes", renderInPeace);

  return {
    element,
    commands: { c: () => name.focus(), "/": () => name.focus() },
    onClassKey() {},
    show() {
      render();
      reload();
    },
    hide() {
      asking = null;
    },
  };
}
