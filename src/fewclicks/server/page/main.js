/** Puts the page together: state, outbox, decks, views, keys. */

import { createChanges } from "./changes.js";
import { createDeck } from "./deck.js";
import { createDefinition } from "./definition.js";
import { createExport, createHelp } from "./dialogs.js";
import { h } from "./dom.js";
import { createDrafts } from "./drafts.js";
import { CLUSTERS_AT_A_TIME, hasAsked } from "./early.js";
import { createEffort } from "./effort.js";
import { createExamples } from "./examples.js";
import { createGathering } from "./gathering.js";
import { createHeader } from "./header.js";
import { listenToKeys } from "./keys.js";
import { createOutbox } from "./outbox.js";
import { createState } from "./state.js";
import { createTabs } from "./tabs.js";
import { MAIN, TABS } from "./text.js";
import { createThumbnails } from "./thumbnails.js";
import { createToasts } from "./toasts.js";
import { createClusters } from "./views/clusters.js";
import { laterViews } from "./views/later.js";

/**
 * @typedef {{element: HTMLElement, commands: Record<string, () => void>, show: () => void,
 *   hide: () => void, onClassKey: (known: import("./types.js").ClassRecord) => void}} View
 * @typedef {{state: import("./state.js").State, outbox: import("./outbox.js").Outbox,
 *   changes: import("./changes.js").Changes, drafts: import("./drafts.js").Drafts,
 *   effort: import("./effort.js").Effort, examples: import("./examples.js").Examples,
 *   gathering: import("./gathering.js").Gathering,
 *   thumbnails: import("./thumbnails.js").Thumbnails, toasts: import("./toasts.js").Toasts,
 *   decks: {cluster: import("./deck.js").Deck, item: import("./deck.js").Deck},
 *   sharp: boolean, go: (id: string) => void, openExport: () => void}} App
 */

const FLUSH_MS = 3000;
const CALM_MS = 1000;
const TOLD = "fewclicks.told";

/** @param {import("./toasts.js").Toasts} toasts @param {import("./state.js").State} state */
function makeOutbox(toasts, state) {
  const outbox = createOutbox({
    name: state.now.project?.folder ?? "",
    onRefused(letter, error) {
      if (letter.path === "api/undo") return toasts.say(error.message);
      toasts.trouble(error, { label: MAIN.sendAgain, run: () => outbox.post(letter) });
    },
  });
  return outbox;
}

/** Say once what went wrong: a job that failed, a token that is no longer right. */
function tellOfTrouble(/** @type {App} */ { state, toasts }) {
  const told = new Set(JSON.parse(sessionStorage.getItem(TOLD) ?? "[]"));
  state.on("progress", () => {
    for (const { id, state: now, error } of state.now.progress?.jobs ?? []) {
      if (now !== "failed" || !error || told.has(id)) continue;
      sessionStorage.setItem(TOLD, JSON.stringify([...told.add(id)]));
      toasts.show({ text: error.message, remedy: error.remedy, lasting: true });
    }
  });
  state.on("reach", () => {
    if (state.now.trouble?.status === 401) toasts.trouble(state.now.trouble);
  });
}

/** Glyphs and photos are shown differently; which of them these are is known once prepared. */
function rebuildOnceKnown(/** @type {App} */ { state }) {
  const before = state.now.project?.kind;
  state.on("project", () => state.now.project?.kind !== before && location.reload());
}

/** What certifies the labels asks before all others do, and no more once the claim is proved. */
function keepProof(/** @type {App} */ { state, decks, toasts, go }) {
  let before = state.now.progress?.certificate ?? null;
  let hush = () => undefined;
  state.on("progress", () => {
    const now = state.now.progress?.certificate ?? null;
    const [was, is] = [before, now].map((one) => one && `${one.id} ${one.state} ${one.holds}`);
    const isProved = now?.holds && before?.id === now.id && !before.holds;
    before = now;
    if (was === is) return;
    decks.item.anew();
    hush(); // what it says may have been taken back
    if (isProved) hush = toasts.show({ text: MAIN.proved, lasting: true, trouble: false, action: { label: MAIN.showProof, run: () => go("progress") } });
  });
}

/** Keep the decks in step with what happens on the server. */
function keepDecks(/** @type {App} */ { state, decks, outbox }) {
  const all = Object.values(decks);
  state.on("round", () => {
    all.forEach((deck) => deck.renew());
    state.loadClasses().catch(() => undefined);
  });
  state.on("progress", () => {
    const open = state.now.progress?.open;
    if (!decks.cluster.current() && open?.clusters) decks.cluster.refresh();
    if (!decks.item.current() && open?.items) decks.item.refresh();
    const known = new Set(state.now.classes.map(({ id }) => id));
    const isNew = state.now.progress?.classes.some(({ id }) => !known.has(id));
    if (isNew) state.loadClasses().catch(() => undefined);
  });
  let before = outbox.status.waiting;
  outbox.onChange(() => {
    if (outbox.status.waiting < before) state.watch();
    before = outbox.status.waiting;
  });
}

/**
 * @param {import("./thumbnails.js").Thumbnails} thumbnails
 * @param {() => number} firstScreen how many thumbnails one screen holds
 * @param {() => import("./outbox.js").Outbox | undefined} outbox
 */
function makeDecks({ warm }, firstScreen, outbox) {
  const waiting = () => outbox()?.questionIds() ?? [];
  const isSending = () => (outbox()?.status.waiting ?? 0) > 0;
  return {
    cluster: createDeck({
      kind: "cluster", near: 3, fetch: CLUSTERS_AT_A_TIME, waiting, isSending,
      warm: ({ members = [] }) => warm(members.slice(0, firstScreen())),
    }),
    item: createDeck({
      kind: "item", near: 5, fetch: 200, waiting, isSending,
      warm: ({ item }) => warm(item === null ? [] : [item]),
    }),
  };
}

/** Open the project and show the page; what the last visit left unsent goes first. */
async function start() {
  const toasts = createToasts();
  const state = createState();
  const thumbnails = createThumbnails();
  /** @type {import("./outbox.js").Outbox | undefined} */
  let outbox;
  let firstScreen = () => 240;
  const decks = makeDecks(thumbnails, () => firstScreen(), () => outbox);
  const early = hasAsked ? decks.cluster.open() : null;
  await Promise.all([state.load(), early]);
  outbox = makeOutbox(toasts, state);
  if (outbox.status.waiting > 0) {
    await Promise.race([outbox.sendAll(), new Promise((resolve) => setTimeout(resolve, FLUSH_MS))]);
    await state.load();
  }
  if (!early) await decks.cluster.renew();

  const settle = (bring = false) => {
    Object.values(decks).forEach((deck) => deck.renew(bring));
    state.loadClasses().catch(() => undefined);
    state.watch();
  };
  const changes = createChanges({ outbox, say: toasts.say, settle });
  const drafts = createDrafts(state.now.project?.folder ?? "");
  const go = (/** @type {string} */ id) => tabs.go(id);
  /** @type {App} */
  const app = {
    state, outbox, toasts, decks, thumbnails, changes, drafts, go,
    gathering: createGathering({ state, changes, drafts, toasts, decks, go }),
    sharp: state.now.project?.kind === "glyphs",
    effort: createEffort(),
    examples: createExamples({ state, changes, toasts }),
    openExport: createExport({ state, outbox }),
  };
  const clusters = createClusters(app);
  const later = laterViews(app);
  firstScreen = clusters.firstScreen;
  const help = createHelp();
  const header = createHeader(app, { tabs: TABS.filter(({ id }) => id === "clusters" || id in later), help });
  const tabs = createTabs({ clusters }, later, header, (run) =>
    toasts.show({ text: MAIN.noView, remedy: MAIN.noViewRemedy, lasting: true, action: { label: MAIN.reload, run } }));
  keepDecks(app);
  keepProof(app);
  tellOfTrouble(app);
  rebuildOnceKnown(app);
  listenToKeys(app, { view: tabs.current, help });
  if (state.now.project?.read_only) toasts.show({ text: MAIN.readOnly, lasting: true });
  document.getElementById("boot")?.remove();
  tabs.start();
  createDefinition(app);
  setTimeout(() => {
    state.watch();
    tabs.makeAll();
  }, CALM_MS); // until then everything belongs to what is in sight
}

start().catch((error) => {
  const again = h("button", { class: "primary", onclick: () => location.reload() }, MAIN.reload);
  const words = h("p", {}, `${error.message} ${error.remedy ?? ""}`);
  document.getElementById("boot")?.replaceChildren(h("h2", {}, MAIN.cannotStart), words, again);
  throw error;
});
