/** Answering and skipping questions of one deck: the next is shown at once, the write follows. */

import { MAIN } from "./text.js";

/**
 * @typedef {import("./types.js").Verdict} Verdict
 * @typedef {import("./drafts.js").Draft} Draft
 */

/**
 * @param {import("./main.js").App} app @param {import("./deck.js").Deck} deck
 * @param {(text: string) => void} say shows what was answered last
 */
export function createAnswering({ state, changes, drafts, effort, toasts }, deck, say) {
  /**
   * @param {string} path @param {object} body
   * @param {{about: string, draft: Draft, accepted: (reply: any) => void}} options
   */
  function send(path, body, { about, draft, accepted }) {
    const question = deck.current();
    if (!question) return;
    if (state.now.project?.read_only) return toasts.say(MAIN.readOnly);
    changes.forget(question.id);
    drafts.drop(question.id);
    changes.send("POST", path, body, {
      about,
      accepted,
      questions: [question.id],
      revert() {
        say("");
        drafts.write(question.id, draft);
        deck.putBack(question);
      },
      reapply() {
        say(about);
        drafts.drop(question.id);
        deck.remove(question.id);
      },
    });
    say(about);
    deck.take();
  }

  /**
   * Say something of many questions or items as one step.
   * @param {object[]} answers as the server takes them
   * @param {{about: string, questions?: number[], more?: object, accepted?: () => void,
   *   apply: () => void, revert: () => void}} options `more` is sent along; `apply` shows it at once,
   *   and again when it is done again; `revert` takes it back
   */
  function sayMany(answers, { about, questions, more = {}, accepted, apply, revert }) {
    if (state.now.project?.read_only) return toasts.say(MAIN.readOnly);
    const show = () => (say(about), apply());
    changes.send("POST", "api/answers/many", { answers, ...more, ...effort.spent() }, {
      about,
      questions,
      accepted: (reply) => (reply.classes.forEach(state.learn), accepted?.()),
      revert: () => (say(""), revert()),
      reapply: show,
    });
    show();
  }

  return {
    /**
     * Answer the question on the table.
     * @param {Verdict} verdict @param {string} about a sentence for the history of this page
     * @param {Draft} draft what undo brings back to the screen
     */
    answer(verdict, about, draft) {
      const body = { question_id: deck.current()?.id, ...verdict, ...effort.spent() };
      send("api/answers", body, {
        about,
        draft,
        accepted(reply) {
          if (reply.class) state.learn(reply.class);
          if (reply.split?.length) deck.refresh();
        },
      });
    },
    sayMany,
    /**
     * Answer many questions of the deck as one step.
     * @param {import("./cards.js").Card[]} said @param {string} about a sentence for the history
     * @param {{again: () => void, back: () => void}} told `again` when it is shown as answered,
     *   `back` when it has been taken back
     */
    answerMany(said, about, { again, back }) {
      const questions = said.map(({ question }) => /** @type {import("./types.js").Question} */ (question));
      const ids = questions.map(({ id }) => id);
      sayMany(said.map(({ verdict }, at) => ({ question_id: ids[at], ...verdict })), {
        about,
        questions: ids,
        apply: () => (deck.remove(...ids), again()),
        revert: () => (deck.putBack(...questions), back()),
      });
    },
    /** @param {string} about @param {Draft} draft */
    skip(about, draft) {
      const id = /** @type {number} */ (deck.current()?.id);
      send(`api/questions/${id}/skip`, {}, {
        about,
        draft,
        accepted() {
          deck.release(id);
          if (!deck.current()) deck.refresh();
        },
      });
    },
    /** @param {import("./classbox.js").Choice} choice @returns {Verdict} */
    verdictOf({ known, name }) {
      state.use(name);
      if (known && known.id >= 0) return { verdict: "class", class_id: known.id };
      if (!known) state.imagine(name);
      return { verdict: "class", class_name: name };
    },
  };
}
