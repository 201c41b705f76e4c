/**
 * The views that do not come with the page: what they are made of is fetched when the first view is
 * in sight, or when one is wanted before that.
 */

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

/** @param {App} app @returns {Record<string, () => Promise<() => View>>} */
export function laterViews(app) {
  const ids = Object.keys(FETCH).filter((id) => id !== "map" || app.state.now.project?.has_map);
  const made = ids.map((id) => [id, async () => (await FETCH[id]()).bind(null, app)]);
  return Object.fromEntries(made);
}
