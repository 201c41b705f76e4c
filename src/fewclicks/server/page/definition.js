/**
 * What a class means, beside wherever it can be chosen: shown while the pointer or the focus is on
 * an element with `data-defines`. It stays until these leave, can be pointed at itself, and Escape
 * puts it away (WCAG 1.4.13).
 */

import { h, swatch } from "./dom.js";

const SHOW_MS = 350;
const HIDE_MS = 250;
const GAP = 10;

/**
 * @param {{state: import("./state.js").State, thumbnails: import("./thumbnails.js").Thumbnails,
 *   sharp: boolean}} app
 */
export function createDefinition({ state, thumbnails, sharp }) {
  const name = h("b");
  const words = h("p");
  const images = h("div", { class: sharp ? "examples sharp" : "examples" });
  const element = h("div", { class: "definition", id: "definition", role: "tooltip", hidden: true }, name, words, images);
  document.querySelector("main")?.append(element);
  /** @type {Element | null} what it is shown for, and who is told of it */
  let anchor = null;
  /** @type {Element | null} */
  let described = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** @param {EventTarget | null} target @returns {Element | null} */
  const definedBy = (target) => (target instanceof Element ? target.closest("[data-defines]") : null);

  /** @param {Element} found @returns {boolean} whether there is anything to say of its class */
  function fill(found) {
    const known = state.classOf(Number(found.getAttribute("data-defines")));
    if (!known || !(known.description || known.examples.length)) return false;
    const parent = state.classOf(known.parent_id);
    name.replaceChildren(swatch(known.color), parent ? `${parent.name} › ${known.name}` : known.name);
    words.textContent = known.description;
    words.hidden = !known.description;
    images.replaceChildren(...known.examples.map((item) => thumbnails.picture(item)));
    images.hidden = known.examples.length === 0;
    return true;
  }

  /** Left of a list at the right edge, else below or above what it is about. */
  function place() {
    if (!anchor) return;
    const { left, top, bottom, right } = anchor.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = element;
    const beside = left - width - GAP;
    const isBeside = anchor.matches("[role=option]") && beside >= GAP;
    const x = isBeside ? beside : Math.min(Math.max(GAP, (left + right - width) / 2), window.innerWidth - width - GAP);
    const lowest = window.innerHeight - height - GAP;
    const under = bottom + GAP <= lowest ? bottom + GAP : Math.max(GAP, top - height - GAP);
    const y = isBeside ? Math.min(Math.max(GAP, top), lowest) : under;
    Object.assign(element.style, { left: `${x}px`, top: `${y}px` });
  }

  /** @param {Element} found @param {Element | null} reader the element that has the focus, if it does */
  function show(found, reader) {
    clearTimeout(timer);
    hide();
    if (!found.isConnected || !fill(found)) return;
    [anchor, described] = [found, reader];
    described?.setAttribute("aria-describedby", element.id);
    element.hidden = false;
    place();
  }

  function hide() {
    clearTimeout(timer);
    described?.removeAttribute("aria-describedby");
    [anchor, described] = [null, null];
    element.hidden = true;
  }

  /** @param {() => void} run @param {number} after ms */
  function later(run, after) {
    clearTimeout(timer);
    timer = setTimeout(run, after);
  }

  /** @param {PointerEvent} event */
  function onPoint({ target, pointerType }) {
    if (pointerType === "touch") return; // a touch chooses
    if (element.contains(/** @type {Node} */ (target))) return clearTimeout(timer);
    const found = definedBy(target);
    const same = anchor?.getAttribute("data-defines") === found?.getAttribute("data-defines");
    if (found && !(anchor && same)) later(() => show(found, null), SHOW_MS);
    else if (found) clearTimeout(timer);
    else if (anchor && !described) later(hide, HIDE_MS);
    else if (!anchor) clearTimeout(timer);
  }

  /** The option that the arrow keys have come to, while the focus stays in the box. */
  function onKeyUp(/** @type {KeyboardEvent} */ { target, key }) {
    if (!(target instanceof Element) || !target.matches("[role=combobox]") || key === "Escape") return;
    const active = target.getAttribute("aria-activedescendant");
    const found = active && definedBy(document.getElementById(active));
    if (found) show(found, target);
    else if (described === target) hide();
  }

  /** @param {FocusEvent} event */
  function onFocus({ target }) {
    const found = definedBy(target);
    if (found?.matches(":focus-visible")) show(found, found);
  }

  function onKeyDown(/** @type {KeyboardEvent} */ event) {
    if (!anchor) return;
    if (!anchor.isConnected) return hide(); // what it was about is gone, and wants no Escape
    if (event.key !== "Escape") return;
    hide();
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  document.addEventListener("pointerover", onPoint);
  document.addEventListener("pointerdown", ({ target }) => element.contains(/** @type {Node} */ (target)) || hide());
  document.addEventListener("keyup", onKeyUp);
  document.addEventListener("focusin", onFocus);
  document.addEventListener("focusout", () => described && hide());
  document.addEventListener("keydown", onKeyDown, true);
  window.addEventListener("resize", hide);
}
