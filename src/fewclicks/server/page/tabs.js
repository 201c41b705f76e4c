/** One view at a time; the address remembers which, so that a reload comes back to it. */

import { h } from "./dom.js";

const FIRST = "clusters";

/**
 * @param {Record<string, import("./main.js").View>} views by the id of their tab
 * @param {{element: HTMLElement, select: (id: string) => void}} header
 */
export function createTabs(views, header) {
  let current = "";

  /** @param {string} id of a tab */
  function go(id) {
    if (id === current || !(id in views)) return;
    views[current]?.hide();
    current = id;
    for (const [name, { element }] of Object.entries(views)) element.hidden = name !== id;
    header.select(id);
    history.replaceState(null, "", `#${id}`);
    views[id].show();
  }

  for (const [name, { element }] of Object.entries(views)) {
    element.id = `view-${name}`;
    element.setAttribute("role", "tabpanel");
    element.setAttribute("aria-labelledby", `tab-${name}`);
  }

  return {
    go,
    current: () => views[current],
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
