/** A claim about how few labels are wrong, and how far blind answers have proved it. */

import { ApiError, get } from "../api.js";
import { h, icon, swatch } from "../dom.js";
import { CERTIFICATE, count, percentOf } from "../text.js";
import { createAuditPage } from "./auditpage.js";

/** @typedef {import("../types.js").Certificate} Certificate */

/** @param {import("../main.js").App} app */
export function createCertificate(app) {
  const { state, outbox, toasts, go } = app;
  /** @type {Certificate | null} */
  let told = null;
  let wantsMore = false;
  const sentence = h("p", { class: "proof" });
  const bar = h("progress", { max: 1, "aria-label": CERTIFICATE.bar });
  const facts = h("dl", { class: "facts" });
  const answer = h("button", { class: "primary", onclick: () => go("items") });
  const page = createAuditPage(app, accept);
  const pages = h("button", { title: CERTIFICATE.pagesTitle, onclick: page.show }, CERTIFICATE.pages);
  const name = h("button", { title: CERTIFICATE.nameTitle, onclick: () => send("api/certificate/name", {}, CERTIFICATE.nameAbout) });
  const end = h("button", { title: CERTIFICATE.endTitle, onclick: () => send("api/certificate/end", {}, CERTIFICATE.end) }, CERTIFICATE.end);
  const more = h("button", { onclick: () => ((wantsMore = true), render(), right.focus()) }, CERTIFICATE.more);
  const standing = h("div", { class: "standing" }, sentence, bar, facts, h("p", { class: "buttons" }, answer, pages, name, more, end), page.element);

  const right = number(CERTIFICATE.rightLabel, 99);
  const confidence = number(CERTIFICATE.confidenceLabel, 95);
  const draw = h("select", { "aria-describedby": "claim-cost" }, CERTIFICATE.draws.map(({ value, label }) => h("option", { value }, label)));
  const cost = h("p", { class: "hint", id: "claim-cost", role: "status" });
  const form = h("form", { class: "claim", onsubmit: begin, oninput: renderCost },
    h("p", {}, CERTIFICATE.atLeast, right, CERTIFICATE.areRight, confidence, CERTIFICATE.confidence),
    h("p", {}, h("label", {}, CERTIFICATE.drawLabel, " ", draw)), cost, h("p", { class: "buttons" }, h("button", { class: "primary", type: "submit" }, CERTIFICATE.begin)));

  const rows = h("tbody");
  const heads = CERTIFICATE.heads.map((words, at) => h("th", { scope: "col", class: at ? "number" : "" }, words));
  const table = h("details", {}, h("summary", {}, CERTIFICATE.classes),
    h("div", { class: "scrolls", tabIndex: 0, role: "region", "aria-label": CERTIFICATE.classes },
      h("table", { class: "figures-table" }, h("thead", {}, h("tr", {}, heads)), rows)));
  const caveat = h("p", { class: "hint" });
  const element = h("section", { class: "certificate" }, h("h3", {}, CERTIFICATE.title), h("p", { class: "reason" }, CERTIFICATE.about), standing, form, table, caveat);

  /** @param {string} label @param {number} value in % */
  function number(label, value) {
    return h("input", { type: "number", "aria-label": label, value: String(value), min: 50, max: 99.999, step: "any", required: true });
  }

  /** @param {string} path @param {object} body @param {string} about */
  function send(path, body, about) {
    outbox.add("POST", path, body, { about, accepted: (reply) => accept(reply.certificate), refused: load });
  }

  /** @param {Event} event */
  function begin(event) {
    event.preventDefault();
    send("api/certificate", claimed(), CERTIFICATE.begin);
  }

  function claimed() {
    const error = Number((1 - right.valueAsNumber / 100).toFixed(6));
    return { error, confidence: Number((confidence.valueAsNumber / 100).toFixed(6)), draw: draw.value };
  }

  function renderCost() {
    cost.textContent = form.checkValidity() ? CERTIFICATE.cost(claimed()) : CERTIFICATE.impossible;
  }

  /** @param {Certificate | null} certificate */
  function accept(certificate) {
    [told, wantsMore] = [certificate, false];
    render();
    state.watch();
  }

  function render() {
    const readOnly = Boolean(state.now.project?.read_only);
    standing.hidden = told === null;
    form.hidden = readOnly || !(told === null || told.state === "ended" || wantsMore);
    table.hidden = !told?.audits;
    caveat.textContent = told?.caveat ?? "";
    renderCost();
    if (!told) return;
    const { state: now, finish, holds } = told;
    const [isOpen, isNaming] = [now !== "ended", now === "naming"];
    sentence.replaceChildren(icon(holds ? "check" : "wait"), h("span", {}, told.sentence));
    sentence.classList.toggle("holds", holds);
    answer.hidden = !isOpen || holds || readOnly;
    pages.hidden = answer.hidden || !told.may_look_through;
    answer.textContent = isNaming ? CERTIFICATE.nameLeft(finish?.left ?? 0) : CERTIFICATE.answer(told.noticed);
    name.hidden = answer.hidden || isNaming || !finish || finish.left >= (told.to_go ?? Infinity);
    if (finish) name.textContent = CERTIFICATE.name(finish.left);
    if (pages.hidden) page.hide();
    more.hidden = !isOpen || (!holds && told.to_go !== null) || wantsMore || readOnly;
    end.hidden = !isOpen || readOnly;
    const [done, toGo] = isNaming && finish ? [finish.n_people - finish.left, finish.left] : [told.audits, told.to_go];
    bar.hidden = !isOpen || holds || toGo === null;
    bar.value = done / Math.max(1, done + (toGo ?? 0));
    facts.replaceChildren(...CERTIFICATE.facts(told).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
    rows.replaceChildren(...told.classes.map(({ class_id, n_items, audits, wrong, upper }) => {
      const known = state.classOf(class_id);
      return h("tr", {}, h("th", { scope: "row" }, known && swatch(known.color), known?.name ?? ""),
        [count(n_items), count(audits), count(wrong), percentOf(upper)].map((words) => h("td", { class: "number" }, words)));
    }));
  }

  async function load() {
    try {
      told = (await get("api/certificate")).certificate;
      render();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toasts.trouble(error, { label: CERTIFICATE.again, run: load });
    }
  }

  render(); // what there is before the server has told of it
  return { element, load, render };
}
