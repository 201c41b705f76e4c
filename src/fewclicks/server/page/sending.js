/**
 * Images on their way to the server: one at a time, in order, as fast as it lets them come. What
 * cannot be taken is passed over; when the server cannot be reached, all wait until told to go on.
 */

import { ApiError, sendFile } from "./api.js";

const MOST_TRIES = 8;
const LONGEST_PAUSE_MS = 15_000;
const GONE = { code: "gone", message: "The file cannot be read any more.", remedy: "Choose it again." };

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {File} file @returns {Promise<boolean>} whether it is still where it was chosen */
async function isThere(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/** @param {File} file @param {number} threshold @returns {Promise<any>} rejects with ApiError */
async function send(file, threshold) {
  for (let tries = 1; ; tries++) {
    try {
      return await sendFile("api/uploads", { name: file.name, threshold }, file);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 0 && !(await isThere(file))) throw new ApiError(422, GONE);
      const mayWait = error.passing && error.status !== 401;
      if (!mayWait || (tries >= MOST_TRIES && error.status !== 429)) throw error;
      await sleep(Math.min(error.waitMs * (error.status === 429 ? 1 : tries), LONGEST_PAUSE_MS));
    }
  }
}

/**
 * @template Job
 * @param {{threshold: () => number, arrived: (job: Job, reply: any) => void,
 *   refused: (job: Job, error: ApiError) => void, changed: () => void}} options `refused`: this
 *   image cannot be taken, the others go on; `changed`: `status` is new
 */
export function createSending({ threshold, arrived, refused, changed }) {
  /** @type {{job: Job, file: File}[]} */
  const waiting = [];
  const status = { done: 0, total: 0, held: /** @type {ApiError | null} */ (null) };
  let busy = false;

  /** @param {{job: Job, file: File}} first @returns {Promise<boolean>} false: all must wait */
  async function sendOne({ job, file }) {
    let reply;
    try {
      reply = await send(file, threshold());
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.passing) {
        status.held = error;
        return false;
      }
      settle();
      refused(job, error);
      return true;
    }
    settle();
    arrived(job, reply);
    return true;
  }

  /** The first of those waiting is done with. */
  function settle() {
    waiting.shift();
    status.done += 1;
    if (waiting.length === 0) [status.done, status.total] = [0, 0];
  }

  async function run() {
    if (busy || status.held) return;
    busy = true;
    let goes = true;
    try {
      while (goes && waiting.length > 0) {
        goes = await sendOne(waiting[0]);
        changed();
      }
    } finally {
      busy = false; // an error of the page is told where it was made; what waits goes on
      if (goes && waiting.length > 0) setTimeout(run);
    }
  }

  // a file that has not been sent is known to this page only
  window.addEventListener("beforeunload", (event) => waiting.length > 0 && event.preventDefault());

  return {
    /** Images done with and in all, and what holds those up that wait. */
    status,
    /** @param {{job: Job, file: File}[]} more */
    add(more) {
      for (const one of more) waiting.push(one);
      status.total += more.length;
      changed();
      run();
    },
    /** Go on with what was held up. */
    again() {
      if (!status.held) return;
      status.held = null;
      changed();
      run();
    },
  };
}
