/** Everything that has happened, newest first; any of it can be undone. */

import { get } from "../api.js";
import { h, icon, pageView } from "../dom.js";
import { clock, HISTORY } from "../text.js";

const PAGE = 50;

/** @param {import("../main.js").App} app */
export function createHistory({ state, changes, toasts }) {
  const list = h("ol", { class: "event-list" });
  const more = h("button", { onclick: () => load(true) }, HISTORY.older);
  const none = h("p", { class: "hint", hidden: true }, HISTORY.none);
  const element = pageView("history", HISTORY, list, none, more);
  /** @type {import("../types.js").HistoryEvent[]} */
  let events = [];
  let open = false;

  /** @param {boolean} older append the page before the oldest event shown, or begin anew */
  async function load(older) {
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

  /** @param {import("../types.js").HistoryEvent} event */
  function row(event) {
    const onclick = () => changes.undoEvent(event, () => load(false));
    const undo = { class: "quiet", "aria-label": HISTORY.undoOf(event.text), onclick };
    return h(
      "li",
      { class: event.undone ? "undone" : "" },
      h("time", { dateTime: event.at, title: new Date(event.at).toLocaleString() }, clock(event.at)),
      h("span", { class: "event-text" }, event.text, event.undone && h("em", {}, HISTORY.undone)),
      h("span", { class: "who" }, event.annotator),
      event.undoable && !event.undone
        ? h("button", undo, icon("undo"), HISTORY.undo)
        : h("span"),
    );
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
