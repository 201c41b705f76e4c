/** Choosing a place on the server's machine: folders are walked, what is in one is looked at. */

import { ApiError, get } from "./api.js";
import { h, icon } from "./dom.js";
import { FOLDERS } from "./text.js";

/**
 * @typedef {{name: string, path: string, kind: "folder" | "project" | "file"}} Place
 * @typedef {{source: string, kind: string, n_images: number, complete: boolean, thumbnails: string[],
 *   failures: {name: string, reason: string, remedy: string}[], n_labels: number, n_groups: number,
 *   takes_groups: boolean, project: string}} Preview
 */

/**
 * A path to type or paste, the folders beside it, and what the images in the chosen place look like.
 *
 * @param {{start: string, onPreview: (preview: Preview | null) => void,
 *   onProject?: (folder: string) => void}} options `onPreview` is told of each place looked at, null
 *   while none is; without `onProject` projects are folders like others
 */
export function createFolders({ start, onPreview, onProject }) {
  const path = h("input", { type: "text", id: "folder-path", value: start, spellcheck: false, autocomplete: "off", "aria-describedby": "folder-hint" });
  const up = h("button", { type: "button", class: "quiet", onclick: goUp }, icon("up"), FOLDERS.up);
  const list = h("ul", { class: "places", "aria-label": FOLDERS.list });
  const here = h("p", { class: "hint", role: "status" });
  const seen = h("div", { class: "seen" });
  const words = h("p", { role: "status" });
  const pictures = h("div", { class: "pictures" });
  const unread = h("ul", { class: "unread" });
  seen.append(words, pictures, unread);
  const form = h("form", { class: "path", onsubmit: submit },
    h("label", { for: "folder-path" }, FOLDERS.path),
    h("div", { class: "field" }, path, h("button", { class: "look" }, FOLDERS.look)),
    h("p", { class: "hint", id: "folder-hint" }, FOLDERS.hint));
  const element = h("div", { class: "folders" }, form, h("div", { class: "walk" }, h("div", { class: "walk-head" }, up, here), list), seen);
  /** @type {string | null} */
  let parent = null;
  let serial = 0;

  /** @param {SubmitEvent} event */
  function submit(event) {
    event.preventDefault();
    walk(path.value.trim(), look);
  }

  function goUp() {
    if (parent !== null) walk(parent);
  }

  /** @param {string} text @param {string} [remedy] */
  function complain(text, remedy = "") {
    words.textContent = `${text} ${remedy}`.trim();
    words.className = "trouble";
    pictures.replaceChildren();
    unread.replaceChildren();
    onPreview(null);
  }

  /**
   * Show what lies in a folder, and look at its images if there are any.
   * @param {string} place @param {(place: string) => void} [otherwise] what is done with one that is no folder
   */
  async function walk(place, otherwise) {
    const mine = ++serial;
    try {
      const found = await get("api/places", { path: place });
      if (mine !== serial) return;
      parent = found.parent;
      up.disabled = parent === null;
      const typing = document.activeElement === path && !otherwise; // somebody has begun to write another
      if (!typing) path.value = found.path;
      here.textContent = FOLDERS.holds(found.n_images, found.n_left_out);
      list.replaceChildren(...found.places.map(row));
      if (onProject && found.is_project) onProject(found.path);
      else if (found.places.length || found.n_images) await look(found.path);
      else complain(FOLDERS.empty);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (otherwise && [404, 422].includes(error.status)) otherwise(place);
      else complain(error.message, error.remedy);
    }
  }

  /** @param {Place} place */
  function row({ name, path: at, kind }) {
    const isProject = kind === "project" && onProject;
    const run = () => (isProject ? onProject(at) : kind === "file" ? ((path.value = at), look(at)) : walk(at));
    return h("li", {}, h("button", { type: "button", class: `place ${kind}`, onclick: run },
      icon(kind === "file" ? "file" : kind === "project" ? "brand" : "folder"), h("span", { class: "name" }, name),
      isProject && h("span", { class: "tag" }, FOLDERS.project)));
  }

  /** @param {string} source */
  async function look(source) {
    const mine = ++serial;
    words.textContent = FOLDERS.looking;
    words.className = "hint";
    onPreview(null);
    try {
      const found = /** @type {Preview} */ (await get("api/preview", { source }));
      if (mine !== serial) return;
      words.textContent = FOLDERS.seen(found);
      words.className = "";
      pictures.replaceChildren(...found.thumbnails.map((url) => h("img", { src: url, alt: "" })));
      unread.replaceChildren(...found.failures.map(({ name, reason, remedy }) => h("li", {}, FOLDERS.unreadable(name, reason, remedy))));
      onPreview(found);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (mine === serial) complain(error.message, error.remedy);
    }
  }

  return { element, walk, focus: () => path.focus() };
}
