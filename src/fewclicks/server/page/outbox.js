/**
 * Writes on their way to the server: kept in localStorage until acknowledged, sent one at a time
 * in the order they were made, repeated with the same client_id until they arrive.
 */

import { annotator, ApiError, newClientId, request } from "./api.js";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** A server that fails this often on one write will not take it: let the others pass. */
const MOST_FAILURES = 5;

/**
 * @typedef {{clientId: string, place: string, method: string, path: string, body: any,
 *   who: string, about: string, undoes?: string, questions?: number[]}} Letter `who` made it; `about` is a sentence for the
 *   person; `undoes` is the clientId of the letter whose change this one takes back; `questions` are
 *   the ids of those it answers or skips
 * @typedef {{accepted?: (reply: any) => void, refused?: (error: ApiError) => void}} Outcome
 */

/**
 * @param {{name: string, storage?: Storage, onRefused: (letter: Letter, error: ApiError) => void}} options
 *   `name` keeps the letters of two projects apart that share one address
 */
export function createOutbox({ name, storage = localStorage, onRefused }) {
  const prefix = `fewclicks.outbox.${name}.`;
  const letters = stored(storage, prefix);
  /** @type {Map<string, Outcome>} */
  const outcomes = new Map();
  /** @type {Set<() => void>} */
  const listeners = new Set();
  const status = { waiting: letters.length, trouble: /** @type {ApiError | null} */ (null) };
  let pause = FIRST_PAUSE_MS;
  let sending = false;
  let safe = true;
  let made = 0;
  let failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** @param {Letter} letter One storage entry each: two tabs can never overwrite one another. */
  function keep(letter) {
    try {
      storage.setItem(letter.place, JSON.stringify(letter));
    } catch {
      safe = false; // storage is full or forbidden: memory still holds it, leaving must warn
    }
  }

  function announce() {
    status.waiting = letters.length;
    listeners.forEach((listener) => listener());
  }

  /** @param {Letter} letter */
  function remove(letter) {
    storage.removeItem(letter.place);
    const at = letters.indexOf(letter);
    if (at >= 0) letters.splice(at, 1);
    status.waiting = letters.length;
  }

  /** @param {Letter} letter @param {any} reply */
  function accepted(letter, reply) {
    remove(letter);
    const event = reply.event?.id ?? reply.event;
    for (const later of letters.filter((other) => other.undoes === letter.clientId)) {
      later.body.event = event;
      keep(later);
    }
    outcomes.get(letter.clientId)?.accepted?.(reply);
  }

  /** @param {Letter} letter @param {ApiError} error */
  function refused(letter, error) {
    remove(letter);
    letters.filter((other) => other.undoes === letter.clientId).forEach(remove);
    onRefused(letter, error);
    outcomes.get(letter.clientId)?.refused?.(error);
  }

  async function sendAll() {
    if (sending) return;
    sending = true;
    clearTimeout(timer);
    while (letters.length > 0) {
      const letter = letters[0];
      try {
        const reply = await request(letter.method, letter.path, letter.body, letter.who);
        status.trouble = null;
        pause = FIRST_PAUSE_MS;
        failures = 0;
        accepted(letter, reply);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        failures = error.status === 500 ? failures + 1 : 0;
        status.trouble = error.passing ? error : null;
        if (error.passing && failures < MOST_FAILURES) break;
        refused(letter, error);
      }
      announce();
    }
    sending = false;
    if (letters.length > 0) {
      timer = setTimeout(sendAll, pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
    announce();
  }

  window.addEventListener("online", sendAll);
  window.addEventListener("beforeunload", (event) => {
    if (letters.length > 0 && !safe) event.preventDefault();
  });

  /** @param {Letter} letter Put a letter at the end of the row, also one that was refused. */
  function post(letter) {
    letters.push(letter);
    keep(letter);
    announce();
    sendAll();
  }

  return {
    status,
    sendAll,
    post,
    /** @param {() => void} listener */
    onChange: (listener) => void listeners.add(listener),
    /** Question ids answered or skipped but not yet acknowledged. */
    questionIds: () => letters.flatMap(({ questions }) => questions ?? []),
    /**
     * @param {string} method @param {string} path @param {any} body
     * @param {{about: string, undoes?: string, questions?: number[]} & Outcome} options
     * @returns {string} the client id of the write
     */
    add(method, path, body, { about, undoes, questions, ...outcome }) {
      const clientId = newClientId();
      const place = `${prefix}${String(Date.now()).padStart(15, "0")}.${String(made++).padStart(6, "0")}`;
      const inPath = method === "DELETE";
      const letter = {
        clientId, place, method, about, undoes, questions, who: annotator(),
        path: inPath ? `${path}?client_id=${clientId}` : path,
        body: inPath ? undefined : { client_id: clientId, ...body },
      };
      outcomes.set(clientId, outcome);
      post(letter);
      return clientId;
    },
  };
}

/** @typedef {ReturnType<typeof createOutbox>} Outbox */

/** @param {Storage} storage @param {string} prefix @returns {Letter[]} oldest first */
function stored(storage, prefix) {
  const places = Object.keys(storage).filter((place) => place.startsWith(prefix)).sort();
  return places.map((place) => JSON.parse(storage.getItem(place) ?? "null")).filter(Boolean);
}

/** @returns {boolean} whether any project left unsent writes in this browser */
export function hasUnsent() {
  return Object.keys(localStorage).some((place) => place.startsWith("fewclicks.outbox."));
}
