/**
 * The views that do not come with the page: what they are made of is fetched when the first view is
 * in sight, or when one is wanted before that.
 */

import { h } from "../dom.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../main.js").View} View */

/** @type {Record<string, () => Promise<(app: App) => View>>} by the id of their tab */
const FETCH = {
  plane: async () => (await import("./plane.js")).createPlane,
  map: async () => (await import("./map.js")).createMap,
  items: async () => (await import("./items.js")).createItems,
  review: async () => (await import("./reviews.js")).createReviews,
  upload: async () => (await import("./upload.js")).createUpload,
  classes: async () => (await import("./classes.js")).createClasses,
  progress: async () => (await import("./progress.js")).createProgress,
  history: async () => (await import("./history.js")).createHistory,
};

/** Style sheets of these views, in the order in which they count. */
const SHEETS = ["plane.css", "report.css", "folders.css", "upload.css", "classes.css"];

/** @type {Promise<unknown> | null} done when all style sheets are here */
let styled = null;

/** @param {string} name @returns {Promise<void>} */
function addSheet(name) {
  const link = h("link", { rel: "stylesheet", href: new URL(`../${name}`, import.meta.url).href });
  return new Promise((resolve, reject) => {
    link.onload = () => resolve();
    link.onerror = () => (link.remove(), reject(new Error(name)));
    document.head.append(link);
  });
}

function addSheets() {
  styled ??= Promise.all(SHEETS.map(addSheet));
  styled.catch(() => (styled = null));
  return styled;
}

/** @param {App} app @returns {Record<string, () => Promise<() => View>>} */
export function laterViews(app) {
  const ids = Object.keys(FETCH).filter((id) => id !== "map" || app.state.now.project?.has_map);
  const made = ids.map((id) => [id, async () => (await Promise.all([FETCH[id](), addSheets()]))[0].bind(null, app)]);
  return Object.fromEntries(made);
}
