/** Everything that has happened, newest first; any of it can be undone, or looked at again. */

import { get } from "../api.js";
import { h, icon, pageView } from "../dom.js";
import { clock, HISTORY } from "../text.js";

const PAGE = 50;
/** Images shown of one change, and how many of them are asked about again at most. */
const MOST_SHOWN = 200;
const MOST_ASKED = 10_000;
const TELLING = ["answer", "answers"];

/** @param {import("../main.js").App} app */
export function createHistory({ state, changes, toasts, thumbnails, gathering }) {
  const list = h("ol", { class: "event-list" });
  const more = h("button", { onclick: () => load(true) }, HISTORY.older);
  const none = h("p", { class: "hint", hidden: true }, HISTORY.none);
  const element = pageView("history", HISTORY, list, none, more);
  /** @type {import("../types.js").HistoryEvent[]} */
  let events = [];
  /** @type {number | null} the event whose images are shown */
  let opened = null;
  let open = false;
  let loading = Promise.resolve();

  /** One request after the other: a list from the beginning must not overtake older events. */
  function load(/** @type {boolean} */ older) {
    loading = loading.then(() => loadNext(older));
  }

  /** @param {boolean} older append the page before the oldest event shown, or begin anew */
  async function loadNext(older) {
    try {
      const before = older ? events.at(-1)?.id : undefined;
      const limit = older ? PAGE : Math.max(PAGE, events.length);
      const found = (await get("api/history", { before, limit })).events;
      events = older ? [...events, ...found] : found;
      more.hidden = found.length < limit;
      render();
    } catch (error) {
      toasts.trouble(/** @type {import("../api.js").ApiError} */ (error));
    }
  }

  /** @param {import("../types.js").HistoryEvent} event @param {() => void} toggle */
  function buttons(event, toggle) {
    const onclick = () => changes.undoEvent(event, () => load(false));
    const shows = { class: "quiet", "aria-label": HISTORY.showOf(event.text), "aria-expanded": String(event.id === opened), onclick: toggle };
    return h("span", { class: "does" },
      TELLING.includes(event.kind) && h("button", shows, HISTORY.show),
      event.undoable && !event.undone && h("button", { class: "quiet", "aria-label": HISTORY.undoOf(event.text), onclick }, icon("undo"), HISTORY.undo));
  }

  /** @param {import("../types.js").HistoryEvent} event */
  function row(event) {
    const inside = h("div", { class: "told" });
    const toggle = () => {
      opened = event.id === opened ? null : event.id;
      render();
      list.querySelector(`[data-event="${event.id}"] .does button`)?.focus();
    };
    if (event.id === opened) show(event, inside);
    return h(
      "li",
      { class: event.undone ? "undone" : "", "data-event": event.id },
      h("time", { dateTime: event.at, title: new Date(event.at).toLocaleString() }, clock(event.at)),
      h("span", { class: "event-text" }, event.text, event.undone && h("em", {}, HISTORY.undone)),
      h("span", { class: "who" }, event.annotator),
      buttons(event, toggle),
      event.id === opened && inside,
    );
  }

  /** @param {import("../types.js").HistoryEvent} event @param {HTMLElement} inside is filled with its images */
  async function show(event, inside) {
    try {
      const { items, n } = await get(`api/history/${event.id}/items`, { limit: MOST_SHOWN });
      const pictures = items.map((/** @type {import("../types.js").LabelledItem} */ { item, class_id }) =>
        thumbnails.picture(item, HISTORY.labelled(state.classOf(class_id)?.name)));
      const again = { disabled: n === 0 || Boolean(state.now.project?.read_only), onclick: () => askAgain(event) };
      inside.replaceChildren(h("p", {}, HISTORY.shown(n, items.length), h("button", again, HISTORY.again)), h("div", { class: "pictures" }, pictures));
    } catch (error) {
      toasts.trouble(/** @type {import("../api.js").ApiError} */ (error));
    }
  }

  /** @param {import("../types.js").HistoryEvent} event Its images come on the table once more. */
  async function askAgain(event) {
    try {
      const { items, n } = await get(`api/history/${event.id}/items`, { limit: MOST_ASKED });
      const ids = items.map((/** @type {import("../types.js").LabelledItem} */ { item }) => item);
      const told = { about: HISTORY.asked(ids.length, n), reason: HISTORY.reason(clock(event.at)) };
      // a word on one image outranks one on its cluster: what was said singly is asked singly
      const asCluster = event.kind === "answer" && ids.length > 1;
      (asCluster ? gathering.gather : gathering.askSingly)(ids, { ...told, purpose: "review" });
    } catch (error) {
      toasts.trouble(/** @type {import("../api.js").ApiError} */ (error));
    }
  }

  function render() {
    none.hidden = events.length > 0;
    list.replaceChildren(...events.map(row));
  }

  state.on("event", () => open && load(false));

  return {
    element,
    commands: {},
    onClassKey() {},
    show() {
      open = true;
      load(false);
    },
    hide() {
      open = false;
    },
  };
}
