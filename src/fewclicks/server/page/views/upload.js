/** Images brought by hand: each is filed by the model, or asked about, and becomes an item. */

import { get } from "../api.js";
import { h } from "../dom.js";
import { fileButton, takeDrops } from "../dropping.js";
import { createPanel } from "../panel.js";
import { createSending } from "../sending.js";
import { percent, UPLOAD } from "../text.js";
import { createAnswers } from "./uploadanswers.js";
import { createRow } from "./uploadrow.js";

const THRESHOLD = "fewclicks.upload.threshold";
const USUAL = 0.9;
const SHOWN = 100;

/** @typedef {import("./uploadrow.js").Row} Row */

/** @returns {{element: HTMLElement, value: () => number}} the confidence that needs no question */
function createThreshold() {
  const output = h("output", { for: "upload-threshold" });
  const input = h("input", {
    type: "range", id: "upload-threshold", min: "50", max: "100", step: "1",
    value: String(100 * Number(localStorage.getItem(THRESHOLD) ?? USUAL)), oninput: change,
  });
  function change() {
    localStorage.setItem(THRESHOLD, String(input.valueAsNumber / 100));
    output.textContent = percent(input.valueAsNumber / 100);
  }
  change();
  const label = h("label", { for: "upload-threshold" }, UPLOAD.threshold);
  return { element: h("div", { class: "threshold" }, label, input, output), value: () => input.valueAsNumber / 100 };
}

/** @param {import("../main.js").App} app */
export function createUpload(app) {
  const { state, changes, effort, toasts } = app;
  /** @type {Row[]} newest first */
  let rows = [];
  /** @type {Row | null} */
  let current = null;
  let open = false;
  const threshold = createThreshold();
  const answers = createAnswers(app, { say: (text) => panel.say(text), done: answered, back: choose });
  const panel = createPanel({
    state, id: "upload-class", label: UPLOAD.ask, acceptLabel: UPLOAD.accept, undo: changes.undo,
    onPick: (choice) => answers.label(current, choice), onAccept: accept,
    home: () => stage.focus({ preventScroll: true }),
    verdicts: [
      { ...UPLOAD.unsure, run: unsure }, { ...UPLOAD.none, run: none }, { ...UPLOAD.later, run: later },
    ],
  });
  const sending = createSending({ threshold: threshold.value, arrived, refused, changed: renderStatus });

  const drop = h("div", { class: "drop" },
    h("p", {}, UPLOAD.drop),
    h("div", { class: "actions" },
      fileButton({ label: UPLOAD.choose, take }), fileButton({ label: UPLOAD.folder, folder: true, take })));
  const words = h("p", { role: "status", class: "tally" });
  const bar = h("progress", { "aria-label": UPLOAD.progress, hidden: true });
  const list = h("ol", { class: "uploads", "aria-label": UPLOAD.list });
  const stage = h("div", { class: "stage", tabIndex: -1 },
    h("header", { class: "stage-head" },
      h("div", { class: "words" }, h("h2", {}, UPLOAD.title), h("p", { class: "reason" }, UPLOAD.about)),
      threshold.element),
    drop, h("div", { class: "sent" }, words, bar), list);
  const element = h("div", { class: "view upload" }, stage, panel.element);
  takeDrops(element, take);

  /** @param {File[]} files */
  function take(files) {
    if (state.now.project?.read_only) return;
    if (files.length === 0) return toasts.say(UPLOAD.noImages);
    const made = files.map((file) => makeRow({ name: file.name, file }));
    rows = [...made, ...rows];
    list.prepend(...made.map((row) => row.element));
    made.forEach((row, at) => sending.add(row, files[at]));
  }

  /** @param {{name: string, file?: File, told?: any}} about @returns {Row} */
  function makeRow(about) {
    return createRow(app, about, {
      choose,
      again: (row, file) => sending.add(row, file),
    });
  }

  /** @param {Row} row @param {any} told */
  function arrived(row, told) {
    const twin = rows.find((other) => other !== row && other.told?.item === told.item);
    if (twin) remove(twin);
    row.learn(told);
    if (row.isOpen() && !current?.isOpen()) choose(row);
    if (row.isOpen()) state.watch();
  }

  /** @param {Row} row @param {import("../api.js").ApiError} error */
  function refused(row, error) {
    row.fail(error);
  }

  /** @param {Row} row */
  function remove(row) {
    row.element.remove();
    rows = rows.filter((other) => other !== row);
    if (current === row) current = null;
  }

  /** @param {Row | null} row the one to be answered */
  function choose(row) {
    current?.mark(false);
    current = row;
    row?.mark(true);
    row?.element.scrollIntoView?.({ block: "nearest" });
    panel.lock(!row?.told || Boolean(state.now.project?.read_only));
    panel.box.reset(row?.told?.prediction.guesses ?? []);
    effort.start();
    renderStatus();
  }

  /** The one just answered is done with: on to the next that is open. */
  function answered() {
    const from = current ? rows.indexOf(current) : -1;
    const after = [...rows.slice(from + 1), ...rows.slice(0, from + 1)];
    choose(after.find((row) => row.isOpen()) ?? current);
  }

  function accept() {
    const choice = panel.box.choice();
    if (!current?.told) return toasts.say(UPLOAD.nothing);
    if (choice) return answers.label(current, choice);
    toasts.say(UPLOAD.chooseFirst);
    queueMicrotask(panel.box.focus); // after the button has sent the focus home
  }

  function unsure() {
    answers.give(current, { verdict: "unsure" }, UPLOAD.saidUnsure);
  }

  function none() {
    answers.give(current, { verdict: "none" }, UPLOAD.saidNone);
  }

  function later() {
    answered();
  }

  /** @param {number} by */
  function move(by) {
    const known = rows.filter((row) => row.told);
    const at = current ? known.indexOf(current) : -1;
    if (known.length > 0) choose(known[Math.min(known.length - 1, Math.max(0, at + by))]);
  }

  function renderStatus() {
    const { done, total } = sending.status;
    const asked = rows.filter((row) => row.isOpen()).length;
    const failed = rows.filter((row) => row.error).length;
    const filed = rows.filter((row) => row.told).length - asked;
    bar.hidden = total === 0;
    if (total) Object.assign(bar, { max: total, value: done });
    words.textContent = total ? UPLOAD.sending(done, total) : rows.length ? UPLOAD.summary(filed, asked, failed) : "";
  }

  /** What the server knows of earlier uploads, and what has become of those shown. */
  async function load() {
    const { uploads } = await get("api/uploads", { limit: SHOWN });
    const known = new Map(rows.filter((row) => row.told).map((row) => [row.told.item, row]));
    for (const told of uploads) {
      const row = known.get(told.item);
      if (row) row.learn(told);
      else {
        const older = makeRow({ name: told.prediction.name, told });
        rows.push(older);
        list.append(older.element);
      }
    }
    if (!current || (!current.isOpen() && open)) choose(rows.find((row) => row.isOpen()) ?? current);
    renderStatus();
  }

  const reload = () => void load().catch((error) => toasts.trouble(error));
  state.on("event", () => open && reload());
  state.on("round", () => open && reload());
  state.on("classes", () => rows.forEach((row) => row.render()));
  panel.lock(true);

  return {
    element,
    /** @type {Record<string, () => void>} */
    commands: {
      Enter: accept, s: later, u: unsure, n: none, c: panel.box.focus, "/": panel.box.focus,
      ArrowDown: () => move(1), ArrowUp: () => move(-1),
    },
    /** @param {import("../types.js").ClassRecord} known its key was pressed */
    onClassKey: (known) => answers.label(current, { known, name: known.name }),
    show() {
      open = true;
      reload();
      stage.focus({ preventScroll: true });
    },
    hide() {
      open = false;
    },
  };
}
