/** Answering uploads: shown at once, sent after, taken back like any other answer. */

import { MAIN, UPLOAD } from "../text.js";

/** @typedef {import("./uploadrow.js").Row} Row */

/**
 * @param {import("../main.js").App} app
 * @param {{say: (text: string) => void, done: () => void, back: (row: Row) => void}} options `done`:
 *   the row is answered; `back`: its answer was taken back
 */
export function createAnswers({ state, changes, effort, toasts, decks }, { say, done, back }) {
  /**
   * @param {Row | null} row @param {import("../types.js").Verdict} verdict
   * @param {string} about a sentence for the history of this page
   */
  function give(row, verdict, about) {
    if (!row?.told) return toasts.say(UPLOAD.nothing);
    if (state.now.project?.read_only) return toasts.say(MAIN.readOnly);
    const { item, question_id: question } = row.told;
    const asked = question !== null && row.isOpen();
    const place = asked ? { question_id: question } : { item };
    const shown = { ...verdict, name: verdict.class_name ?? state.classOf(verdict.class_id)?.name ?? "" };
    const apply = () => {
      row.say(shown);
      if (asked) decks.item.remove(question);
      say(about);
    };
    changes.send("POST", "api/answers", { ...place, ...verdict, ...effort.spent() }, {
      about,
      questions: asked && question !== null ? [question] : [],
      accepted: (reply) => reply.class && state.learn(reply.class),
      revert() {
        row.say(null);
        if (asked) decks.item.release(question);
        say("");
        back(row);
      },
      reapply: apply,
    });
    apply();
    done();
  }

  return {
    give,
    /** @param {Row | null} row @param {import("../classbox.js").Choice} choice */
    label(row, { known, name }) {
      if (!known && row?.told) state.imagine(name);
      const isNew = !known || known.id < 0;
      const verdict = isNew ? { class_name: name } : { class_id: known.id };
      give(row, { verdict: "class", ...verdict }, UPLOAD.said(name));
    },
  };
}
