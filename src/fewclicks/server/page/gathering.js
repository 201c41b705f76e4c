/** Items put together by the person, and then asked about as one cluster. */

import { ApiError, get } from "./api.js";
import { PLANE } from "./text.js";

/** Items that look like one, with it. */
const ALIKE = 200;

/**
 * @param {{state: import("./state.js").State, changes: import("./changes.js").Changes,
 *   drafts: import("./drafts.js").Drafts, toasts: import("./toasts.js").Toasts,
 *   decks: {cluster: import("./deck.js").Deck, item: import("./deck.js").Deck}, go: (id: string) => void}} app
 */
export function createGathering({ state, changes, drafts, toasts, decks, go }) {
  const deck = decks.cluster;

  /**
   * Put items together and their question on the table, as soon as the server knows it.
   *
   * @param {number[]} items at least two, in the order in which they are to be shown
   * @param {{about: string, reason: string, purpose?: "learn" | "review", insteadOf?: number[],
   *   draft?: import("./drafts.js").Draft, after?: () => void}} options `insteadOf`: questions that it replaces;
   *   `draft`: what is marked and chosen already; `after`: called when the server has it
   */
  function gather(items, { about, reason, purpose = "learn", insteadOf = [], draft, after }) {
    if (state.now.project?.read_only) return;
    const body = { items, reason, purpose, together: true, instead_of: insteadOf };
    changes.send("POST", "api/questions", body, {
      about,
      revert: () => undefined, // the decks are renewed when the server has taken it back
      reapply: () => undefined,
      accepted({ questions: [question] }) {
        deck.remove(...insteadOf);
        if (draft) drafts.write(question.id, draft);
        deck.putBack(question);
        go("clusters");
        toasts.say(about);
        after?.();
      },
    });
  }

  /**
   * Ask about items one by one, the first of them next.
   * @param {number[]} items @param {{about: string, reason: string, purpose?: "learn" | "review"}} options
   */
  function askSingly(items, { about, reason, purpose = "learn" }) {
    if (state.now.project?.read_only) return;
    changes.send("POST", "api/questions", { items, reason, purpose, together: false }, {
      about,
      revert: () => undefined,
      reapply: () => undefined,
      accepted({ questions }) {
        decks.item.putBack(...questions);
        go("items");
        toasts.say(about);
      },
    });
  }

  return {
    gather,
    askSingly,
    /** @param {number} item Put it together with what looks like it. */
    async gatherAlike(item) {
      try {
        const { items } = await get(`api/items/${item}/similar`, { limit: ALIKE });
        gather(items, { about: PLANE.askedAlike(items.length), reason: PLANE.reasonAlike(item) });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        toasts.trouble(error);
      }
    },
  };
}

/** @typedef {ReturnType<typeof createGathering>} Gathering */
