/** What one answer cost: seconds looked at and keys and clicks spent. */

/** A longer pause counts as this much: whoever fetches a coffee is not labelling. */
const LONGEST_PAUSE_MS = 60_000;
const MODIFIERS = ["Shift", "Control", "Alt", "Meta"];

/** Start counting for the whole page; `start` sets it to nothing for a new question. */
export function createEffort() {
  let seconds = 0;
  let actions = 0;
  let last = performance.now();

  function pass() {
    const now = performance.now();
    if (!document.hidden) seconds += Math.min(now - last, LONGEST_PAUSE_MS) / 1000;
    last = now;
  }

  function act() {
    pass();
    actions += 1;
  }

  document.addEventListener("pointerdown", act, true);
  document.addEventListener(
    "keydown",
    (event) => void (!event.repeat && !MODIFIERS.includes(event.key) && act()),
    true,
  );
  document.addEventListener("visibilitychange", () => (last = performance.now()));

  return {
    start() {
      [seconds, actions, last] = [0, 0, performance.now()];
    },
    /** @returns {{seconds: number, actions: number}} since `start` */
    spent() {
      pass();
      return { seconds: Math.round(seconds * 100) / 100, actions };
    },
  };
}

/** @typedef {ReturnType<typeof createEffort>} Effort */
