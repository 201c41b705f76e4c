/** How far the labelling is, how right the labels are, and what they cost. */

import { ApiError, get } from "../api.js";
import { createChart } from "../charts.js";
import { h, icon, pageView, swatch } from "../dom.js";
import { count, PROGRESS, SOURCE_WORDS } from "../text.js";
import { createCertificate } from "./certificate.js";
import { createPeople } from "./people.js";
import { drawCourse, drawCurve, drawMatrix } from "./plots.js";

const SOURCES = /** @type {const} */ (["person", "cluster", "group", "model", "none"]);
/** Classes above which a matrix has no room for all: the most confused are shown. */
const MOST_SHOWN = 40;

/** @typedef {import("../types.js").Report} Report */

/** @param {import("../main.js").App} app @returns {import("../main.js").View} */
export function createProgress(app) {
  const { state, toasts } = app;
  /** @type {Report | null} */
  let report = null;
  let open = false;
  let loading = false;
  let stale = false;
  const tiles = h("div", { class: "tiles" });
  const signals = h("ul", { class: "signals" });
  const certificate = createCertificate(app);
  const curve = figure("curve", PROGRESS.curve, PROGRESS.curveAbout);
  const course = figure("course", PROGRESS.course, PROGRESS.courseAbout);
  const matrix = figure("matrix", PROGRESS.matrix, PROGRESS.matrixAbout);
  const classes = h("tbody");
  const heads = PROGRESS.classHeads.map((words, at) => h("th", { scope: "col", class: at > 1 ? "number" : "" }, words));
  const table = h("table", { class: "figures-table" }, h("thead", {}, h("tr", {}, heads)), classes);
  const people = createPeople(app);
  const element = pageView(
    "report", PROGRESS, tiles, signals, certificate.element,
    h("div", { class: "charts" }, curve.element, course.element),
    h("section", {}, h("h3", {}, PROGRESS.classes), h("div", { class: "scrolls", tabIndex: 0, role: "region", "aria-label": PROGRESS.classes }, table)),
    matrix.element,
    people.element,
  );

  /** @param {string} name @param {string} title @param {string} about */
  function figure(name, title, about) {
    const plot = h("div", { class: `plot ${name}`, role: "img", "aria-label": title });
    const rows = h("div", { tabIndex: 0, role: "region", "aria-label": PROGRESS.figuresOf(title) });
    const details = h("details", {}, h("summary", {}, PROGRESS.asTable), rows);
    const empty = h("p", { class: "hint" });
    const section = h("section", { class: `chart ${name}` }, h("h3", {}, title), h("p", { class: "reason" }, about), plot, empty, details);
    return { element: section, plot, rows, details, empty };
  }

  const charts = [
    createChart(curve.plot, ({ colors, axis }) => drawCurve(report, colors, axis)),
    createChart(course.plot, ({ colors, axis }) => drawCourse(report, colors, axis)),
    createChart(matrix.plot, ({ colors, axis }) => drawMatrix(confused(), colors, axis)),
  ];

  /** @param {string} title @param {string} value @param {...any} more */
  const tile = (title, value, ...more) => h("div", { class: "tile" }, h("h3", {}, title), h("p", { class: "value" }, value), ...more);

  function renderTiles() {
    const { progress } = state.now;
    if (!progress) return;
    const { n_items: n, labelled, answers, actions, seconds, rate, advice } = progress;
    const accuracy = report?.accuracy ?? null;
    const legend = SOURCES.filter((source) => labelled[source]).map((source) =>
      h("li", { class: `key ${source}` }, `${SOURCE_WORDS[source]}: ${count(labelled[source])}`));
    tiles.replaceChildren(
      tile(PROGRESS.items, count(n - labelled.none), h("p", {}, PROGRESS.of(n)), h("ul", { class: "legend" }, legend)),
      tile(PROGRESS.answers, count(answers.total), h("p", {}, PROGRESS.purposes(answers)), h("p", {}, PROGRESS.rate(rate))),
      tile(PROGRESS.effort, PROGRESS.minutes(seconds), h("p", {}, PROGRESS.actions(actions, n - labelled.none)), h("p", {}, PROGRESS.pace(answers.total, seconds))),
      tile(PROGRESS.accuracy, accuracy ? PROGRESS.percent(accuracy.share) : "–", h("p", {}, accuracy ? PROGRESS.interval(accuracy) : PROGRESS.noAccuracy), report && h("p", {}, PROGRESS.calibration(report.calibration))),
      tile(PROGRESS.worth, PROGRESS.worthOf(advice), h("p", {}, advice.sentence)),
    );
    signals.replaceChildren(...advice.signals.map(({ met, sentence }) =>
      h("li", { class: met ? "met" : "" }, icon(met ? "check" : "wait"), h("span", {}, sentence))));
  }

  /** @param {number | null} id @returns {string} */
  const nameOf = (id) => state.classOf(id)?.name ?? PROGRESS.noLabel;

  /** @param {Report["classes"][number]} told */
  function classRow({ id, labelled, precision }) {
    const known = state.classOf(id);
    const n = SOURCES.reduce((sum, source) => sum + labelled[source], 0);
    const parts = SOURCES.map((source) => {
      const part = h("span", { class: source });
      part.style.flexGrow = String(labelled[source]);
      return part;
    });
    const bar = h("div", { class: "bar", role: "img", "aria-label": PROGRESS.bySource(labelled) }, parts);
    bar.style.width = `${(100 * n) / most()}%`;
    return h("tr", {},
      h("th", { scope: "row" }, known && swatch(known.color), nameOf(id)), h("td", { class: "bar-cell", title: PROGRESS.bySource(labelled) }, bar),
      h("td", { class: "number" }, count(n)), h("td", { class: "number" }, count(labelled.person + labelled.cluster + labelled.group)),
      h("td", { class: "number" }, precision ? PROGRESS.precision(precision) : "–"));
  }

  /** @returns {number} images of the largest class */
  function most() {
    const sizes = (report?.classes ?? []).map(({ labelled }) => SOURCES.reduce((sum, source) => sum + labelled[source], 0));
    return Math.max(1, ...sizes);
  }

  /** The classes that checks have met, the most often confused if there are too many, and the counts. */
  function confused() {
    const found = report?.confusions ?? [];
    /** @type {Map<number | null, number>} */
    const weight = new Map();
    for (const { said, labelled, n } of found)
      for (const id of [said, labelled]) weight.set(id, (weight.get(id) ?? 0) + (said === labelled ? 1e-6 : 1) * n);
    const ids = [...weight].sort((one, other) => other[1] - one[1]).slice(0, MOST_SHOWN).map(([id]) => id);
    const place = (/** @type {number | null} */ id) => (id === null ? Infinity : state.now.classes.findIndex((known) => known.id === id));
    ids.sort((one, other) => place(one) - place(other));
    const cells = ids.map((said) => ids.map((labelled) => found.find((one) => one.said === said && one.labelled === labelled)?.n ?? 0));
    return { names: ids.map(nameOf), cells };
  }

  /** @param {string[]} heads @param {(string | number)[][]} rows */
  function plainTable(heads, rows) {
    const head = h("tr", {}, heads.map((words) => h("th", { scope: "col", class: "number" }, words)));
    return h("table", { class: "figures-table" }, h("thead", {}, head),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((value) => h("td", { class: "number" }, String(value)))))));
  }

  /** @param {ReturnType<typeof figure>} shown @param {number} n entries @param {string} why there is nothing */
  function settle({ plot, details, empty }, n, why) {
    plot.hidden = details.hidden = n === 0;
    empty.hidden = n > 0;
    empty.textContent = n ? "" : why;
  }

  function render() {
    renderTiles();
    if (!report) return;
    const rounds = report.curve.filter(({ accuracy }) => accuracy);
    settle(curve, rounds.length, PROGRESS.noCurve);
    curve.rows.replaceChildren(plainTable(PROGRESS.curveHeads, report.curve.map(({ round, answers, changed, accuracy }) =>
      [round, count(answers), changed === null ? "–" : count(changed), accuracy ? PROGRESS.precision(accuracy) : "–"])));
    settle(course, report.course.length, PROGRESS.noCourse);
    course.rows.replaceChildren(plainTable(PROGRESS.courseHeads, report.course.map(({ at, answers, seconds }) =>
      [new Date(at).toLocaleString("en-GB"), count(answers), PROGRESS.minutes(seconds)])));
    settle(matrix, report.confusions.length, PROGRESS.noMatrix);
    matrix.rows.replaceChildren(plainTable(PROGRESS.matrixHeads, report.confusions.map(({ said, labelled, n }) =>
      [nameOf(said), nameOf(labelled), count(n)])));
    certificate.render();
    classes.replaceChildren(...report.classes.map(classRow));
    people.render(report);
    Promise.all(charts.map((chart) => chart.draw())).catch(() => toasts.show({ text: PROGRESS.noCharts }));
  }

  /** One request at a time: what happens meanwhile is asked for after it. */
  async function load() {
    stale = loading;
    if (loading) return;
    loading = true;
    certificate.load();
    try {
      report = (await Promise.all([get("api/report"), people.load()]))[0];
      if (open) render();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toasts.trouble(error, { label: PROGRESS.again, run: load });
    } finally {
      loading = false;
    }
    if (stale && open) load();
  }

  const reload = () => void (open && load());
  state.on("progress", () => open && renderTiles());
  state.on("event", reload);
  state.on("round", reload);
  state.on("classes", () => open && render());

  return {
    element,
    commands: {},
    onClassKey() {},
    show() {
      open = true;
      render();
      load();
    },
    hide() {
      open = false;
    },
  };
}
