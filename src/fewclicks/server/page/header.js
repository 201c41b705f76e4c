/** What is always in sight: the project, how far it is, what runs, and whether all is saved. */

import { h, icon, iconButton } from "./dom.js";
import { runningJob } from "./state.js";
import { count, HEADER, jobLine, percentOf, savedLine, timeLeft } from "./text.js";

const SOURCES = /** @type {const} */ (["person", "cluster", "group", "model"]);
/** Writes quicker than this show no "saving". */
const UNSEEN_MS = 200;

/**
 * @param {import("./main.js").App} app
 * @param {{tabs: {id: string, label: string}[], help: () => void}} options
 */
export function createHeader({ state, outbox, openExport, go }, { tabs, help }) {
  const name = h("h1", {}, "");
  const jobWords = h("span");
  const jobBar = h("progress", { "aria-label": HEADER.job });
  const job = h("div", { class: "job", hidden: true }, jobWords, jobBar);
  const savedWords = h("span", { role: "status" });
  const savedIcon = h("span", { class: "saved-icon" });
  const sends = { class: "saved", title: HEADER.sendNow, onclick: outbox.sendAll };
  const saved = h("button", sends, savedIcon, savedWords);
  const tablist = h("div", { class: "tabs", role: "tablist", "aria-label": HEADER.tabs }, tabs.map(makeTab));
  const bar = h("div", { class: "bar", role: "img" }, SOURCES.map((source) => h("span", { class: source })));
  const figures = h("dl", { class: "figures" });
  const element = h(
    "header",
    { class: "top" },
    h("div", { class: "row" },
      h("div", { class: "brand" }, icon("brand"), name), tablist, job, saved,
      h("button", { class: "export", onclick: openExport }, icon("export"), h("span", {}, HEADER.export)),
      iconButton("help", HEADER.help, help)),
    h("div", { class: "row progress" }, bar, figures),
  );
  /** @type {{step: string, done: number, at: number} | null} where the job stood when first seen */
  let first = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let later;

  /** @param {{id: string, label: string}} tab */
  function makeTab({ id, label }) {
    const controls = { role: "tab", id: `tab-${id}`, "aria-controls": `view-${id}` };
    return h("button", { ...controls, onclick: () => go(id) }, label, h("span", { class: "badge" }));
  }

  tablist.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const all = [...tablist.children];
    const next = all[(all.indexOf(document.activeElement) + by + all.length) % all.length];
    next.click();
    next.focus();
  });

  /** @param {string | any[]} term @param {string} value @param {string} [kind] @param {string} [title] */
  const figure = (term, value, kind = "", title = "") => h("div", { class: kind, title }, h("dt", {}, term), h("dd", {}, value));

  function renderProgress() {
    const { progress } = state.now;
    if (!progress) return;
    const { labelled, answers, rate, round, open, accuracy, advice, n_items: n } = progress;
    const done = n - labelled.none;
    SOURCES.forEach((source, at) => {
      bar.children[at].style.width = `${n ? (100 * labelled[source]) / n : 0}%`;
    });
    bar.setAttribute("aria-label", HEADER.bar(labelled, n));
    figures.replaceChildren(
      figure(HEADER.labelled, HEADER.of(done, n)),
      ...SOURCES.filter((source) => source !== "group" || labelled.group).map(
        (source) => figure(HEADER[source], count(labelled[source]), `key ${source}`),
      ),
      figure(HEADER.none, count(labelled.none), "key none"),
      figure(HEADER.answers, count(answers.total)),
      figure([h("span", { class: "long" }, HEADER.manual), HEADER.rate], percentOf(rate)),
      ...(accuracy ? [figure(HEADER.right, HEADER.interval(accuracy), "worth", HEADER.rightWhy(accuracy))] : []),
      figure(HEADER.worth, HEADER.worthOf(advice), "worth", HEADER.worthWhy(advice)),
      figure(HEADER.round, String(round), "round"),
    );
    badge("clusters", open.clusters);
    badge("items", open.items);
    renderJob(runningJob(progress));
  }

  /** @param {string} id @param {number} n */
  function badge(id, n) {
    const mark = tablist.querySelector(`#tab-${id} .badge`);
    if (mark) mark.textContent = n ? count(n) : "";
  }

  /** @param {import("./types.js").Job | undefined} running */
  function renderJob(running) {
    job.hidden = !running;
    if (!running) return void (first = null);
    const now = performance.now();
    const { step, done } = running;
    if (!first || first.step !== step || done < first.done) first = { step, done, at: now };
    const left = timeLeft(running, first, now);
    jobWords.textContent = left ? `${jobLine(running)}, ${left}` : jobLine(running);
    if (running.total) Object.assign(jobBar, { max: running.total, value: running.done });
    else jobBar.removeAttribute("value");
  }

  function renderSaved() {
    const { waiting } = outbox.status;
    const trouble = outbox.status.trouble ?? state.now.trouble;
    const lost = trouble !== null;
    clearTimeout(later);
    if (waiting > 0 && !lost && !saved.dataset.state?.startsWith("sav")) return;
    const show = () => {
      saved.dataset.state = lost ? "offline" : waiting > 0 ? "saving" : "saved";
      savedIcon.replaceChildren(icon(lost ? "offline" : waiting > 0 ? "cloud" : "check"));
      savedWords.textContent = savedLine(waiting, trouble, Boolean(state.now.project?.read_only));
    };
    if (waiting > 0 && !lost) later = setTimeout(show, UNSEEN_MS);
    else show();
  }

  function renderProject() {
    const { project } = state.now;
    name.textContent = project?.name ?? "";
    name.title = project ? HEADER.choices(project) : "";
    document.title = `${name.textContent} – fewclicks`;
    renderSaved();
  }

  state.on("project", renderProject);
  state.on("progress", renderProgress);
  state.on("reach", renderSaved);
  outbox.onChange(renderSaved);
  renderProject();
  renderProgress();

  return {
    element,
    /** @param {string} id the tab whose view is shown */
    select(id) {
      for (const tab of tablist.children) {
        const on = tab.id === `tab-${id}`;
        tab.setAttribute("aria-selected", String(on));
        tab.tabIndex = on ? 0 : -1;
      }
    },
  };
}
