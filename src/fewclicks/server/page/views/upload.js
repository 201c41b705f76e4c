/** Images brought by hand: each is filed by the model, or asked about, and becomes an item. */

import { get } from "../api.js";
import { h } from "../dom.js";
import { fileButton, takeDrops } from "../dropping.js";
import { createPanel } from "../panel.js";
import { createSending } from "../sending.js";
import { percent, UPLOAD } from "../text.js";
import { createDisk } from "./disk.js";
import { createAnswers } from "./uploadanswers.js";
import { createList } from "./uploadlist.js";
import { createRow } from "./uploadrow.js";

const THRESHOLD = "fewclicks.upload.threshold";
const USUAL = 0.9;
const SHOWN = 100;

/**
 * @typedef {import("./uploadrow.js").Row} Row
 * @typedef {{file: File, row: Row | null}} Job an image to be sent; of very many, not each has a row
 */

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
  /** @type {Row | null} */
  let current = null;
  let open = false;
  let loading = false;
  let stale = false;
  const list = createList({ keep: (row) => row === current });
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
  const sending = createSending({ threshold: threshold.value, arrived, refused, changed: sent });

  const drop = h("div", { class: "drop" },
    h("p", {}, UPLOAD.drop),
    h("div", { class: "actions" },
      fileButton({ label: UPLOAD.choose, take }), fileButton({ label: UPLOAD.folder, folder: true, take })));
  const disk = createDisk(app);
  const words = h("p", { role: "status", class: "tally" });
  const bar = h("progress", { "aria-label": UPLOAD.progress, hidden: true });
  const again = h("button", { hidden: true, onclick: () => sending.again() }, UPLOAD.againAll);
  const stage = h("div", { class: "stage", tabIndex: -1 },
    h("header", { class: "stage-head" },
      h("div", { class: "words" }, h("h2", {}, UPLOAD.title), h("p", { class: "reason" }, UPLOAD.about)),
      threshold.element),
    drop, disk, h("div", { class: "sent" }, words, bar, again), list.element);
  const element = h("div", { class: "view upload" }, stage, panel.element);
  takeDrops(element, take);

  /** @param {File[]} files */
  function take(files) {
    if (state.now.project?.read_only) return;
    if (files.length === 0) return toasts.say(UPLOAD.noImages);
    const room = list.room();
    const jobs = files.map((file, at) => ({
      file, job: { file, row: at < room ? makeRow({ name: file.name, file }) : null },
    }));
    list.prepend(jobs.flatMap(({ job }) => job.row ?? []));
    sending.add(jobs);
  }

  /** @param {{name: string, file?: File, told?: any}} about @returns {Row} */
  function makeRow(about) {
    return createRow(app, about, {
      choose,
      again: (row, file) => sending.add([{ file, job: { file, row } }]),
    });
  }

  /** @param {Job} job @param {any} [told] @returns {Row} made now for an image sent without one */
  function rowOf({ file, row }, told) {
    if (row) return row;
    const made = makeRow({ name: file.name, file, told });
    list.prepend([made]);
    return made;
  }

  /** @param {Job} job @param {any} told */
  function arrived(job, told) {
    const twin = list.of(told.item);
    const row = rowOf(job, told);
    row.learn(told);
    list.known(row);
    if (twin && twin === current) current = null;
    if (row.isOpen() && !current?.isOpen()) choose(row);
  }

  /** @param {Job} job @param {import("../api.js").ApiError} error */
  function refused(job, error) {
    rowOf(job).fail(error);
  }

  /** What is on its way has changed. */
  function sent() {
    renderStatus();
    if (sending.status.total === 0) state.watch();
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
    const rows = list.all();
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
    const known = list.all().filter((row) => row.told);
    const at = current ? known.indexOf(current) : -1;
    if (known.length > 0) choose(known[Math.min(known.length - 1, Math.max(0, at + by))]);
  }

  function renderStatus() {
    const { done, total, held } = sending.status;
    const states = list.all().map((row) => row.element.dataset.state);
    const count = (/** @type {string[]} */ ...wanted) => states.filter((one) => wanted.includes(one ?? "")).length;
    bar.hidden = total === 0 || held !== null;
    again.hidden = held === null;
    if (total) Object.assign(bar, { max: total, value: done });
    if (held) words.textContent = UPLOAD.held(total - done, held.status === 0 ? "" : held.message);
    else if (total) words.textContent = UPLOAD.sending(done, total);
    else words.textContent = UPLOAD.summary({
      sure: count("sure"), filed: count("filed", "answered"), asked: count("open"), failed: count("failed"), more: list.nGone(),
    });
  }

  /** What the server knows of earlier uploads, and what has become of those shown. */
  async function load() {
    const { uploads } = await get("api/uploads", { limit: SHOWN });
    for (const told of uploads) {
      const row = list.of(told.item);
      if (row) row.learn(told);
      else if (!list.isGone(told.item)) {
        const older = makeRow({ name: told.prediction.name, told });
        list.append(older);
        list.known(older);
      }
    }
    if (!current || (!current.isOpen() && open)) choose(list.all().find((row) => row.isOpen()) ?? current);
    renderStatus();
  }

  /** One request at a time: what happens meanwhile is looked at after it. */
  async function reload() {
    stale = loading;
    if (loading) return;
    loading = true;
    try {
      await load();
    } catch (error) {
      toasts.trouble(error);
    } finally {
      loading = false;
    }
    if (stale && open) reload();
  }

  state.on("event", () => open && reload());
  state.on("round", () => open && reload());
  state.on("classes", () => list.all().forEach((row) => row.render()));
  state.on("reach", () => !state.now.trouble && sending.again());
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
