/** What the page knows of the project, and the watch that keeps it fresh. */

import { ApiError, get } from "./api.js";
import { CLASS_KEYS } from "./keys.js";

const CALM_MS = 2000;
const BUSY_MS = 1000;
const HIDDEN_MS = 10_000;
/** Classes that are remembered as recently used. */
const MOST_RECENT = 5;
const NEW_COLORS = ["#4e79a7", "#f28e2b", "#59a14f", "#b07aa1", "#e15759", "#76b7b2", "#9c755f"];

/**
 * @typedef {import("./types.js").ClassRecord} ClassRecord
 * @typedef {"project" | "progress" | "classes" | "reach" | "round" | "event"} Topic `reach`:
 *   whether the server answers; `round`: a round or a job is over; `event`: there is a new one
 */

/** Create the state: empty until `load`, then kept fresh by `watch`. */
export function createState() {
  /** @type {Map<Topic, Set<() => void>>} */
  const listeners = new Map();
  const state = {
    project: /** @type {import("./types.js").Project | null} */ (null),
    progress: /** @type {import("./types.js").Progress | null} */ (null),
    classes: /** @type {ClassRecord[]} */ ([]),
    trouble: /** @type {ApiError | null} */ (null),
  };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {string[]} names of classes in lower case, the one used last first */
  let recent = [];

  /** @param {Topic} topic */
  const tell = (topic) => listeners.get(topic)?.forEach((listener) => listener());

  async function loadProject() {
    state.project = await get("api/project");
    tell("project");
  }

  async function loadClasses() {
    const { classes } = await get("api/classes");
    state.classes = inOrder(classes);
    tell("classes");
  }

  async function loadProgress() {
    const before = state.progress;
    state.progress = await get("api/progress");
    tell("progress");
    const isOver = isBusy(before) && !isBusy(state.progress);
    if (before && (isOver || before.round !== state.progress?.round)) tell("round");
    if (before && before.last_event !== state.progress?.last_event) tell("event");
  }

  /** @param {ApiError | null} trouble what keeps the server from answering */
  function reach(trouble) {
    const before = state.trouble;
    state.trouble = trouble;
    if (before?.status !== trouble?.status) tell("reach");
  }

  async function look() {
    clearTimeout(timer);
    try {
      await loadProgress();
      if (!state.project?.prepared) await loadProject();
      reach(null);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      reach(error);
    } finally {
      const busy = isBusy(state.progress);
      timer = setTimeout(look, document.hidden ? HIDDEN_MS : busy ? BUSY_MS : CALM_MS);
    }
  }

  return {
    /** Read-only for everybody else. */
    now: state,
    /** @param {Topic} topic @param {() => void} listener */
    on(topic, listener) {
      listeners.set(topic, (listeners.get(topic) ?? new Set()).add(listener));
    },
    load: () => Promise.all([loadProject(), loadClasses(), loadProgress()]),
    loadClasses,
    /** Look now and then again and again; called after each acknowledged write too. */
    watch: look,
    /** @param {number | null | undefined} id @returns {ClassRecord | undefined} */
    classOf: (id) => state.classes.find((known) => known.id === id),
    /** @param {string} name of the class that was just given, new ones included */
    use(name) {
      recent = [name.toLowerCase(), ...recent.filter((other) => other !== name.toLowerCase())].slice(0, MOST_RECENT);
    },
    /** @returns {ClassRecord[]} the classes given last, the latest first */
    recent: () => recent.flatMap((name) => state.classes.find((known) => sameName(known.name, name)) ?? []),
    /** @param {string} key @returns {ClassRecord | undefined} */
    classWithKey: (key) => state.classes.find((known) => known.key === key),
    /** @param {string} name @returns {ClassRecord | undefined} whatever its capitals */
    classNamed: (name) => state.classes.find((known) => sameName(known.name, name)),
    /** @param {ClassRecord} record Put in a class the server has just told of. */
    learn(record) {
      const isOther = (/** @type {ClassRecord} */ known) =>
        !sameName(known.name, record.name) && (known.id !== record.id || record.id < 0);
      state.classes = inOrder([...state.classes.filter(isOther), record]);
      tell("classes");
    },
    /** @param {string} name @returns {ClassRecord} shown at once; id -1 until the server knows it */
    imagine(name) {
      const used = new Set(state.classes.map((known) => known.key));
      const key = [...CLASS_KEYS].find((free) => !used.has(free)) ?? null;
      const color = NEW_COLORS[state.classes.length % NEW_COLORS.length];
      const record = { id: -1, name, color, key, parent_id: null, description: "", examples: [], n_answers: 0, n_labels: 0 };
      this.learn(record);
      return record;
    },
  };
}

/** @typedef {ReturnType<typeof createState>} State */

/** @param {import("./types.js").Progress | null} progress @returns {boolean} a job is under way */
export function isBusy(progress) {
  return runningJob(progress) !== undefined;
}

/** @param {import("./types.js").Progress | null} progress */
export function runningJob(progress) {
  const live = progress?.jobs.filter((job) => ["running", "queued"].includes(job.state)) ?? [];
  return live.find((job) => job.state === "running") ?? live[0];
}

/** @param {string} one @param {string} other */
function sameName(one, other) {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}

/** @param {ClassRecord[]} classes @returns {ClassRecord[]} by key, those without one last */
function inOrder(classes) {
  /** @param {ClassRecord} known @returns {number} */
  const rank = (known) => (known.key ? CLASS_KEYS.indexOf(known.key) : CLASS_KEYS.length);
  const age = (/** @type {ClassRecord} */ { id }) => (id < 0 ? Infinity : id); // one not yet known to the server is the newest
  return [...classes].sort((one, other) => rank(one) - rank(other) || (age(one) > age(other) ? 1 : -1));
}
