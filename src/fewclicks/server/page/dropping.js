/** Files that are dropped or chosen: images only, folders walked. */

import { h } from "./dom.js";

const IMAGE_NAME = /\.(jpe?g|jpe|jfif|jp2|j2k|a?png|gif|bmp|dib|webp|tiff?|avif|ppm|pgm|pbm|pnm)$/i;

/** @param {File} file @returns {boolean} */
const isImage = (file) => !file.name.startsWith(".") && (file.type.startsWith("image/") || IMAGE_NAME.test(file.name));

/** @param {any} entry of a dropped file or folder @returns {Promise<File[]>} */
async function filesOf(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break; // a reader gives a hundred at a time
    for (const inner of some) found.push(...(await filesOf(inner)));
  }
  return found;
}

/** @param {DataTransfer} dropped @returns {Promise<File[]>} */
async function filesIn(dropped) {
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) return [...dropped.files];
  return (await Promise.all(entries.map(filesOf))).flat();
}

/**
 * @param {{label: string, folder?: boolean, take: (files: File[]) => void}} options
 * @returns {HTMLElement} a button that opens the system's own dialog
 */
export function fileButton({ label, folder = false, take }) {
  const input = h("input", {
    type: "file", multiple: true, hidden: true, "aria-label": label,
    accept: folder ? null : "image/*", webkitdirectory: folder,
    onchange() {
      take([...input.files].filter(isImage));
      input.value = ""; // the same file may be chosen again
    },
  });
  const button = h("button", { type: "button", onclick: () => input.click() }, label);
  return h("span", { class: "file-button" }, button, input);
}

/**
 * Let files be dropped on an element, which has the class "over" meanwhile.
 * @param {HTMLElement} element @param {(files: File[]) => void} take is given the images among them
 */
export function takeDrops(element, take) {
  const over = (/** @type {boolean} */ on) => element.classList.toggle("over", on);
  element.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  element.addEventListener("dragleave", (event) => {
    if (!element.contains(/** @type {Node | null} */ (event.relatedTarget))) over(false);
  });
  element.addEventListener("drop", async (event) => {
    event.preventDefault();
    over(false);
    if (event.dataTransfer) take((await filesIn(event.dataTransfer)).filter(isImage));
  });
}
