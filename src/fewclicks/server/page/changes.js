/** Everything done on this page, in order, so that any of it can be taken back and done again. */

import { MAIN } from "./text.js";

/**
 * @typedef {{about: string, revert: () => void, reapply: () => void, scope?: number | null,
 *   clientId?: string, event?: number, redone?: boolean}} Step a step without a clientId never
 *   left the page (a mark on a thumbnail); `scope` is the question it belongs to; what was done
 *   again is taken back as "the latest change", for its first event is already undone
 */

/**
 * @param {{outbox: import("./outbox.js").Outbox, say: (text: string) => void,
 *   settle: (bring?: boolean) => void}} tools `settle` reads anew what an undo on the server may have
 *   changed; `bring` puts a question that is open again on the table
 */
export function createChanges({ outbox, say, settle }) {
  /** @type {Step[]} */
  const done = [];
  /** @type {Step[]} */
  const undone = [];

  const again = () => settle();

  /** @param {Step} step */
  function push(step) {
    done.push(step);
    undone.length = 0;
  }

  /** @param {Step} step */
  function drop(step) {
    for (const row of [done, undone]) if (row.includes(step)) row.splice(row.indexOf(step), 1);
  }

  /** @param {Step} step */
  function undoOnServer(step) {
    const body = step.event && !step.redone ? { event: step.event } : {};
    const undoes = step.event || step.redone ? undefined : (step.clientId ?? undefined);
    const { about } = step;
    outbox.add("POST", "api/undo", body, { about, undoes, accepted: again, refused: again });
  }

  return {
    /** @param {Step} step one that stays on this page */
    local: push,
    /** @param {number} scope Forget the local steps of a question that has been answered. */
    forget(scope) {
      const belongs = (/** @type {Step} */ step) => step.scope === scope && !step.clientId;
      [...done, ...undone].filter(belongs).forEach(drop);
    },
    /**
     * Send a change and remember how to take it back. `revert` and `reapply` show at once what
     * undo and redo will do; `revert` is called too when the server refuses the change.
     *
     * @param {string} method @param {string} path @param {object} body
     * @param {{about: string, questions?: number[], revert: () => void, reapply: () => void,
     *   accepted?: (reply: any) => void}} options
     */
    send(method, path, body, { about, questions, revert, reapply, accepted }) {
      /** @type {Step} */
      const step = { about, revert, reapply };
      step.clientId = outbox.add(method, path, body, {
        about,
        questions,
        accepted(reply) {
          step.event = reply.event?.id ?? reply.event;
          accepted?.(reply);
        },
        refused() {
          drop(step);
          revert();
          settle();
        },
      });
      push(step);
    },
    undo() {
      const step = done.pop();
      if (!step) {
        outbox.add("POST", "api/undo", {}, {
          about: MAIN.undo,
          accepted(reply) {
            say(MAIN.undone(reply.undone.text));
            settle(true);
          },
        });
        return;
      }
      undone.push(step);
      if (step.clientId) {
        undoOnServer(step);
        say(MAIN.undone(step.about));
      }
      step.revert();
    },
    redo() {
      const step = undone.pop();
      if (!step) return;
      done.push(step);
      if (step.clientId) {
        step.redone = true;
        const { about } = step;
        outbox.add("POST", "api/redo", {}, { about, accepted: again, refused: again });
      }
      step.reapply();
    },
    /** @param {import("./types.js").HistoryEvent} event any of the history @param {() => void} after */
    undoEvent(event, after) {
      const step = done.find((known) => known.event === event.id);
      const settled = () => (settle(!step), after());
      const outcome = { about: event.text, accepted: settled, refused: again };
      outbox.add("POST", "api/undo", { event: event.id }, outcome);
      if (!step) return;
      drop(step);
      step.revert();
    },
  };
}

/** @typedef {ReturnType<typeof createChanges>} Changes */
