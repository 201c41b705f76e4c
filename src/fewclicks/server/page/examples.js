/** Images that show what a class is, chosen by the person. */

import { EXAMPLES } from "./text.js";

/** The server keeps no more of one class. */
const MOST = 12;

/** @typedef {import("./types.js").ClassRecord} ClassRecord */

/**
 * @param {{state: import("./state.js").State, changes: import("./changes.js").Changes,
 *   toasts: import("./toasts.js").Toasts}} app
 */
export function createExamples({ state, changes, toasts }) {
  const reload = () => void state.loadClasses().catch(() => undefined);
  const nothing = () => undefined; // what undo brings back is read from the server

  /** @param {ClassRecord} known @param {number[]} examples all of them, in order */
  function set(known, examples) {
    const about = EXAMPLES.changed(known.name);
    state.learn({ ...known, examples });
    const kept = { about, revert: nothing, reapply: nothing, accepted: reload };
    changes.send("PATCH", `api/classes/${known.id}`, { examples }, kept);
  }

  return {
    /** @param {ClassRecord} known @param {number} item */
    remove: (known, item) => set(known, known.examples.filter((other) => other !== item)),
    /** @param {number} item @param {ClassRecord | undefined} known the class it shows */
    add(item, known) {
      if (!known || known.id < 0) return toasts.say(EXAMPLES.chooseFirst);
      if (known.examples.includes(item)) return toasts.say(EXAMPLES.already(known.name));
      if (known.examples.length >= MOST) return toasts.say(EXAMPLES.full(MOST));
      set(known, [...known.examples, item]);
      toasts.say(EXAMPLES.added(known.name));
    },
  };
}

/** @typedef {ReturnType<typeof createExamples>} Examples */
