/** The only file that speaks HTTP. */

const PATIENCE_MS = 20_000;

/** What the server, or the way to it, has against a request. */
export class ApiError extends Error {
  /**
   * @param {number} status 0 when no answer came
   * @param {{code?: string, message?: string, remedy?: string}} error
   */
  constructor(status, error) {
    super(error.message ?? `The server answered ${status}.`);
    this.status = status;
    this.code = error.code ?? "unknown";
    this.remedy = error.remedy ?? "";
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
 * @param {object} [body]
 * @returns {Promise<any>} rejects with ApiError and nothing else
 */
export async function request(method, path, body) {
  const options = {
    method,
    headers: body ? { "Content-Type": "application/json" } : undefined,
    body: body ? JSON.stringify(body) : undefined,
    credentials: /** @type {const} */ ("same-origin"),
    signal: AbortSignal.timeout(PATIENCE_MS),
  };
  let response;
  try {
    response = await fetch(path, options);
    const reply = await response.json();
    if (response.ok) return reply;
    throw new ApiError(response.status, reply.error ?? {});
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(response && !response.ok ? response.status : 0, { code: "unreachable" });
  }
}

/** @param {string} path @param {Record<string, any>} [query] @returns {Promise<any>} */
export function get(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  const tail = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return request("GET", tail ? `${path}?${tail}` : path);
}
