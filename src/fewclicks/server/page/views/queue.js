/** One confusing item at a time: a large image, the likeliest classes, its answered neighbours. */

import { createAnswering } from "../answering.js";
import { cap, comeHome, h, swatch } from "../dom.js";
import { createPanel } from "../panel.js";
import { percent, plainReason, QUEUE } from "../text.js";
import { createEmpty } from "./empty.js";

/**
 * @param {import("../main.js").App} app
 * @param {() => void} toBatch shows many at once
 */
export function createQueue(app, toBatch) {
  const { state, changes, drafts, effort, examples, toasts, thumbnails, sharp } = app;
  const deck = app.decks.item;
  const { answer, skip, verdictOf } = createAnswering(app, deck, (text) => panel.say(text));
  /** @type {number | null} */
  let shown = null;
  const panel = createPanel({
    state, id: "item-class", label: QUEUE.ask, onPick: label, onAccept: accept,
    acceptLabel: QUEUE.accept, undo: changes.undo, home: () => stage.focus({ preventScroll: true }),
    verdicts: [
      { ...QUEUE.unsure, run: () => close({ verdict: "unsure" }, QUEUE.saidUnsure) },
      { ...QUEUE.none, run: () => close({ verdict: "none" }, QUEUE.saidNone) },
      { ...QUEUE.skip, run: pass },
    ],
  });

  const small = h("img", { class: "subject", alt: QUEUE.alt });
  const full = h("img", { class: "subject", alt: "", hidden: true });
  const original = h("button", { class: "quiet", onclick: toggleOriginal }, QUEUE.original, cap("Space"));
  const many = h("button", { class: "quiet mode", onclick: toBatch }, QUEUE.batch, cap("Shift B"));
  const frame = h("figure", { class: sharp ? "frame small" : "frame" }, small, full);
  const title = h("h2");
  const reason = h("p", { class: "reason" });
  const guesses = h("div", { class: "guesses", role: "group", "aria-label": QUEUE.guesses });
  const neighbours = h("ul", { class: "neighbours", "aria-label": QUEUE.neighbours });
  const coming = h("ol", { class: "coming-items", "aria-label": QUEUE.next });
  const stage = h(
    "div",
    { class: "stage", tabIndex: -1 },
    h("header", { class: "stage-head" }, h("div", { class: "words" }, title, reason), original, many),
    frame,
    guesses,
    h("div", { class: "beside" },
      h("section", { class: "near" }, h("h3", {}, QUEUE.neighbours), neighbours),
      h("section", { class: "next" }, h("h3", {}, QUEUE.next), coming)),
  );
  const element = h("div", { class: "view queue" }, stage, createEmpty(app, "item"), panel.element);

  const draft = () => ({ marks: [], choice: "" });

  /** @param {import("../types.js").Verdict} verdict @param {string} about */
  function close(verdict, about) {
    if (!deck.current()) return;
    answer(verdict, about, draft());
  }

  /** @param {import("../classbox.js").Choice} choice */
  function label(choice) {
    close(verdictOf(choice), QUEUE.said(choice.name));
  }

  function accept() {
    const choice = panel.box.choice();
    if (choice) return label(choice);
    toasts.say(QUEUE.chooseFirst);
    queueMicrotask(panel.box.focus); // after the button has sent the focus home
  }

  function pass() {
    if (!deck.current()) return;
    skip(QUEUE.saidSkip, draft());
  }

  function toggleOriginal() {
    const item = deck.current()?.item;
    if (item === null || item === undefined) return;
    if (full.hidden && !full.getAttribute("src")) full.src = `api/items/${item}/image`;
    full.hidden = !full.hidden;
    original.setAttribute("aria-pressed", String(!full.hidden));
  }

  /** @param {import("../types.js").Question} question */
  function showGuesses({ guesses: found }) {
    const columns = found.map(({ class_id, confidence }) => {
      const known = state.classOf(class_id);
      return known && h(
        "div",
        { class: "candidate", "data-class": class_id },
        h(
          "button",
          { class: "guess", "data-defines": class_id, onclick: () => (label({ known, name: known.name }), stage.focus()) },
          known.key && cap(known.key), swatch(known.color), h("span", { class: "name" }, known.name),
          h("span", { class: "sure" }, percent(confidence)),
        ),
        h("div", { class: "examples" }),
      );
    });
    guesses.replaceChildren(...columns.filter(Boolean));
  }

  /**
   * Put the nearest images that people have named so below each guess, whose button stays the same.
   * @param {import("../types.js").QuestionDetail | undefined} detail
   */
  function showExamples(detail) {
    for (const { class_id, items } of detail?.examples ?? []) {
      const place = guesses.querySelector(`[data-class="${class_id}"] .examples`);
      const name = QUEUE.labelled(state.classOf(class_id)?.name ?? "");
      place?.replaceChildren(...items.map((item) => thumbnails.picture(item, name)));
    }
  }

  /** @param {import("../types.js").QuestionDetail | undefined} detail */
  function showNeighbours(detail) {
    const rows = (detail?.neighbours ?? []).map(({ item, class_id }) => {
      const known = state.classOf(class_id);
      const name = known?.name ?? "";
      const words = h("span", { "aria-hidden": "true" }, known && swatch(known.color), name);
      return h("li", {}, thumbnails.picture(item, QUEUE.labelled(name)), words);
    });
    neighbours.replaceChildren(...rows);
    neighbours.parentElement?.classList.toggle("none", rows.length === 0);
  }

  function render() {
    const question = deck.current();
    const begins = question && element.classList.contains("is-empty") && !element.hidden;
    element.classList.toggle("is-empty", !question);
    if (begins) comeHome(stage);
    const next = deck.ahead().slice(0, 5).map(({ item }) => h("li", {}, thumbnails.picture(item ?? 0)));
    coming.replaceChildren(...next);
    panel.lock(!question || Boolean(state.now.project?.read_only));
    if (!question) shown = null;
    if (question?.id === shown) renderGuesses();
    if (!question || question.id === shown || question.item === null) return;
    shown = question.id;
    title.textContent = QUEUE.title(question.purpose);
    reason.textContent = plainReason(question);
    full.hidden = true;
    full.removeAttribute("src");
    small.removeAttribute("src"); // else the former item stays until this one comes
    thumbnails.load(small, question.item);
    showGuesses(question);
    showExamples(deck.detailNow(question.id));
    showNeighbours(deck.detailNow(question.id));
    panel.box.reset(question.guesses);
    drafts.drop(question.id);
    effort.start();
    deck.detail(question.id).then(
      (detail) => shown === question.id && (showNeighbours(detail), showExamples(detail)),
      () => undefined, // the neighbours are a help, not a need
    );
  }

  /** The same question, but the guesses or the names of the classes are new. */
  function renderGuesses() {
    const question = deck.current();
    if (!question || question.id !== shown) return;
    panel.box.suggest(question.guesses);
    showGuesses(question);
    showExamples(deck.detailNow(question.id));
    showNeighbours(deck.detailNow(question.id));
  }

  deck.onChange(render);
  state.on("project", render);
  state.on("classes", renderGuesses);

  return {
    element,
    /** @type {Record<string, () => void>} */
    commands: {
      Enter: accept,
      s: pass,
      u: () => close({ verdict: "unsure" }, QUEUE.saidUnsure),
      n: () => close({ verdict: "none" }, QUEUE.saidNone),
      c: panel.box.focus,
      "/": panel.box.focus,
      " ": toggleOriginal,
      "Shift+e": () => examples.add(deck.current()?.item ?? -1, panel.box.choice()?.known),
      "Shift+b": toBatch,
      "Shift+s": () => {
        const item = deck.current()?.item ?? null;
        if (item !== null) app.gathering.gatherAlike(item);
      },
    },
    /** @param {import("../types.js").ClassRecord} known its key was pressed */
    onClassKey: (known) => label({ known, name: known.name }),
    show() {
      if (shown !== null || !deck.isLoaded()) deck.refresh();
      render();
      effort.start();
      stage.focus({ preventScroll: true });
    },
    hide() {},
  };
}
