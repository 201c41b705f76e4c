/** Many images from the server's machine: a folder, an archive, a list; read by a job. */

import { h } from "../dom.js";
import { createFolders } from "../folders.js";
import { DISK } from "../text.js";

/** @param {import("../main.js").App} app @returns {HTMLElement} opened only when it is wanted */
export function createDisk({ state, outbox, toasts }) {
  /** @type {import("../folders.js").Preview | null} */
  let preview = null;
  const start = state.now.project?.folder ?? "/";
  const folders = createFolders({ start, onPreview });
  const groups = h("input", { type: "checkbox" });
  const grouping = h("label", { class: "check", hidden: true }, groups, h("span", {}, DISK.groups));
  const button = h("button", { class: "primary", disabled: true, onclick: add }, DISK.add);
  const element = h("details", { class: "disk", ontoggle: toggled }, h("summary", {}, DISK.title),
    h("p", { class: "reason" }, DISK.about), folders.element, grouping, h("div", { class: "actions" }, button));

  /** @param {import("../folders.js").Preview | null} found */
  function onPreview(found) {
    preview = found;
    button.disabled = found === null || Boolean(state.now.project?.read_only);
    grouping.hidden = !found?.takes_groups;
  }

  function toggled() {
    if (element.open && !preview) folders.walk(`${start}/..`);
  }

  function add() {
    if (!preview) return;
    const args = { source: preview.source, ...(preview.takes_groups && groups.checked ? { groups: "folders" } : {}) };
    outbox.add("POST", "api/jobs", { kind: "add", args }, { about: DISK.add, accepted: state.watch });
    element.open = false;
    toasts.say(DISK.added(preview.source));
  }

  return element;
}
