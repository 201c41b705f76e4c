/** One uploaded image: its picture, what is believed of it, and what became of it. */

import { cap, h, swatch } from "../dom.js";
import { percentOf, UPLOAD } from "../text.js";

/**
 * @typedef {{item: number, known: boolean, question_id: number | null,
 *   label: {class_id: number | null, confidence: number, source: string},
 *   prediction: {name: string, familiar: boolean, guesses: import("../types.js").Guess[]}}} Told
 * @typedef {ReturnType<typeof createRow>} Row
 */

/**
 * @param {import("../main.js").App} app
 * @param {{name: string, file?: File, told?: Told}} about
 * @param {{choose: (row: any) => void, again: (row: any, file: File) => void}} on
 */
export function createRow({ state, thumbnails, sharp }, { name, file, told }, { choose, again }) {
  const picture = h("span", { class: sharp ? "thumb sharp" : "thumb" });
  const outcome = h("span", { class: "outcome" });
  const fill = h("span");
  const sure = h("span", { class: "sure" });
  const meter = h("span", { class: "meter", hidden: true }, h("span", { class: "track" }, fill), sure);
  const others = h("span", { class: "others" });
  const title = h("span", { class: "file" }, name);
  const button = h("button", { class: "upload-row", "aria-label": UPLOAD.open(name), onclick: () => choose(row) },
    picture, h("span", { class: "told" }, outcome, title), meter, others);
  const retry = h("button", { class: "quiet", hidden: true, onclick: () => (row.retry(), undefined) }, UPLOAD.again);
  const element = h("li", {}, button, retry);
  /** @type {(import("../types.js").Verdict & {name: string}) | null} what this page has said */
  let said = null;
  const brought = Boolean(file);
  let url = file && !told ? URL.createObjectURL(file) : "";
  if (url) picture.append(h("img", { class: "picture", loading: "lazy", decoding: "async", src: url, alt: UPLOAD.alt }));

  /** The browser need not hold the file's picture any longer. */
  function release() {
    if (url) URL.revokeObjectURL(url);
    url = "";
  }

  /** @returns {{state: string, words: string, color?: string}} */
  function situation() {
    if (row.error) return { state: "failed", words: `${row.error.message} ${row.error.remedy}` };
    if (!row.told) return { state: "waiting", words: UPLOAD.waiting };
    if (said) return said.name ? labelled(said.name) : { state: "answered", words: UPLOAD.aside };
    const { label, prediction, question_id: question } = row.told;
    if (["person", "cluster", "group"].includes(label.source)) {
      const known = state.classOf(label.class_id);
      return known ? labelled(known.name) : { state: "answered", words: UPLOAD.aside };
    }
    if (label.source === "model") {
      const { name = "", color } = state.classOf(label.class_id) ?? {};
      if (question === null) return { state: "filed", words: UPLOAD.under(name), color };
      return { state: "open", words: UPLOAD.check(name), color };
    }
    if (question === null) {
      const known = state.classOf(prediction.guesses[0]?.class_id);
      return { state: "sure", words: known ? UPLOAD.like(known.name) : UPLOAD.unlabelled, color: known?.color };
    }
    if (prediction.guesses.length === 0) return { state: "open", words: UPLOAD.first };
    return { state: "open", words: prediction.familiar ? UPLOAD.asked : UPLOAD.unlike };
  }

  /** @param {string} name */
  function labelled(name) {
    return { state: "answered", words: UPLOAD.answered(name), color: state.classNamed(name)?.color };
  }

  function renderGuesses() {
    const { label, prediction } = row.told ?? {};
    const onRecord = label?.source === "model"; // it counts, and may differ from what is believed now
    const guesses = (onRecord ? [label] : prediction?.guesses) ?? [];
    const [best, ...rest] = guesses.map(({ class_id, confidence }) => ({ known: state.classOf(class_id), confidence }));
    meter.hidden = !best?.known;
    if (best?.known) {
      fill.style.width = `${100 * best.confidence}%`;
      fill.style.backgroundColor = best.known.color;
      sure.textContent = UPLOAD.sure(best.known.name, best.confidence);
    }
    others.replaceChildren(...rest.filter(({ known }) => known).map(({ known, confidence }) =>
      h("span", {}, swatch(known?.color ?? ""), h("span", { class: "name" }, known?.name ?? ""), percentOf(confidence))));
  }

  const row = {
    element,
    told: /** @type {Told | null} */ (null),
    error: /** @type {import("../api.js").ApiError | null} */ (null),
    /** @returns {boolean} whether it waits for an answer */
    isOpen: () => element.dataset.state === "open",
    /** @param {Told} news from the server */
    learn(news) {
      const isFirst = !row.told;
      row.told = news;
      if (news.question_id === null) said = null;
      if (isFirst) {
        picture.replaceChildren(thumbnails.picture(news.item, UPLOAD.alt));
        release();
        file = undefined;
      }
      row.render();
    },
    /** @param {import("../api.js").ApiError} error */
    fail(error) {
      row.error = error;
      release();
      row.render();
    },
    retry() {
      row.error = null;
      row.render();
      if (file) again(row, file);
    },
    release,
    /** @param {(import("../types.js").Verdict & {name: string}) | null} verdict null: taken back */
    say(verdict) {
      said = verdict;
      row.render();
    },
    /** @param {boolean} on whether it is the one that is answered now */
    mark(on) {
      if (on) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    },
    render() {
      const { state: now, words, color } = situation();
      element.dataset.state = now;
      button.disabled = now === "waiting" || now === "failed";
      retry.hidden = now !== "failed" || !file;
      outcome.replaceChildren(...[color && swatch(color), now === "open" && cap("?"), words].filter(Boolean));
      title.textContent = row.told?.known && brought ? `${name} (${UPLOAD.known})` : name;
      renderGuesses();
    },
  };
  if (told) row.learn(told);
  else row.render();
  return row;
}
