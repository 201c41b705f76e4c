/** The classes: their names, colours and keys; adding, merging, splitting and deleting them. */

import { h, iconButton, isTyping, pageView } from "../dom.js";
import { CLASS_KEYS } from "../keys.js";
import { CLASSES, count } from "../text.js";
import { createClassDetails } from "./classdetails.js";
import { createClassList } from "./classlist.js";

/** @typedef {import("../types.js").ClassRecord} ClassRecord */
/** @typedef {"merge" | "split" | "delete"} Step what is done only after "really?" */

/** @param {import("../main.js").App} app */
export function createClasses(app) {
  const { state, changes, decks, toasts, go } = app;
  const list = h("ul", { class: "class-list" });
  const name = h("input", {
    type: "text", required: true, maxLength: 200, autocomplete: "off",
    placeholder: CLASSES.newName, "aria-label": CLASSES.newName,
  });
  const form = h("form", { class: "add", onsubmit: add }, name, h("button", { class: "primary" }, CLASSES.add));
  const none = h("p", { class: "hint" }, CLASSES.none);
  const reload = () => void state.loadClasses().catch(() => undefined);
  const exchange = createClassList(app, reload);
  const details = createClassDetails(app, { change, render: renderInPeace, askSplit: ({ id }) => ask(id, "split") });
  const element = pageView("classes", CLASSES, form, list, none, exchange.element);
  /** @type {{id: number, what: Step} | null} the row that asks "really?" */
  let asking = null;
  /** @type {Set<number>} the rows that show their details */
  const opened = new Set();
  let stale = false;

  /**
   * Send a change of classes; undo and redo show once the server has done them.
   * @param {string} method @param {string} path @param {object} body @param {string} about
   * @param {(reply: any) => void} [accepted]
   */
  function send(method, path, body, about, accepted = reload) {
    const nothing = () => undefined;
    changes.send(method, path, body, { about, revert: nothing, reapply: nothing, accepted });
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

  /** @param {number} id @param {Step | null} what */
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
  function confirmSplit(known) {
    return confirm(known, h("p", {}, CLASSES.splitAsk(known.name, known.n_answers)), CLASSES.split, () =>
      send("POST", `api/classes/${known.id}/split`, {}, CLASSES.splitDone(known.name), ({ questions }) => {
        reload();
        const clusters = questions.filter((/** @type {any} */ { kind }) => kind === "cluster");
        const [deck, view, first] = clusters.length > 0 ? [decks.cluster, "clusters", clusters] : [decks.item, "items", questions];
        deck.putBack(...first);
        go(view);
        toasts.say(CLASSES.splitDone(known.name));
      }));
  }

  /** @param {ClassRecord} known @param {string} id of the details */
  function more(known, id) {
    const isOpen = opened.has(known.id);
    const toggle = () => {
      if (isOpen) opened.delete(known.id);
      else (opened.add(known.id), details.open(known));
      render();
      list.querySelector(`[data-id="${known.id}"] .more`)?.focus();
    };
    const says = { "aria-expanded": String(isOpen), "aria-controls": isOpen && id };
    return iconButton("chevron", CLASSES.detailsOf(known.name), toggle, { ...says, class: "icon-button more" });
  }

  /** @param {ClassRecord} known */
  function row(known) {
    const asked = asking?.id === known.id ? asking.what : null;
    const id = `class-details-${known.id}`;
    const button = (/** @type {"merge" | "bin"} */ sign, /** @type {"merge" | "delete"} */ what) => {
      const label = what === "merge" ? CLASSES.mergeOf(known.name) : CLASSES.deleteOf(known.name);
      const toggle = () => ask(known.id, asked === what ? null : what);
      return iconButton(sign, label, toggle, { "aria-expanded": String(asked === what) });
    };
    return h(
      "li",
      { "data-id": known.id, class: known.parent_id === null ? "" : "under" },
      h("div", { class: "class-row" },
        colorField(known), keyField(known), nameField(known),
        h("span", { class: "tally" }, h("b", {}, count(known.n_labels)), ` ${CLASSES.items}`),
        h("span", { class: "tally" }, h("b", {}, count(known.n_answers)), ` ${CLASSES.answers}`),
        state.now.classes.length > 1 && button("merge", "merge"),
        button("bin", "delete"), more(known, id)),
      asked === "merge" && confirmMerge(known),
      asked === "split" && confirmSplit(known),
      asked === "delete" && confirmDelete(known),
      opened.has(known.id) && details.element(known, id),
    );
  }

  /** @returns {ClassRecord[]} each class followed by those under it */
  function inFamilies() {
    const known = state.now.classes.filter(({ id }) => id >= 0);
    const top = known.filter(({ parent_id }) => !state.classOf(parent_id));
    return top.flatMap((one) => [one, ...known.filter(({ parent_id }) => parent_id === one.id)]);
  }

  function render() {
    const known = inFamilies();
    const locked = Boolean(state.now.project?.read_only);
    none.hidden = known.length > 0;
    form.hidden = locked;
    list.replaceChildren(...known.map(row));
    if (locked) list.querySelectorAll("input, select, textarea, button:not(.more)").forEach((one) => (one.disabled = true));
    exchange.refresh();
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
