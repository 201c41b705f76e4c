/** The list of classes as a file: taken in from one, written to one. */

import { h, icon } from "../dom.js";
import { CLASSES } from "../text.js";

/**
 * @param {import("../main.js").App} app
 * @param {() => void} reload reads the classes anew
 */
export function createClassList({ state, changes, toasts }, reload) {
  const nothing = () => undefined;
  const choose = h("input", {
    type: "file", hidden: true, accept: ".csv,.json,.txt,text/csv,text/plain,application/json",
    "aria-label": CLASSES.import, onchange: take,
  });
  const start = h("button", { class: "quiet", onclick: () => choose.click() }, icon("import"), CLASSES.import);
  const links = CLASSES.exports.map(({ format, label, name }) =>
    h("a", { class: "button quiet", href: `api/classes/list?format=${format}`, download: "", "aria-label": name }, icon("export"), label));

  async function take() {
    const file = choose.files[0];
    if (!file) return;
    const content = await file.text().catch(() => "");
    choose.value = "";
    if (!content.trim()) return toasts.say(CLASSES.nothingIn(file.name));
    changes.send("POST", "api/classes/list", { content }, {
      about: CLASSES.imported(file.name), revert: nothing, reapply: nothing,
      accepted(reply) {
        toasts.say(CLASSES.took(reply));
        reload();
      },
    });
  }

  const element = h("footer", { class: "list-tools" }, choose, start, links);
  return {
    element,
    /** There is nothing to write as long as there is no class, nothing to take in if read only. */
    refresh() {
      start.hidden = Boolean(state.now.project?.read_only);
      links.forEach((link) => (link.hidden = state.now.classes.length === 0));
    },
  };
}
