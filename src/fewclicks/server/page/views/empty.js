/** What a view says when it has nothing to ask, and what can be done about it. */

import { h } from "../dom.js";
import { isBusy, runningJob } from "../state.js";
import { EMPTY, jobLine } from "../text.js";

/** Images shown while they are read. */
const LATEST = 24;

/**
 * @param {import("../main.js").App} app @param {"item" | "cluster"} kind
 * @returns {HTMLElement} kept up to date by itself
 */
export function createEmpty({ state, outbox, go, openExport }, kind) {
  const title = h("h2");
  const text = h("p");
  const bar = h("progress", { "aria-label": EMPTY.progress });
  const actions = h("div", { class: "actions" });
  const arrived = h("div", { class: "arrived", "aria-hidden": "true" });
  const element = h("div", { class: "empty" }, title, text, bar, actions, arrived);
  let shown = 0;

  /** @param {"prepare" | "round"} job */
  const start = (job) =>
    outbox.add("POST", "api/jobs", { kind: job, args: {} }, { about: job, accepted: state.watch });

  /** @param {string} label @param {() => void} run */
  const button = (label, run) => h("button", { class: "primary", onclick: run }, label);

  /** @returns {[{title: string, text: string}, ...HTMLElement[]]} */
  function situation() {
    const { project, progress } = state.now;
    if (!project || !progress) return [EMPTY.loading];
    if (isBusy(progress)) return [project.prepared ? EMPTY.busy : EMPTY.reading];
    if (progress.n_items === 0) return [EMPTY.noImages, button(EMPTY.addImages, () => go("upload"))];
    if (!project.prepared) return [EMPTY.unprepared, button(EMPTY.prepare, () => start("prepare"))];
    const { clusters, items } = progress.open;
    if (kind === "item" && clusters > 0) {
      const found = progress.answers.total === 0 ? EMPTY.nothingYet : EMPTY.noItems;
      return [found, button(EMPTY.goClusters, () => go("clusters"))];
    }
    if (kind === "cluster" && items > 0) return [EMPTY.noClusters, button(EMPTY.goItems, () => go("items"))];
    return [EMPTY.done(progress.note), button(EMPTY.export, openExport), button(EMPTY.round, () => start("round"))];
  }

  /** The images read last, while there is nothing else to look at yet. */
  function renderArrived() {
    const { project, progress } = state.now;
    const n = project?.prepared ? 0 : (progress?.n_items ?? 0);
    if (n === shown) return;
    const latest = Array.from({ length: Math.min(n, LATEST) }, (_, at) => n - 1 - at);
    arrived.replaceChildren(...latest.map((item) => h("img", { src: `api/items/${item}/thumbnail`, alt: "", loading: "lazy" })));
    shown = n;
  }

  let before = "";
  function render() {
    const [words, ...buttons] = situation();
    const job = runningJob(state.now.progress);
    title.textContent = words.title;
    text.textContent = job ? jobLine(job) : words.text;
    bar.hidden = !job;
    if (job?.total) Object.assign(bar, { max: job.total, value: job.done });
    else bar.removeAttribute("value");
    renderArrived();
    if (before !== words.title) actions.replaceChildren(...buttons);
    before = words.title;
  }

  state.on("progress", render);
  state.on("project", render);
  render();
  return element;
}
