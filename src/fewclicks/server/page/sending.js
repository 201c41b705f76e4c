/** Images on their way to the server: one at a time, in order, as fast as it lets them come. */

import { ApiError, sendFile } from "./api.js";

const MOST_TRIES = 8;
const LONGEST_PAUSE_MS = 15_000;

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {File} file @param {number} threshold @returns {Promise<any>} rejects with ApiError */
async function send(file, threshold) {
  for (let tries = 1; ; tries++) {
    try {
      return await sendFile("api/uploads", { name: file.name, threshold }, file);
    } catch (error) {
      const mayWait = error instanceof ApiError && error.passing && error.status !== 401;
      if (!mayWait || (tries >= MOST_TRIES && error.status !== 429)) throw error;
      await sleep(Math.min(error.waitMs * (error.status === 429 ? 1 : tries), LONGEST_PAUSE_MS));
    }
  }
}

/**
 * @template Row
 * @param {{threshold: () => number, arrived: (row: Row, reply: any) => void,
 *   refused: (row: Row, error: ApiError) => void, changed: () => void}} options `changed`: the
 *   numbers of `status` are new
 */
export function createSending({ threshold, arrived, refused, changed }) {
  /** @type {{row: Row, file: File}[]} */
  const waiting = [];
  const status = { done: 0, total: 0 };
  let busy = false;

  async function run() {
    if (busy) return;
    busy = true;
    while (waiting.length > 0) {
      const { row, file } = waiting[0];
      try {
        arrived(row, await send(file, threshold()));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        refused(row, error);
      }
      waiting.shift();
      status.done += 1;
      if (waiting.length === 0) [status.done, status.total] = [0, 0];
      changed();
    }
    busy = false;
  }

  // a file that has not been sent is known to this page only
  window.addEventListener("beforeunload", (event) => waiting.length > 0 && event.preventDefault());

  return {
    status,
    /** @param {Row} row @param {File} file */
    add(row, file) {
      waiting.push({ row, file });
      status.total += 1;
      changed();
      run();
    },
  };
}
