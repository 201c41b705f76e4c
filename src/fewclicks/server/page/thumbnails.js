/**
 * Thumbnails, many to a request: a browser spends far longer on a request than on a tiny picture.
 * What is in sight goes first; what is no longer in sight when its turn comes is not fetched.
 */

import { ApiError, get } from "./api.js";
import { h } from "./dom.js";

/** Pictures to a request: few enough that the first rows show while the rest is on its way. */
export const BATCH = 100;
const AT_ONCE = 4;
/** Of these, requests for what is not in sight yet. */
export const SOON_AT_ONCE = 2;
const AGAIN_MS = 2000;
/** Characters of pictures held in memory, about 64 MB. */
const MOST_HELD = 32_000_000;

/** Create the store of thumbnails, empty. */
export function createThumbnails() {
  /** @type {Map<number, string>} pictures as data URLs, longest unused first */
  const held = new Map();
  /** @type {Map<number, HTMLImageElement[]>} who waits for which item, in the order asked */
  const wanted = new Map();
  /** @type {Set<number>} items to have at hand soon */
  const soon = new Set();
  /** @type {Set<number>} */
  const coming = new Set();
  /** @type {(() => void)[]} told when nothing is on its way */
  let patient = [];
  let size = 0;
  let requests = 0;
  let planned = false;

  /** @param {number} item @param {string} url */
  function hold(item, url) {
    held.set(item, url);
    size += url.length;
    for (const [old, long] of held) {
      if (size <= MOST_HELD) break;
      held.delete(old);
      size -= long.length;
    }
  }

  /** @param {number} item @param {string | null} url null: one of its batch is amiss, ask for it alone */
  function arrive(item, url) {
    coming.delete(item);
    if (url) hold(item, url);
    for (const image of wanted.get(item) ?? []) image.src = url ?? `api/items/${item}/thumbnail`;
    wanted.delete(item);
  }

  /** @param {Iterable<number>} row @returns {number[]} the first of these that are not asked for */
  function pick(row) {
    const items = [];
    for (const item of row) {
      if (!coming.has(item) && !held.has(item)) items.push(item);
      if (items.length === BATCH) break;
    }
    return items;
  }

  /** @returns {number[]} the next to ask for: in sight before soon */
  function nextBatch() {
    for (const [item, images] of wanted) {
      if (!coming.has(item) && !images.some((image) => image.isConnected)) wanted.delete(item);
    }
    const items = pick(wanted.keys());
    return items.length > 0 || requests >= SOON_AT_ONCE ? items : pick(soon);
  }

  /** @param {number[]} items */
  async function fetchBatch(items) {
    requests += 1;
    items.forEach((item) => coming.add(item));
    try {
      const { thumbnails } = await get("api/thumbnails", { items: items.join(",") });
      items.forEach((item, at) => arrive(item, thumbnails[at]));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      items.forEach((item) => (error.passing ? coming.delete(item) : arrive(item, null)));
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
    items.forEach((item) => soon.delete(item));
    requests -= 1;
    plan();
  }

  function send() {
    planned = false;
    while (requests < AT_ONCE) {
      const items = nextBatch();
      if (items.length === 0) break;
      fetchBatch(items);
    }
    if (requests > 0) return;
    patient.forEach((tell) => tell());
    patient = [];
  }

  /** Ask at the end of this turn, when everybody has said what they want. */
  function plan() {
    if (planned) return;
    planned = true;
    queueMicrotask(send);
  }

  /** @param {HTMLImageElement} image is shown the item as soon as it is here @param {number} item */
  function load(image, item) {
    const url = held.get(item);
    if (!url) {
      wanted.set(item, [...(wanted.get(item) ?? []), image]);
      plan();
      return;
    }
    image.src = url;
    held.delete(item);
    held.set(item, url);
  }

  return {
    load,
    /** @param {number} item @param {string} [alt] @returns {HTMLImageElement} */
    picture(item, alt = "") {
      const image = h("img", { class: "picture", alt, draggable: false });
      load(image, item);
      return image;
    },
    /**
     * Have items at hand soon, after all that is in sight.
     * @param {number[]} items @returns {Promise<void>} done when no picture is on its way any more
     */
    warm(items) {
      items.forEach((item) => soon.add(item));
      plan();
      return new Promise((resolve) => patient.push(resolve));
    },
  };
}

/** @typedef {ReturnType<typeof createThumbnails>} Thumbnails */
