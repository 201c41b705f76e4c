/** The page before there is a project: choose images, or a project to go on with. */

import { ApiError, get, newClientId, request } from "./api.js";
import { h, icon } from "./dom.js";
import { createFolders } from "./folders.js";
import { ENTRANCE, MAIN } from "./text.js";
import { createToasts } from "./toasts.js";

/** @typedef {{name: string, summary: string}} Choice */

/**
 * @param {string} name of the group @param {string} legend @param {Choice[]} choices @param {string} chosen
 * @returns {{element: HTMLElement, value: () => string}}
 */
function createChoice(name, legend, choices, chosen) {
  const options = choices.map(({ name: value, summary }) => {
    const input = h("input", { type: "radio", name, value, checked: value === chosen });
    return h("label", { class: "choice" }, input, h("span", {}, h("b", {}, value), h("small", {}, summary)));
  });
  const element = h("fieldset", {}, h("legend", {}, legend), options);
  return { element, value: () => /** @type {HTMLInputElement} */ (element.querySelector(":checked")).value };
}

async function start() {
  const toasts = createToasts();
  const told = await get("api/entrance");
  /** @type {import("./folders.js").Preview | null} */
  let preview = null;
  let place = "";
  const features = createChoice("features", ENTRANCE.features, [{ name: "auto", summary: ENTRANCE.auto }, ...told.features], "auto");
  const workflow = createChoice("workflow", ENTRANCE.workflow, told.workflows, "fewclicks");
  const groups = h("input", { type: "checkbox", id: "entrance-groups" });
  const grouping = h("label", { class: "check", hidden: true }, groups, h("span", {}, h("b", {}, ENTRANCE.groups), h("small", {}, ENTRANCE.groupsWhy)));
  const folder = h("input", { type: "text", id: "entrance-folder", spellcheck: false, autocomplete: "off", onblur: suggest });
  const begin = h("button", { class: "primary", disabled: true }, ENTRANCE.begin);
  const choices = h("form", { class: "choices", onsubmit },
    h("label", { for: "entrance-folder" }, ENTRANCE.folder), folder, grouping,
    h("details", {}, h("summary", {}, ENTRANCE.more), features.element, workflow.element),
    h("div", { class: "begin" }, begin, h("p", { class: "hint" }, ENTRANCE.then)));

  /** @param {import("./folders.js").Preview | null} found */
  function onPreview(found) {
    preview = found;
    begin.disabled = found === null;
    grouping.hidden = !found?.takes_groups;
    suggest();
  }

  function suggest() {
    // a name somebody has typed stays, and nothing changes under their hands
    if (!preview || folder.value !== place || document.activeElement === folder) return;
    folder.value = place = preview.project;
  }

  /** @param {string} path @param {object} body */
  async function enter(path, body) {
    begin.disabled = true;
    try {
      await request("POST", path, { client_id: newClientId(), ...body });
      location.replace("/");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const isTaken = error.status === 405 || (error.status === 409 && error.message.startsWith(ENTRANCE.taken));
      if (isTaken) return location.replace("/"); // another tab was faster, or the reply was lost
      begin.disabled = preview === null;
      toasts.trouble(error);
    }
  }

  /** @param {SubmitEvent} event */
  function onsubmit(event) {
    event.preventDefault();
    if (!preview) return;
    enter("api/entrance/new", {
      source: preview.source, folder: folder.value === place ? preview.project : folder.value.trim() || null, features: features.value(), workflow: workflow.value(),
      groups: preview.takes_groups && groups.checked ? "folders" : null,
    });
  }

  const folders = createFolders({ start: told.folder, onPreview, onProject: (path) => enter("api/entrance/open", { folder: path }) });
  const head = h("header", { class: "top" }, h("div", { class: "row" }, h("div", { class: "brand" }, icon("brand"), h("h1", {}, "fewclicks"))));
  const main = h("main", { class: "entrance" },
    h("section", {}, h("h2", {}, ENTRANCE.title), h("p", { class: "reason" }, ENTRANCE.about), folders.element),
    h("section", { class: "aside" }, h("h2", {}, ENTRANCE.project), choices));
  document.getElementById("boot")?.remove();
  document.body.prepend(head, main);
  await folders.walk(told.folder);
}

start().catch((error) => {
  const again = h("button", { class: "primary", onclick: () => location.reload() }, MAIN.reload);
  document.getElementById("boot")?.replaceChildren(h("h2", {}, MAIN.cannotStart), h("p", {}, `${error.message} ${error.remedy ?? ""}`), again);
  throw error;
});
