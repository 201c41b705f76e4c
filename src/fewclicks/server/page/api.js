/** The only file that speaks HTTP. */

const PATIENCE_MS = 20_000;
const ANNOTATOR = "fewclicks.annotator";

/** @type {Map<string, Promise<any>>} what was asked for early, by its address */
const early = new Map();

/** @returns {string} who answers in this browser; empty if nobody has said so */
export const annotator = () => localStorage.getItem(ANNOTATOR) ?? "";

/** @param {string} name Who answers in this browser from now on. @returns {boolean} whether that is a name */
export function sayAnnotator(name) {
  try {
    encodeURIComponent(name); // throws where a character is only half there
  } catch {
    return false;
  }
  if (!name || /\p{C}/u.test(name)) return false;
  localStorage.setItem(ANNOTATOR, name);
  return true;
}

/** What the server, or the way to it, has against a request. */
export class ApiError extends Error {
  /**
   * @param {number} status 0 when no answer came
   * @param {{code?: string, message?: string, remedy?: string}} error
   * @param {string | null} [after] seconds to wait before it is sent again
   */
  constructor(status, error, after = null) {
    super(error.message ?? `The server answered ${status}.`);
    this.status = status;
    this.code = error.code ?? "unknown";
    this.remedy = error.remedy ?? "";
    this.waitMs = 1000 * Number(after ?? 1);
  }

  /** Whether the same request may succeed later, unchanged. */
  get passing() {
    return this.status === 0 || this.status >= 500 || [401, 408, 425, 429].includes(this.status);
  }
}

/** @returns {string} an id that makes a repeated write harmless */
export function newClientId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{3}).(.{4})(.{3}).(.{12}).*$/, "$1-$24-$3-8$4-$5");
}

/**
 * Send one request and read its JSON.
 *
 * @param {string} method @param {string} path under the page's own address, without a slash
 * @param {object} [body] @param {string} [who] whose request it is
 * @returns {Promise<any>} rejects with ApiError and nothing else
 */
export function request(method, path, body, who) {
  const headers = body ? { "Content-Type": "application/json" } : {};
  return ask(path, { method, headers, body: body ? JSON.stringify(body) : undefined }, undefined, who);
}

/**
 * Send a file as it is.
 *
 * @param {string} path @param {Record<string, any>} query @param {Blob} file
 * @returns {Promise<any>} rejects with ApiError and nothing else
 */
export function sendFile(path, query, file) {
  const headers = { "Content-Type": file.type.startsWith("image/") ? file.type : "application/octet-stream" };
  return ask(withQuery(path, query), { method: "POST", headers, body: file });
}

/** @param {string} path @returns {Promise<ArrayBuffer>} plain numbers; rejects with ApiError only */
export function getBytes(path) {
  return ask(path, { method: "GET" }, (response) => response.arrayBuffer());
}

/**
 * @param {string} path @param {RequestInit} asked
 * @param {(response: Response) => Promise<any>} [read] what is made of a good reply
 * @param {string} [who] whose request it is
 * @returns {Promise<any>}
 */
async function ask(path, asked, read = (response) => response.json(), who = annotator()) {
  const options = {
    ...asked,
    headers: { ...asked.headers, ...(who ? { "Fewclicks-Annotator": encodeURIComponent(who) } : {}) },
    credentials: /** @type {const} */ ("same-origin"),
    signal: AbortSignal.timeout(PATIENCE_MS),
  };
  let response;
  try {
    response = await fetch(path, options);
    if (response.ok) return await read(response);
    const reply = await response.json();
    throw new ApiError(response.status, reply.error ?? {}, response.headers.get("Retry-After"));
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(response && !response.ok ? response.status : 0, { code: "unreachable" });
  }
}

/** @param {string} path @param {Record<string, any>} [query] @returns {Promise<any>} */
export function get(path, query = {}) {
  const address = withQuery(path, query);
  const asked = early.get(address);
  early.delete(address);
  return asked ?? request("GET", address);
}

/**
 * Ask for what somebody will want soon: who gets it first has this reply.
 *
 * @param {string} path @param {Record<string, any>} [query] @returns {Promise<any>}
 */
export function getEarly(path, query = {}) {
  const asked = get(path, query);
  asked.catch(() => undefined); // it is for whoever wants it to see
  early.set(withQuery(path, query), asked);
  return asked;
}

/** @param {string} path @param {Record<string, any>} query @returns {string} */
function withQuery(path, query) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  const tail = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return tail ? `${path}?${tail}` : path;
}
