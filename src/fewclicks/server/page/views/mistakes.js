/** Answers that all else contradicts: each is corrected, or confirmed, by one key. */

import { ApiError, get } from "../api.js";
import { createAnswering } from "../answering.js";
import { cap, comeHome, h } from "../dom.js";
import { createPanel } from "../panel.js";
import { createSuspects } from "../suspects.js";
import { count, MISTAKES } from "../text.js";
import { createEvidence } from "./evidence.js";

/** Cards at a time, and how many are asked for at once. */
const MOST = 24;
const FETCHED = 240;
/** The server tells no more at once. */
const MOST_ASKED = 1000;

/** @typedef {import("../types.js").Mistake} Mistake */

/**
 * @param {import("../main.js").App} app
 * @param {{toLabels: () => void, counted: (n: number) => void}} options `counted`: so many are
 *   suspected now
 */
export function createMistakes(app, { toLabels, counted }) {
  const { state, outbox, changes, effort, toasts } = app;
  const { sayMany, verdictOf } = createAnswering(app, app.decks.item, (text) => panel.say(text));
  const evidence = createEvidence(app);
  const suspects = createSuspects(app, framed);
  const panel = createPanel({
    state, id: "mistake-class", label: MISTAKES.ask, onPick: choose, onAccept: accept,
    acceptLabel: MISTAKES.accept, undo: changes.undo, home: suspects.home,
    verdicts: [
      { ...MISTAKES.right, run: stands },
      { ...MISTAKES.unsure, run: () => settle({ verdict: "unsure" }, MISTAKES.saidUnsure) },
      { ...MISTAKES.none, run: () => settle({ verdict: "none" }, MISTAKES.saidNone) },
    ],
  });
  let kind = "";
  /** @type {Mistake[]} those that come next */
  let ahead = [];
  /** @type {Set<number>} items dealt with on this page */
  const done = new Set();
  let told = { n: 0, n_judged: 0, fresh: true, counts: /** @type {Record<string, number>} */ ({}) };
  let open = false;
  let stale = true;
  let looking = false;
  let serial = 0;
  /** @type {Promise<void> | null} the newest request for what is suspected */
  let loaded = null;

  const title = h("h2");
  const note = h("p", { class: "reason" });
  const list = h("ol", { class: "rail", "aria-label": MISTAKES.kinds });
  const frame = h("nav", { class: "rail-frame", "aria-label": MISTAKES.kinds }, h("h2", { class: "small" }, MISTAKES.kinds), list);
  const picker = h("select", { class: "picker", "aria-label": MISTAKES.kinds, onchange: () => chooseKind(picker.value) });
  const all = (/** @type {string} */ text, /** @type {string} */ about, /** @type {boolean} */ right) =>
    h("button", { class: "quiet", title: about, onclick: () => (settleAll(right), suspects.home()) }, text);
  const wrongOnes = all(MISTAKES.allWrong, MISTAKES.allWrongTitle, false);
  const rightOnes = all(MISTAKES.allRight, MISTAKES.allRightTitle, true);
  const back = () => h("button", { class: "quiet mode", onclick: toLabels }, MISTAKES.labels, cap("Shift B"));
  const head = h("header", { class: "stage-head" }, h("div", { class: "words" }, title, note), wrongOnes, rightOnes, picker, back());
  const [emptyTitle, emptyText] = [h("h2"), h("p")];
  const again = h("button", { class: "primary", onclick: look }, MISTAKES.look);
  const empty = h("div", { class: "empty", role: "status" }, emptyTitle, emptyText, again, back());
  const table = h("div", { class: "stage" }, head, evidence.element, suspects.board);
  const element = h("div", { class: "view clusters batch review mistakes is-empty" }, frame, table, empty, panel.element);

  /** @param {Mistake | undefined} mistake */
  function framed(mistake) {
    evidence.show(mistake);
    const guesses = mistake?.reasons.map(({ class_id, score }) => ({ class_id, confidence: score })) ?? [];
    panel.box.reset(guesses.filter(({ class_id }, at) => guesses.findIndex((one) => one.class_id === class_id) === at));
    panel.lock(!mistake || Boolean(state.now.project?.read_only));
    panel.refresh();
  }

  function renderKinds() {
    const rows = MISTAKES.kindNames.map(([id, name]) => ({ id, name, n: id ? (told.counts[id] ?? 0) : told.n }));
    list.replaceChildren(...rows.map(({ id, name, n }) => h("li", {},
      h("button", { class: "coming", "aria-pressed": String(id === kind), disabled: n === 0 && id !== kind, onclick: () => chooseKind(id) },
        h("span", { class: "name" }, name), h("span", { class: "count" }, count(n))))));
    picker.replaceChildren(...rows.map(({ id, name, n }) => h("option", { value: id, selected: id === kind }, `${name} (${count(n)})`)));
  }

  /** @param {string} id */
  function chooseKind(id) {
    if (id === kind) return;
    [kind, ahead] = [id, []];
    suspects.lay([]);
    load();
    suspects.home();
  }

  /** @param {string} heading @param {string} text @param {string} action on the button; "" for none */
  function sayEmpty(heading, text, action) {
    element.classList.add("is-empty");
    [emptyTitle.textContent, emptyText.textContent, again.textContent] = [heading, text, action];
    again.hidden = !action || Boolean(state.now.project?.read_only);
  }

  function deal() {
    effort.start();
    suspects.lay(ahead.splice(0, MOST));
    showWhole();
  }

  /** The parts around the board, as it is now. */
  function showWhole() {
    const n = suspects.all().length;
    element.classList.toggle("is-empty", n === 0);
    if (n === 0 && !looking) sayEmpty(MISTAKES.nothing, MISTAKES.nothingWhy(told.n_judged), told.fresh ? "" : MISTAKES.again);
    title.textContent = MISTAKES.title(kind ? (told.counts[kind] ?? 0) : told.n);
    wrongOnes.hidden = rightOnes.hidden = n < 2;
    renderKinds();
    if (open && n > 0) comeHome(suspects.board);
  }

  const load = () => (loaded = ask());

  /** Ask for what is suspected; what was settled here may not be known there yet. */
  async function ask() {
    const mine = ++serial;
    stale = false;
    const query = { limit: Math.min(MOST_ASKED, FETCHED + done.size), ...(kind ? { kind } : {}) };
    try {
      const reply = await get("api/mistakes", query);
      if (mine !== serial) return;
      looking = false;
      told = reply;
      counted(reply.n);
      note.textContent = reply.note || MISTAKES.about;
      const lies = new Set(suspects.all().map(({ item }) => item));
      ahead = reply.mistakes.filter((/** @type {Mistake} */ { item }) => !done.has(item) && !lies.has(item));
      if (lies.size === 0) deal();
      else showWhole();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      stale = true;
      if (error.status === 409) unknown();
      else toasts.trouble(error, { label: MISTAKES.again, run: load });
    }
  }

  /** @returns {import("../types.js").Job | undefined} the last time somebody looked */
  const job = () => state.now.progress?.jobs.filter((one) => one.kind === "mistakes").at(-1);
  const isUnderWay = () => ["queued", "running"].includes(job()?.state ?? "");

  function unknown() {
    if (isUnderWay() || looking) sayEmpty(MISTAKES.looking, MISTAKES.lookingWhy, "");
    else sayEmpty(MISTAKES.unlooked, MISTAKES.unlookedWhy, MISTAKES.look);
  }

  /** Have the worker look; what lies here stays meanwhile. */
  function look() {
    if (state.now.project?.read_only || looking || isUnderWay()) return;
    looking = true;
    outbox.add("POST", "api/jobs", { kind: "mistakes", args: {} }, { about: MISTAKES.look, accepted: state.watch, refused: () => (looking = false) });
    if (suspects.all().length === 0) sayEmpty(MISTAKES.looking, MISTAKES.lookingWhy, "");
  }

  /**
   * Settle some by one step.
   * @param {Mistake[]} some @param {(mistake: Mistake) => import("../types.js").Verdict} verdict
   * @param {string} about
   */
  function say(some, verdict, about) {
    if (some.length === 0) return;
    const lay = suspects.all();
    const at = lay.indexOf(some[0]);
    sayMany(some.map((one) => ({ item: one.item, ...verdict(one) })), {
      about,
      more: { purpose: "review" },
      apply() {
        some.forEach(({ item }) => done.add(item));
        suspects.remove(some);
        recount(-some.length);
        if (suspects.all().length === 0) deal();
        if (ahead.length < MOST) setTimeout(load);
      },
      revert() {
        some.forEach(({ item }) => done.delete(item));
        const rest = suspects.all().filter((one) => !lay.includes(one));
        ahead.unshift(...rest);
        suspects.lay(lay.filter((one) => !done.has(one.item)), at);
        recount(some.length);
      },
    });
  }

  /** @param {number} by */
  function recount(by) {
    told = { ...told, n: told.n + by };
    counted(told.n);
    showWhole();
  }

  /** @param {import("../types.js").Verdict} verdict @param {string} about */
  function settle(verdict, about) {
    const mistake = suspects.framed();
    if (mistake) say([mistake], () => verdict, about);
  }

  /** @param {import("../classbox.js").Choice} choice */
  function choose(choice) {
    settle(verdictOf(choice), MISTAKES.saidIs(choice.name));
  }

  function accept() {
    const choice = panel.box.choice();
    if (choice) choose(choice);
  }

  function stands() {
    const mistake = suspects.framed();
    if (mistake) settle({ verdict: "class", class_id: mistake.said }, MISTAKES.saidRight(state.classOf(mistake.said)?.name ?? ""));
  }

  /** @param {boolean} right whether the answers stand, or are what is suspected */
  function settleAll(right) {
    const some = [...suspects.all()];
    say(some, ({ said, suspected }) => ({ verdict: "class", class_id: right ? said : suspected }), MISTAKES.saidAll(some.length, right));
  }

  function refresh() {
    stale = true;
    if (open && outbox.status.waiting === 0) load();
  }

  state.on("round", refresh);
  state.on("event", refresh);
  state.on("classes", () => open && (suspects.render(), renderKinds()));
  state.on("progress", () => {
    if (!open || !(looking || stale) || isUnderWay()) return;
    if (job()?.state === "failed") {
      looking = false;
      sayEmpty(MISTAKES.failed, job()?.error?.message ?? "", MISTAKES.again);
    } else if (looking && job()?.state === "done") load();
  });

  return {
    element,
    commands: {
      ...suspects.commands, Enter: accept, x: stands, c: panel.box.focus, "/": panel.box.focus,
      u: () => settle({ verdict: "unsure" }, MISTAKES.saidUnsure), n: () => settle({ verdict: "none" }, MISTAKES.saidNone),
      "Shift+a": () => settleAll(false), "Shift+x": () => settleAll(true), "Shift+b": toLabels,
    },
    /** @param {import("../types.js").ClassRecord} known its key was pressed */
    onClassKey: (known) => choose({ known, name: known.name }),
    /** Tell how many there are, if somebody has looked. */
    peek: () => stale && load(),
    async show() {
      open = true;
      await (stale ? load() : loaded); // what `peek` asked for may still be on its way
      if (!open) return;
      if (!told.fresh || stale) look();
      effort.start();
      comeHome(suspects.board);
    },
    hide() {
      open = false;
    },
  };
}
