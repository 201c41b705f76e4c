/** The questions of one kind: the one on the table and those that come next, fetched ahead. */

import { ApiError, get } from "./api.js";

/** The server tells no more at once. */
const MOST = 200;
/** With fewer than this ahead it is asked for more, whether or not there were any. */
const FEW = 10;

/**
 * @typedef {import("./types.js").Question} Question
 * @typedef {import("./types.js").QuestionDetail} QuestionDetail
 */

/**
 * @param {{kind: "item" | "cluster", near: number, fetch: number, waiting: () => number[],
 *   isSending: () => boolean, warm: (detail: QuestionDetail) => Promise<void>}} options `fetch` questions
 *   are asked for at a time, again when half of them are left; `near` are fetched in full ahead of
 *   time and given to `warm`; `waiting` names questions whose answers are still on their way;
 *   `isSending` says whether any change is
 */
export function createDeck({ kind, near, fetch, waiting, isSending, warm }) {
  /** @type {Question[]} */
  let ahead = [];
  /** @type {Question | null} */
  let current = null;
  /** @type {Map<number, QuestionDetail>} */
  const details = new Map();
  /** @type {Map<number, Promise<QuestionDetail>>} */
  const coming = new Map();
  /** @type {Set<number>} answered or skipped here: never shown again unless taken back */
  const gone = new Set(waiting());
  /** @type {Set<() => void>} */
  const listeners = new Set();
  let loaded = false;
  let hasMore = false;
  /** Whether what is on the table gives way to what the server asks first. */
  let isOver = false;
  let serial = 0;

  const tell = () => listeners.forEach((listener) => listener());

  /** @param {number} id @returns {Promise<QuestionDetail>} */
  function detail(id) {
    const known = coming.get(id);
    if (known) return known;
    const promise = get(`api/questions/${id}`).then((found) => (details.set(id, found), found));
    promise.catch(() => coming.delete(id));
    coming.set(id, promise);
    return promise;
  }

  const fetchAhead = (/** @type {Question} */ { id }) => detail(id).then(warm, () => undefined);

  /** What is on the table is fetched, pictures and all, before what comes next: it is waited for. */
  async function prepareNext() {
    const keep = new Set([current, ...ahead.slice(0, near)].map((question) => question?.id));
    for (const id of coming.keys()) {
      if (!keep.has(id)) [coming, details].forEach((map) => map.delete(id));
    }
    if (current) await fetchAhead(current);
    ahead.slice(0, near).forEach(fetchAhead);
  }

  async function refresh() {
    const mine = ++serial;
    const limit = Math.min(fetch + waiting().length, MOST);
    const reply = await get("api/questions", { kind, limit });
    if (mine !== serial) return;
    if (isOver) current = null;
    [loaded, hasMore, isOver] = [true, reply.open > reply.questions.length, false];
    ahead = reply.questions.filter((/** @type {Question} */ { id }) => !gone.has(id) && id !== current?.id);
    const same = reply.questions.find((/** @type {Question} */ { id }) => id === current?.id);
    current = same ?? current ?? ahead.shift() ?? null; // the same one, its guesses may be newer
    tell();
    prepareNext();
  }

  const runsLow = () => ahead.length < (hasMore ? fetch / 2 : FEW);

  /** Refresh where a failure needs no word: the watch on the server tells of it. */
  const refreshQuietly = () =>
    refresh().catch((error) => {
      if (!(error instanceof ApiError)) throw error;
    });

  /** Take away the question on the table if the server wants it no more. */
  async function leaveIfClosed() {
    const shown = current;
    if (!shown || isSending()) return; // what is on its way may be what opens it again
    coming.delete(shown.id);
    const found = await detail(shown.id).catch(() => null);
    if (found && found.state !== "open" && current?.id === shown.id && !isSending()) current = null;
  }

  function advance() {
    current = ahead.shift() ?? null;
    tell();
    prepareNext();
    if (runsLow()) refreshQuietly();
  }

  /** @param {...Question} questions Put them back, the first on the table; the present one waits. */
  function putBack(...questions) {
    const back = new Set(questions.map(({ id }) => id));
    back.forEach((id) => gone.delete(id));
    const rest = ahead.filter(({ id }) => !back.has(id));
    if (current && !back.has(current.id)) rest.unshift(current);
    [current, ...ahead] = [...questions, ...rest];
    serial++; // a list already on its way knows nothing of this
    tell();
    prepareNext();
  }

  /**
   * Something was taken back or a round has ended: ask for everything again.
   * @param {boolean} [bring] put a question that is open again on the table
   */
  async function renew(bring = false) {
    const before = new Set([current, ...ahead].map((question) => question?.id));
    gone.clear();
    waiting().forEach((id) => gone.add(id));
    await leaveIfClosed();
    await refreshQuietly();
    const back = bring && ahead.find(({ id }) => !before.has(id));
    if (back) putBack(back);
  }

  return {
    /** Ask for the first time; done when the first question is here in full. */
    async open() {
      await refreshQuietly();
      if (current) await detail(current.id).catch(() => undefined);
    },
    refresh: refreshQuietly,
    detail,
    /** @param {number} id @returns {QuestionDetail | undefined} what is already here, at once */
    detailNow: (id) => details.get(id),
    current: () => current,
    ahead: () => ahead,
    /** @returns {boolean} whether the server has been asked at least once */
    isLoaded: () => loaded,
    /** @param {() => void} listener */
    onChange: (listener) => void listeners.add(listener),
    /** Take the question off the table and show the next at once. */
    take() {
      if (!current) return;
      gone.add(current.id);
      advance();
    },
    putBack,
    /** @param {...number} ids Take away questions that have been answered or replaced. */
    remove(...ids) {
      ids.forEach((id) => gone.add(id));
      ahead = ahead.filter(({ id }) => !ids.includes(id));
      if (current && ids.includes(current.id)) return advance();
      tell();
      if (runsLow()) refreshQuietly();
    },
    /** @param {number} id The server has put a skipped question at the end of its row. */
    release: (id) => void gone.delete(id),
    renew,
    /** The server asks other things first from now on: the first of them goes on the table. */
    anew() {
      isOver = true;
      return renew();
    },
  };
}

/** @typedef {ReturnType<typeof createDeck>} Deck */
