/** One view at a time; the address remembers which, so that a reload comes back to it. */

import { h } from "./dom.js";

/** @typedef {import("./main.js").View} View */

const FIRST = "clusters";
const nothing = () => undefined;

/** @returns {View} what stands for a view until it is there: it shows nothing and no key means anything */
const coming = () => ({
  element: h("div", { class: "view", "aria-busy": "true" }),
  commands: {}, onClassKey: nothing, show: nothing, hide: nothing,
});

/**
 * @param {Record<string, View>} ready by the id of their tab
 * @param {Record<string, () => Promise<() => View>>} later the others: what each is made of is
 *   fetched when it is first wanted, or by `makeAll`
 * @param {{element: HTMLElement, select: (id: string) => void}} header
 * @param {(again: () => void) => void} onMissing what a view is made of could not be fetched
 */
export function createTabs(ready, later, header, onMissing) {
  /** @type {Record<string, View>} */
  const views = {};
  /** @type {Set<string>} there, or on their way */
  const begun = new Set(Object.keys(ready));
  let current = "";

  /** @param {string} id @param {View} view */
  function put(id, view) {
    const { element } = view;
    element.id = `view-${id}`;
    element.setAttribute("role", "tabpanel");
    element.setAttribute("aria-labelledby", `tab-${id}`);
    element.hidden = id !== current;
    views[id]?.element.replaceWith(element);
    views[id] = view;
  }

  /** @param {string} id */
  async function make(id) {
    begun.add(id);
    const create = await later[id]().catch(nothing);
    if (create) put(id, create());
    else begun.delete(id);
    if (id !== current) return;
    if (create) views[id].show();
    else onMissing(() => id === current && !begun.has(id) && make(id));
  }

  /** @param {string} id of a tab */
  function go(id) {
    if (id === current || !(id in views)) return;
    views[current]?.hide();
    current = id;
    for (const [name, { element }] of Object.entries(views)) element.hidden = name !== id;
    header.select(id);
    history.replaceState(null, "", `#${id}`);
    if (begun.has(id)) views[id].show();
    else make(id);
  }

  for (const [id, view] of Object.entries(ready)) put(id, view);
  for (const id of Object.keys(later)) put(id, coming());

  return {
    go,
    current: () => views[current],
    /** Make, one after the other, what nobody has wanted yet: it opens at once then, and offline too. */
    async makeAll() {
      for (const id of Object.keys(later)) if (!begun.has(id)) await make(id);
    },
    /** Put the page into the document and show the view the address names. */
    start() {
      const elements = Object.values(views).map(({ element }) => element);
      document.body.prepend(header.element, h("main", {}, elements));
      window.addEventListener("hashchange", () => go(location.hash.slice(1)));
      const asked = location.hash.slice(1);
      go(asked in views ? asked : FIRST);
    },
  };
}
