/** What is seldom changed of a class: its parent, what it means, its examples; and splitting it. */

import { ApiError, get } from "../api.js";
import { h, icon } from "../dom.js";
import { CLASSES, EXAMPLES } from "../text.js";

const FEW = 12;
const MANY = 60;

/** @typedef {import("../types.js").ClassRecord} ClassRecord */

/**
 * @param {import("../main.js").App} app
 * @param {{change: (known: ClassRecord, change: Partial<ClassRecord>) => void,
 *   render: () => void, askSplit: (known: ClassRecord) => void}} tools
 */
export function createClassDetails({ state, thumbnails, examples, sharp }, { change, render, askSplit }) {
  /** @type {Map<number, {items: number[], limit: number}>} what people called so, once it is here */
  const typical = new Map();

  /** @param {ClassRecord} known @param {number} [limit] */
  async function lookUp({ id }, limit = FEW) {
    try {
      const { items } = await get(`api/classes/${id}/typical`, { limit });
      typical.set(id, { items, limit });
      render();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // suggestions are a help, not a need
    }
  }

  /** @param {ClassRecord} known */
  function parentField(known) {
    const isParent = state.now.classes.some(({ parent_id }) => parent_id === known.id);
    const tops = state.now.classes.filter(({ id, parent_id }) => id >= 0 && id !== known.id && parent_id === null);
    const field = h(
      "select",
      {
        "aria-label": CLASSES.parentOf(known.name), disabled: isParent,
        onchange: () => change(known, { parent_id: field.value ? Number(field.value) : null }),
      },
      h("option", { value: "", selected: known.parent_id === null }, CLASSES.noParent),
      tops.map(({ id, name }) => h("option", { value: id, selected: id === known.parent_id }, name)),
    );
    const why = isParent && h("span", { class: "hint" }, CLASSES.isParent);
    return h("label", { class: "detail" }, h("span", {}, CLASSES.parent), h("span", { class: "choice" }, field, why));
  }

  /** @param {ClassRecord} known */
  function descriptionField(known) {
    const field = h("textarea", {
      rows: 3, maxLength: 2000, placeholder: CLASSES.describe, value: known.description,
      "aria-label": CLASSES.descriptionOf(known.name),
      onchange: () => change(known, { description: field.value.trim() }),
    });
    return h("label", { class: "detail" }, h("span", {}, CLASSES.description), field);
  }

  /** @param {number} item @param {string} label @param {() => void} onclick @param {string} sign */
  function image(item, label, onclick, sign) {
    return h("li", {}, h("button", { class: `example ${sign}`, title: label, "aria-label": label, onclick }, thumbnails.picture(item)));
  }

  /** @param {ClassRecord} known */
  function exampleList(known) {
    const kind = sharp ? "example-list sharp" : "example-list";
    const chosen = known.examples.map((item) =>
      image(item, EXAMPLES.remove(item, known.name), () => examples.remove(known, item), "remove"));
    const { items = [], limit = FEW } = typical.get(known.id) ?? {};
    const offered = items.filter((item) => !known.examples.includes(item)).map((item) =>
      image(item, EXAMPLES.add(item, known.name), () => examples.add(item, known), "add"));
    const more = items.length === limit && limit < MANY;
    return h("div", { class: "detail" },
      h("span", {}, EXAMPLES.title),
      h("div", {},
        chosen.length > 0 ? h("ul", { class: kind, "aria-label": EXAMPLES.of(known.name) }, chosen) : h("p", { class: "hint" }, EXAMPLES.none),
        offered.length > 0 && h("p", { class: "hint" }, EXAMPLES.offer),
        offered.length > 0 && h("ul", { class: `${kind} offered`, "aria-label": EXAMPLES.typicalOf(known.name) }, offered),
        more && h("button", { class: "quiet", "aria-label": EXAMPLES.moreOf(known.name), onclick: () => lookUp(known, MANY) }, EXAMPLES.more)));
  }

  return {
    /** @param {ClassRecord} known Look up what is typical of it now. */
    open: (known) => void lookUp(known),
    /** @param {ClassRecord} known @param {string} id */
    element(known, id) {
      const split = { class: "split", disabled: known.n_answers === 0, onclick: () => askSplit(known) };
      return h("div", { class: "class-details", id },
        parentField(known), descriptionField(known), exampleList(known),
        h("div", { class: "detail" }, h("span"),
          h("div", { class: "choice" }, h("button", { ...split, "aria-label": CLASSES.splitOf(known.name) }, icon("split"), CLASSES.split),
            h("span", { class: "hint" }, CLASSES.splitWhy))));
    },
  };
}
