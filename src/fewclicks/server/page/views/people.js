/** Who answers here, what each person gave, and how far several agree. */

import { ApiError, get, sayAnnotator } from "../api.js";
import { h } from "../dom.js";
import { count, PEOPLE, PROGRESS } from "../text.js";

/**
 * @typedef {import("../types.js").People} People
 * @typedef {import("../types.js").Agreement} Agreement
 */

/** Confusions of each person that are shown. */
const MOST_CONFUSED = 5;

/** @param {import("../main.js").App} app */
export function createPeople({ state, toasts }) {
  /** @type {People | null} */
  let people = null;
  const name = h("input", { type: "text", id: "annotator", maxLength: 200, autocomplete: "name", required: true });
  const form = h("form", { class: "add", onsubmit: rename }, h("label", { htmlFor: "annotator" }, PEOPLE.you), name, h("button", {}, PEOPLE.change));
  const given = h("tbody");
  const agreed = h("div", { class: "agreement" });
  const element = h("section", { class: "people" }, h("h3", {}, PEOPLE.title), form, table(PEOPLE.heads, given), agreed);

  /** @param {string[]} heads @param {HTMLElement} body */
  function table(heads, body, texts = 1) {
    return h("table", { class: "figures-table" },
      h("thead", {}, h("tr", {}, heads.map((words, at) => h("th", { scope: "col", class: at < texts ? "" : "number" }, words)))), body);
  }

  /** @param {string[]} cells @param {number} [texts] columns that are no numbers */
  const row = (cells, texts = 1) =>
    h("tr", {}, cells.map((words, at) => (at === 0 ? h("th", { scope: "row" }, words) : h("td", { class: at < texts ? "" : "number" }, words))));

  /** @param {SubmitEvent} event */
  function rename(event) {
    event.preventDefault();
    if (sayAnnotator(name.value.trim())) location.reload(); // all that is shown was for somebody else
    else toasts.say(PEOPLE.noName);
  }

  /** @param {number | null} id */
  const classOf = (id) => (id === null ? PEOPLE.noClass : (state.classOf(id)?.name ?? PROGRESS.noLabel));

  /** @param {People} told */
  function confusions(told) {
    return told.people.flatMap((one) =>
      one.confusions.filter(({ said, labelled }) => said !== labelled).slice(0, MOST_CONFUSED)
        .map(({ said, labelled, n }) => row([one.name, classOf(said), classOf(labelled), count(n)], 3)));
  }

  /** @param {People} told */
  function agreement(told) {
    const { alpha, fleiss } = told;
    const wrong = confusions(told);
    return [
      h("p", { class: "reason" }, PEOPLE.shared(told)),
      h("p", {}, [alpha && PEOPLE.alpha(PEOPLE.figure(alpha)), fleiss && PEOPLE.fleiss(PEOPLE.figure(fleiss), fleiss)].filter(Boolean).join(" ")),
      table(PEOPLE.agreeHeads, h("tbody", {}, told.people.map((one) =>
        row([one.name, count(one.n_shared), PEOPLE.share(one.agreement), one.right === null ? "–" : PROGRESS.percent(one.right), PEOPLE.again(one.consistency)])))),
      told.pairs.length > 0 && table(PEOPLE.pairHeads, h("tbody", {}, told.pairs.map((pair) => row([...pair.people, count(pair.n), PEOPLE.figure(pair.kappa)], 2))), 2),
      wrong.length > 0 && h("details", {}, h("summary", {}, PEOPLE.confused), table(PEOPLE.confusedHeads, h("tbody", {}, wrong), 3)),
    ].filter(Boolean);
  }

  return {
    element,
    /** @param {import("../types.js").Report} report */
    render(report) {
      if (document.activeElement !== name) name.value = state.now.project?.annotator ?? "";
      form.hidden = Boolean(state.now.project?.read_only);
      given.replaceChildren(...report.annotators.map(({ name: who, answers, actions, seconds }) =>
        row([who, count(answers), count(actions), PROGRESS.minutes(seconds)])));
      const told = people?.people.some(({ n_shared, consistency }) => n_shared > 0 || consistency) ? people : null;
      agreed.replaceChildren(...(told ? agreement(told) : []));
    },
    /** Ask how far people agree; what goes wrong is told with the report. */
    async load() {
      try {
        people = await get("api/people");
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
      }
    },
  };
}
