/** What has been marked and chosen on a question not yet answered; it outlives a reload. */

/**
 * @typedef {{marks: number[], choice: string, together?: boolean}} Draft
 * @param {string} name keeps the drafts of two projects apart @param {Storage} [storage]
 */
export function createDrafts(name, storage = sessionStorage) {
  const place = (/** @type {number} */ id) => `fewclicks.draft.${name}.${id}`;
  return {
    /** @param {number} id of the question @returns {Draft} */
    read(id) {
      return JSON.parse(storage.getItem(place(id)) ?? '{"marks": [], "choice": ""}');
    },
    /** @param {number} id @param {Draft} draft */
    write(id, draft) {
      try {
        storage.setItem(place(id), JSON.stringify(draft));
      } catch {
        storage.removeItem(place(id)); // no room: the marks live on in the page itself
      }
    },
    /** @param {number} id */
    drop: (id) => storage.removeItem(place(id)),
  };
}

/** @typedef {ReturnType<typeof createDrafts>} Drafts */
