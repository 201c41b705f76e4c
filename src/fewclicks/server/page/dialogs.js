/** The two dialogs: help, and export. */

import { ApiError, get } from "./api.js";
import { h, icon, iconButton } from "./dom.js";
import { setSingleKeys, singleKeys } from "./keys.js";
import { EXPORT, HELP, jobLine } from "./text.js";

const LOOK_MS = 500;

/** @param {string} title @param {...any} content @returns {HTMLDialogElement} */
function dialog(title, ...content) {
  const close = () => element.close();
  const element = h(
    "dialog",
    { "aria-label": title, onclick: (/** @type {Event} */ event) => event.target === element && close() },
    h("div", { class: "dialog-body" },
      h("header", {}, h("h2", {}, title), iconButton("close", EXPORT.close, close)),
      content),
  );
  document.body.append(element);
  return element;
}

/** @returns {() => void} opens the help */
export function createHelp() {
  const change = () => setSingleKeys(toggle.checked);
  const toggle = h("input", { type: "checkbox", checked: singleKeys(), onchange: change });
  const check = h("label", { class: "check" }, toggle, HELP.singleKeys);
  const sections = HELP.sections.map(({ title, rows }) =>
    h("section", {}, h("h3", {}, title),
      h("dl", { class: "keys" }, rows.map(([keys, text]) =>
        h("div", {}, h("dt", {}, keys.map((key) => h("kbd", {}, key))), h("dd", {}, text))))),
  );
  const element = dialog(HELP.title, h("div", { class: "help-sections" }, sections), check);
  return () => element.showModal();
}

/**
 * @param {{state: import("./state.js").State, outbox: import("./outbox.js").Outbox}} tools
 * @returns {() => void} opens the export dialog
 */
export function createExport({ state, outbox }) {
  const formats = EXPORT.formats.map(({ value, label, about }, at) =>
    h("label", { class: "option" },
      h("input", { type: "radio", name: "format", value, checked: at === 0 }),
      h("span", {}, h("b", {}, label), h("small", {}, about))),
  );
  const modes = EXPORT.modes.map(({ value, label }) => h("option", { value }, label));
  const mode = h("select", { name: "mode" }, modes);
  const plain = { type: "text", autocomplete: "off", spellcheck: false };
  const folder = h("input", { ...plain, name: "folder", placeholder: EXPORT.folderHint });
  const extra = h("div", { class: "extra", hidden: true },
    h("label", {}, EXPORT.mode, mode), h("label", {}, EXPORT.folder, folder));
  const words = h("p", { role: "status" });
  const bar = h("progress", { "aria-label": EXPORT.progress, hidden: true });
  const result = h("div", { class: "result" });
  const start = h("button", { class: "primary" }, EXPORT.start);
  const form = h("form", { onsubmit: submit, onchange: showExtra },
    h("fieldset", {}, h("legend", {}, EXPORT.format), formats),
    extra, words, bar, result, h("footer", {}, start));
  const element = dialog(EXPORT.title, form);
  element.classList.add("narrow");

  let downloads = true;
  const format = () => new FormData(form).get("format");

  function showExtra() {
    extra.hidden = format() !== "folders";
  }

  /** @param {SubmitEvent} event */
  function submit(event) {
    event.preventDefault();
    downloads = format() !== "folders";
    const where = { mode: mode.value, folder: folder.value.trim() || undefined };
    const args = { format: format(), ...(downloads ? {} : where) };
    start.disabled = true;
    start.classList.add("primary");
    result.replaceChildren();
    words.textContent = EXPORT.starting;
    outbox.add("POST", "api/jobs", { kind: "export", args }, {
      about: EXPORT.title,
      accepted: ({ job }) => (state.watch(), follow(job)),
      refused: finish,
    });
  }

  /** @param {{message: string, remedy: string} | null} [error] */
  function finish(error) {
    start.disabled = false;
    bar.hidden = true;
    if (error) words.textContent = `${error.message} ${error.remedy}`.trim();
  }

  /** @param {import("./types.js").Job} job */
  async function follow(job) {
    for (let now = job; ; now = await lookAgain(now)) {
      words.textContent = jobLine(now);
      bar.hidden = false;
      if (now.total) Object.assign(bar, { max: now.total, value: now.done });
      if (now.state === "done") return finished(now);
      if (now.state === "failed" || now.state === "cancelled") return finish(now.error ?? EXPORT.cancelled);
    }
  }

  /** @param {import("./types.js").Job} job the last that was heard of it */
  async function lookAgain(job) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    try {
      const reply = await get(`api/jobs/${job.id}`);
      return reply.job ?? reply;
    } catch (error) {
      if (error instanceof ApiError && error.passing) return job;
      return { ...job, state: "failed", error };
    }
  }

  /** @param {import("./types.js").Job} job */
  function finished(job) {
    finish();
    start.classList.remove("primary");
    words.textContent = job.result ? EXPORT.done(job.result.rows, job.result.n_missing) : "";
    const path = h("code", {}, job.result?.path ?? "");
    const to = { class: "button primary", href: `api/exports/${job.id}/file`, download: "" };
    const link = h("a", to, icon("export"), EXPORT.download);
    const cards = EXPORT.cards.map(({ value, label }) =>
      h("a", { class: "button", href: `api/exports/${job.id}/card?format=${value}`, download: "" }, label));
    result.replaceChildren(path, ...(downloads ? [link, ...cards] : [h("p", {}, EXPORT.cardInside)]));
  }

  return () => element.showModal();
}
