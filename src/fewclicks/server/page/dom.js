/** Building and finding elements, without a framework. */

const SVG = "http://www.w3.org/2000/svg";

/** Outlines on a 20 × 20 grid, drawn with a 1.6 stroke in the colour of the text. */
const ICONS = {
  brand: "M3 3h4v4H3z M8.5 3h4v4h-4z M3 8.5h4v4H3z M8.5 8.5l8 3-3.6 1.4L11.5 16.5z",
  undo: "M4 8h8a4 4 0 0 1 0 8H8 M7 4.5 3.5 8 7 11.5",
  close: "M5 5l10 10 M15 5 5 15",
  up: "M10 16V5 M5.5 9 10 4.5 14.5 9",
  folder: "M3 5.5h5l1.5 2H17v8.5H3z",
  file: "M5.5 3h6l3.5 3.5V17h-9.5z M11 3v4h4",
  wait: "M10 3.5a6.5 6.5 0 1 0 .01 0 M10 6.5V10l2.5 2",
  check: "M4 10.5l4 4 8-9",
  help: "M7.5 7.6a2.6 2.6 0 1 1 3.6 2.4c-.7.3-1.1.8-1.1 1.6v.4 M10 15v.1",
  export: "M10 3v9 M6.5 8.8 10 12.3l3.5-3.5 M4 13v3.5h12V13",
  cloud: "M6 15h8a3.2 3.2 0 0 0 .4-6.4A4.6 4.6 0 0 0 5.6 9 3 3 0 0 0 6 15z",
  offline: "M6 15h8a3.2 3.2 0 0 0 .4-6.4A4.6 4.6 0 0 0 5.6 9 3 3 0 0 0 6 15z M3 3l14 14",
  pencil: "M4 16l.8-3.4L13 4.4l2.6 2.6-8.2 8.2z",
  merge: "M4 4v3c0 3 6 2.5 6 6v3 M16 4v3c0 3-6 2.5-6 6",
  split: "M10 4v3c0 3.5-6 2.5-6 6v3 M10 7c0 3.5 6 2.5 6 6v3",
  chevron: "M5.5 8l4.5 4.5L14.5 8",
  import: "M10 12.5V3.5 M6.5 7 10 3.5 13.5 7 M4 13v3.5h12V13",
  bin: "M4 6h12 M8 6V4h4v2 M5.5 6l.8 10h7.4l.8-10",
  small: "M8 8h4v4H8z",
  large: "M4.5 4.5h11v11h-11z",
  mark: "M4 4h12v12H4z M7.5 7.5l5 5 M12.5 7.5l-5 5",
};

/**
 * Make an element. A property starting with "on" is a listener, a property the element has is
 * set, anything else becomes an attribute; null, undefined and false are left out.
 *
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...any} children strings and nodes; null and false are left out
 * @returns {any}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name in element && name !== "list") /** @type {any} */ (element)[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  const kept = children.flat().filter((child) => ![null, undefined, false, ""].includes(child));
  element.append(...kept);
  return element;
}

/** @param {keyof typeof ICONS} name @returns {SVGElement} an icon hidden from screen readers */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/**
 * @param {keyof typeof ICONS} sign @param {string} label for the tooltip and for screen readers
 * @param {() => void} onclick @param {Record<string, any>} [more] properties
 * @returns {HTMLButtonElement}
 */
export function iconButton(sign, label, onclick, more = {}) {
  const names = { title: label, "aria-label": label };
  return h("button", { class: "icon-button", type: "button", ...names, onclick, ...more }, icon(sign));
}

/** @param {string} name @param {{title: string, about: string}} words @param {...any} content */
export function pageView(name, { title, about }, ...content) {
  const head = h("header", {}, h("h2", {}, title), h("p", { class: "reason" }, about));
  return h("div", { class: `view page ${name}` }, head, ...content);
}

/** @param {string} key @returns {HTMLElement} a key cap; the words beside it say what it does */
export function cap(key) {
  return h("kbd", { "aria-hidden": "true" }, key);
}

/** @param {string} color @returns {HTMLElement} the swatch of a class */
export function swatch(color) {
  const element = h("span", { class: "swatch", "aria-hidden": "true" });
  element.style.backgroundColor = color;
  return element;
}

/**
 * Put the focus where single keys work, unless somebody is on the way through the page by keys.
 * @param {HTMLElement} home
 */
export function comeHome(home) {
  if (!document.activeElement?.matches(":focus-visible")) home.focus({ preventScroll: true });
}

/** @param {EventTarget | null} target @returns {boolean} whether letters belong to this field */
export function isTyping(target) {
  return target instanceof Element && target.matches("input:not([type=range]), select, textarea");
}
