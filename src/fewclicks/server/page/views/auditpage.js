/** A page of images that are all labelled as one class: what is not of it is clicked. */

import { ApiError, get } from "../api.js";
import { h } from "../dom.js";
import { AUDITPAGE } from "../text.js";

/** @typedef {{class_id: number, items: number[]}} Page */

/**
 * @param {import("../main.js").App} app
 * @param {(certificate: import("../types.js").Certificate) => void} told what the server says after a page
 */
export function createAuditPage({ state, changes, effort, thumbnails, toasts }, told) {
  /** @type {Page | null} */
  let page = null;
  /** @type {Set<number>} */
  const wrong = new Set();
  let open = false;
  const title = h("h4");
  const board = h("div", { class: "audit-board", role: "group", onkeydown: onKey });
  const accept = h("button", { class: "primary", onclick: send });
  const close = h("button", { onclick: hide }, AUDITPAGE.close);
  const element = h("div", { class: "audit-page", hidden: true }, title, h("p", { class: "hint" }, AUDITPAGE.about), board, h("p", { class: "buttons" }, accept, close));

  /** @returns {HTMLElement[]} */
  const cells = () => /** @type {any} */ ([...board.children]);

  /** @param {number} item @param {number} at */
  function cell(item, at) {
    const toggle = () => {
      if (!wrong.delete(item)) wrong.add(item);
      button.setAttribute("aria-pressed", String(wrong.has(item)));
      renderAccept();
    };
    const button = h("button", { "aria-pressed": "false", "aria-label": AUDITPAGE.image(at + 1), "data-item": item, tabIndex: at ? -1 : 0, onclick: toggle }, thumbnails.picture(item));
    return button;
  }

  function renderAccept() {
    accept.textContent = AUDITPAGE.accept(state.classOf(page?.class_id ?? null)?.name ?? "", wrong.size);
  }

  /** Arrows walk, Enter accepts; Space marks as every button does. @param {KeyboardEvent} event */
  function onKey(event) {
    const all = cells();
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (event.key === "Enter") send();
    else {
      const columns = all.filter(({ offsetTop }) => offsetTop === all[0].offsetTop).length;
      const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
      if (!by || at < 0) return;
      all[Math.min(all.length - 1, Math.max(0, at + by))].focus();
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {Page} found */
  function lay(found) {
    page = found;
    wrong.clear();
    title.textContent = AUDITPAGE.title(state.classOf(page.class_id)?.name ?? "");
    board.setAttribute("aria-label", title.textContent ?? "");
    board.replaceChildren(...page.items.map(cell));
    accept.disabled = false;
    renderAccept();
    effort.start();
    cells()[0]?.focus();
  }

  async function load() {
    try {
      const found = await get("api/certificate/page");
      if (open) lay(found);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      hide();
      if (error.status === 409) toasts.say(`${error.message} ${error.remedy}`);
      else toasts.trouble(error, { label: AUDITPAGE.again, run: show });
    }
  }

  function send() {
    if (!page || accept.disabled) return;
    accept.disabled = true;
    const body = { ...page, wrong: [...wrong], ...effort.spent() };
    const again = () => void (open && load());
    changes.send("POST", "api/certificate/page", body, {
      about: AUDITPAGE.said(page.items.length), revert: again, reapply: again,
      accepted: (reply) => {
        told(reply.certificate);
        if (reply.certificate.holds) hide();
        else again();
      },
    });
  }

  function show() {
    open = true;
    element.hidden = false;
    load();
  }

  function hide() {
    open = false;
    element.hidden = true;
  }

  return { element, show, hide };
}
