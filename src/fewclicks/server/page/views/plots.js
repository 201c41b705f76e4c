/** What the charts of the progress view show, in Plotly's terms. */

import { count, PROGRESS } from "../text.js";

/** @typedef {import("../types.js").Report} Report */

/** @param {Report | null} report @param {Record<string, string>} colors @param {object} axis */
export function drawCurve(report, colors, axis) {
  const rounds = (report?.curve ?? []).filter(({ accuracy }) => accuracy);
  const x = rounds.map(({ answers }) => answers);
  const of = (/** @type {"share" | "low" | "high"} */ what) => rounds.map(({ accuracy }) => 100 * (accuracy?.[what] ?? 0));
  const band = { x, mode: "lines", line: { width: 0 }, hoverinfo: "skip" };
  return {
    data: [
      { ...band, y: of("low") },
      { ...band, y: of("high"), fill: "tonexty", fillcolor: `${colors.accent}2e` },
      {
        x, y: of("share"), mode: "lines+markers", line: { color: colors.accent, width: 2 }, marker: { size: 6 },
        customdata: rounds.map(({ accuracy }) => PROGRESS.interval(/** @type {any} */ (accuracy))),
        hovertemplate: "%{x:,} · %{y:.1f} %<br>%{customdata}<extra></extra>",
      },
    ],
    layout: {
      xaxis: { ...axis, title: { text: PROGRESS.answers } },
      yaxis: { ...axis, title: { text: PROGRESS.right }, ticksuffix: " %" },
    },
  };
}

/** @param {Report | null} report @param {Record<string, string>} colors @param {object} axis */
export function drawCourse(report, colors, axis) {
  const moments = report?.course ?? [];
  return {
    data: [{
      x: moments.map(({ seconds }) => seconds / 60), y: moments.map(({ answers }) => answers), mode: moments.length > 1 ? "lines" : "markers",
      line: { color: colors.accent, width: 2, shape: "hv" }, fill: "tozeroy", fillcolor: `${colors.accent}2e`,
      customdata: moments.map(({ at }) => new Date(at).toLocaleString("en-GB")),
      hovertemplate: "%{y:,} · %{x:.1f} min<br>%{customdata}<extra></extra>",
    }],
    layout: {
      xaxis: { ...axis, title: { text: PROGRESS.spent }, rangemode: "tozero" },
      yaxis: { ...axis, title: { text: PROGRESS.answers }, rangemode: "tozero" },
    },
  };
}

/** @param {{names: string[], cells: number[][]}} shown @param {Record<string, string>} colors @param {object} axis */
export function drawMatrix({ names, cells }, colors, axis) {
  // two classes may look the same written, and Plotly takes tags in a name for its own
  const keys = names.map((_, at) => String(at));
  const written = names.map((name) => name.replaceAll("<", "&lt;"));
  const ticks = { ...axis, type: "category", tickvals: keys, ticktext: written, showgrid: false };
  const most = Math.sqrt(Math.max(1, ...cells.flat()));
  /** @param {boolean} right @param {string} from @param {string} to */
  const map = (right, from, to) => ({
    type: "heatmap", x: keys, y: keys, zmin: 0, zmax: most, colorscale: [[0, from], [1, to]], showscale: false, xgap: 1, ygap: 1,
    z: cells.map((row, at) => row.map((n, other) => (n && (at === other) === right ? Math.sqrt(n) : null))),
    text: cells.map((row) => row.map((n) => (n ? count(n) : ""))), texttemplate: names.length <= 20 ? "%{text}" : "", textfont: { color: colors.ink },
    customdata: cells.map((row, at) => row.map((n, other) => PROGRESS.cell(written[at], written[other], n))),
    hovertemplate: "%{customdata}<extra></extra>", hoverongaps: false,
  });
  return {
    data: [map(true, colors.tint, colors.model), map(false, `${colors.misfit}40`, `${colors.misfit}80`)],
    layout: {
      xaxis: { ...ticks, title: { text: PROGRESS.labelledAs }, side: "top" },
      yaxis: { ...ticks, title: { text: PROGRESS.said }, autorange: "reversed" },
      height: 140 + 26 * names.length,
    },
  };
}
