/** Every sentence of the page, so that one file says how it speaks. */

/** @typedef {import("./types.js").Job} Job */
/** @typedef {import("./types.js").Estimate} Estimate */

/** @param {number} n @returns {string} 12,345 */
export const count = (n) => n.toLocaleString("en-GB");

/** @param {number} share @returns {string} 82 % */
export const percent = (share) => `${Math.round(100 * share)} %`;

/** @param {number} share @returns {string} as fine as small shares need: 0.31 % */
export const percentOf = (share) => `${(100 * share).toFixed(share < 0.1 ? 2 : 1)} %`;

const images = (/** @type {number} */ n) => (n === 1 ? "1 image" : `${count(n)} images`);

/** @param {string} at ISO time @returns {string} */
export function clock(at) {
  const date = new Date(at);
  const time = date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const today = date.toDateString() === new Date().toDateString();
  return today ? time : `${date.toLocaleDateString("en-GB", { day: "numeric", month: "short" })}, ${time}`;
}

/** @param {{reason: string, kind: string}} question @returns {string} why it was asked */
export function plainReason({ reason, kind }) {
  return reason || (kind === "cluster" ? "These look alike." : "The computer is not sure about this one.");
}

const JOBS = { add: "Reading images", prepare: "Preparing", round: "Next round", export: "Exporting", refine: "A network learns", layout: "Laying out", mistakes: "Looking for mistakes" };

/** @param {Job} job @returns {string} */
export function jobLine(job) {
  const name = JOBS[job.kind] ?? job.kind;
  if (job.state === "queued") return `${name}: waiting`;
  const done = job.total ? ` ${Math.floor((100 * job.done) / job.total)} %` : "";
  return `${name}${job.step ? `: ${job.step}` : ""}${done}`;
}

/**
 * @param {Job} job @param {{done: number, at: number}} first where it stood earlier @param {number} now
 * @returns {string} empty while too little is known
 */
export function timeLeft(job, first, now) {
  const seconds = (now - first.at) / 1000;
  const done = job.done - first.done;
  if (!job.total || done <= 0 || seconds < 2) return "";
  const left = ((job.total - job.done) * seconds) / done;
  if (left < 60) return `${Math.max(1, Math.round(left))} s left`;
  return left < 5400 ? `${Math.round(left / 60)} min left` : `${(left / 3600).toFixed(1)} h left`;
}

/**
 * @param {number} waiting @param {{status: number} | null} trouble @param {boolean} readOnly
 * @returns {string}
 */
export function savedLine(waiting, trouble, readOnly) {
  const answers = waiting === 1 ? "1 answer waiting" : `${count(waiting)} answers waiting`;
  if (readOnly) return "Read only";
  if (!trouble) return waiting ? `Saving ${count(waiting)}` : "Saved";
  const refused = waiting && trouble.status > 0 ? "Not saved" : "Offline";
  const what = trouble.status === 401 ? "Signed out" : refused;
  return waiting ? `${what}: ${answers}` : what;
}

export const TABS = [
  { id: "clusters", label: "Clusters" },
  { id: "plane", label: "Map" },
  { id: "map", label: "Grid of clusters" },
  { id: "items", label: "Confusing items" },
  { id: "review", label: "Review" },
  { id: "upload", label: "Upload" },
  { id: "classes", label: "Classes" },
  { id: "progress", label: "Progress" },
  { id: "history", label: "History" },
];

/** By whom a label was decided. */
export const SOURCE_WORDS = { person: "by person", cluster: "by cluster", group: "by group", model: "by model", none: "not yet" };

export const MAIN = {
  sendAgain: "Send again",
  undo: "Undo",
  undone: (/** @type {string} */ text) => `Undone: ${text.replace(/\.$/, "")}.`,
  readOnly: "This project can only be read: its files cannot be written here. Answers are turned off.",
  cannotStart: "The page cannot reach fewclicks",
  reload: "Try again",
  proved: "The claim is proved: no more blind answers are needed.", showProof: "Show the proof",
  noView: "This view cannot be shown: it has not come from the server.",
  noViewRemedy: "Try again when the server answers, or reload the page. Nothing you answered is lost.",
};

export const TOAST = { region: "Messages", dismiss: "Dismiss" };

export const HEADER = {
  tabs: "Views", job: "Progress of the running job", export: "Export", help: "Help and keys (?)", sendNow: "Everything you answer is kept in this browser until the project has it. Click to send now.",
  labelled: "Labelled", ...SOURCE_WORDS,
  answers: "Answers", manual: "Manual labelling ", rate: "rate", round: "Round", worth: "Still worth giving",
  right: "Right", interval: (/** @type {Estimate} */ { low, high }) => `${percentOf(low).replace(" %", "")} to ${percentOf(high)}`,
  rightWhy: (/** @type {Estimate} */ { n, right }) => `Labels right, with 95 % confidence: of ${count(n)} blind checks, ${count(right)} were.`,
  worthOf: (/** @type {import("./types.js").Advice} */ { answers, at_least: least }) =>
    answers === null ? "–" : answers === 0 ? "enough" : `${least ? "≥" : "≈"} ${count(answers)}`,
  worthWhy: (/** @type {import("./types.js").Advice} */ { sentence, signals }) =>
    [sentence, ...signals.map((signal) => signal.sentence)].join(" "),
  choices: (/** @type {import("./types.js").Project} */ { features, clusterer, workflow }) =>
    `Features: ${features} · clusters: ${clusterer} · workflow: ${workflow}`,
  of: (/** @type {number} */ done, /** @type {number} */ n) => `${count(done)} of ${count(n)}`,
  bar: (/** @type {{person: number, cluster: number, group: number, model: number, none: number}} */ by, /** @type {number} */ n) =>
    `Of ${images(n)}, ${count(by.person)} labelled by a person, ${count(by.cluster)} by cluster, ${by.group ? `${count(by.group)} by group, ` : ""}${count(by.model)} by the model, ${count(by.none)} not yet.`,
};

export const GRID = {
  label: "Images of this cluster, most typical first",
  cell: (/** @type {number} */ rank, /** @type {boolean} */ marked, /** @type {boolean} */ far) => `Image ${rank}${far ? ", far from the others" : ""}${marked ? ", marked as misfit" : ""}`,
};

export const LOUPE = {
  caption: (/** @type {number} */ rank, /** @type {number} */ n, /** @type {number} */ item) => `${count(rank)} of ${count(n)} · item ${item}`,
};

export const CLASSBOX = {
  hint: "Type what you see and press Enter. Each new name becomes a class with a key of its own.",
  placeholder: (/** @type {string | undefined} */ guess) => (guess ? `${guess}?` : "Type a class"),
  create: (/** @type {string} */ name) => `Create “${name}”`,
};

export const PANEL = { label: "Your answer", undo: "Undo" };

export const CLUSTERS = {
  ask: "What are these?", next: "Coming up", rail: "Coming clusters", again: "Try again",
  join: (/** @type {number} */ n) => `Join these ${images(n)} with the cluster on the table`, joined: "Two clusters joined.",
  joinedReason: (/** @type {number} */ one, /** @type {number} */ other) => `You joined two clusters, of ${count(one)} and ${count(other)}.`,
  clear: "Clear", together: "as one cluster", togetherTitle: "Ask about these misfits together, as a cluster of their own, instead of one by one (Shift G)", markMode: "Mark by dragging", sizeLabel: "Thumbnail size", sizeTitle: "Thumbnail size (+ and −)",
  title: (/** @type {number} */ n) => images(n),
  size: (/** @type {number} */ n) => count(n),
  misfits: (/** @type {number} */ n, /** @type {number} */ open) => (n === 0 ? "No misfits marked" : `${n === 1 ? "1 misfit" : `${count(n)} misfits`}${open < n ? `, ${count(n - open)} named` : ""}`),
  outliers: (/** @type {number} */ n) => (n === 1 ? "Mark 1 outlier" : `Mark ${count(n)} outliers`), outliersTitle: "Mark the images that lie unusually far from the middle of this cluster; they have a dot (Shift O)",
  nameThem: (/** @type {number} */ n, /** @type {string | undefined} */ name) => (name ? `They are ${name}` : n === 1 ? "Name it" : "Name them"), nameThemTitle: "Give the marked images the class that is chosen; the others stay on the table (Shift N)",
  marked: (/** @type {number} */ n) => `${images(n)} marked.`,
  accept: (/** @type {number} */ n, /** @type {string | undefined} */ name) => (name ? `Label ${count(n)} as ${name}` : `Label ${images(n)}`),
  said: (/** @type {number} */ n, /** @type {string} */ name) => `${images(n)} labelled ${name}.`,
  mixed: { key: "X", label: "Mixed", title: "Mixed: split this cluster into smaller ones (X)" },
  none: { key: "N", label: "None", title: "None of the classes, or not images of interest (N)" },
  skip: { key: "S", label: "Skip", title: "Ask me later (S)" },
  saidMixed: "Cluster sent to be split.",
  saidNone: (/** @type {number} */ n) => `${images(n)} set aside as none of the classes.`,
  saidSkip: "Skipped; it will come back.",
  chooseFirst: "Choose or type a class first.",
  allMarked: "Every image is marked as a misfit. Press X if the cluster is mixed, or N if it shows nothing of interest.",
};

export const MAP = {
  title: "Map of clusters", label: "Map of clusters, each shown by its most typical image", again: "Try again",
  about: "Like lies beside like. Open a cluster to name it.",
  legend: "Frame: from alike to a ridge, where neighbours on the map differ. Bar: the class.",
  answered: "This cluster is answered already; History can undo it.",
  cell: (/** @type {number} */ size, /** @type {string | undefined} */ name, /** @type {number} */ share, /** @type {boolean} */ open) =>
    size === 0 ? "No image lies here" : `${images(size)}${name ? `, ${percentOf(share)} labelled ${name}` : ""}${open ? ", not answered yet" : ", answered"}`,
};

export const PLANE = {
  title: "Map", label: "Map of all images: draw a line around some, or move a circle with the arrow keys and press space",
  about: "Like lies beside like. Draw a line around points (with Shift a box); turn the wheel to zoom.",
  colors: "Colours", legend: "What the colours mean", fit: "All", again: "Try again",
  colorings: { class: "class", confidence: "confidence", cluster: "cluster", source: "who decided" },
  unknown: "no class yet", sources: ["nobody yet", "a person", "a person, by its cluster", "the model", "a person, by its group"],
  sure: ["no class yet", "under 50 %", "50 to 90 %", "90 % and more"],
  panel: "Legend, and what you have chosen", chosen: "Images you have chosen", chose: (/** @type {number} */ n) => (n === 0 ? "Nothing chosen" : `${images(n)} chosen`),
  ask: "Name them together", alike: "More like this", chooseFirst: "Draw a line around at least two points first.",
  asked: (/** @type {number} */ n) => `${images(n)} from the map.`, reason: "You chose them on the map.",
  askedAlike: (/** @type {number} */ n) => `${images(n)} that look alike.`, reasonAlike: (/** @type {number} */ item) => `They look most like item ${item}, which comes first.`,
  none: "There is no map yet", noneWhy: "Every image gets its place on the plane, like beside like. For 60,000 images this takes a few minutes; you can go on meanwhile.",
  layOut: "Make the map", laying: "The map is being made", layingWhy: "It appears here when it is ready; you can go on meanwhile.",
  missing: (/** @type {number} */ n) => `${images(n)} not on the map yet: place them`,
  noWebGL: "This browser cannot draw the map", noWebGLWhy: "It needs WebGL, which is turned off or missing here. Everything else works without it.",
};

export const QUEUE = {
  ask: "What is this?", alt: "The image in question", original: "Original", guesses: "Likely classes",
  neighbours: "Nearest answered images", next: "Next", batch: "Many at once",
  title: (/** @type {string} */ purpose) => ({ audit: "A check", second: "A second opinion", again: "Once more" })[purpose] ?? "One image",
  labelled: (/** @type {string} */ name) => `labelled ${name}`,
  accept: (/** @type {string | undefined} */ name) => (name ? `Label as ${name}` : "Label"),
  said: (/** @type {string} */ name) => `Labelled ${name}.`,
  unsure: { key: "U", label: "Not sure", title: "I cannot tell (U)" },
  none: { key: "N", label: "None", title: "None of the classes, or not an image of interest (N)" },
  skip: { key: "S", label: "Skip", title: "Ask me later (S)" },
  saidUnsure: "Noted as not sure; it will not be asked again.",
  saidNone: "Set aside as none of the classes.",
  saidSkip: "Skipped; it will come back.",
  chooseFirst: "Choose or type a class first.",
};

export const CARDS = {
  card: (/** @type {number} */ rank, /** @type {number} */ n, /** @type {string} */ words) => `Image ${rank} of ${n}: ${words}`,
  ask: "What is the framed one?", left: "wrong", unsure: "not sure", none: "none",
  accept: (/** @type {number} */ n, /** @type {string | undefined} */ name) =>
    name ? `It is ${name}` : n === 1 ? "1 is right" : `${count(n)} are right`,
};

export const BATCH = {
  label: "Confusing images with what they are taken for", single: "One by one",
  about: "What is written under each image is what it is taken for. Click those that are wrong, then press Enter for the others.",
  title: (/** @type {number} */ n) => images(n),
  said: (/** @type {number} */ n) => (n === 1 ? "1 image answered." : `${count(n)} images answered.`),
  allLeft: "Every image is marked as wrong: look at them one by one (Shift B).",
  nothing: "Nothing to look at side by side",
  nothingWhy: "The open questions have no suggestion that is more likely right than wrong, or must be answered without one because they are a check.",
};

export const REVIEW = {
  label: "Images labelled by the model, least sure first", classes: "Doubtful labels", again: "Try again",
  about: "Labelled by the model, the least sure first. Click those that are wrong, or say what they are; press Enter for the others.",
  title: (/** @type {number} */ n, /** @type {string} */ name) => `${images(n)} labelled ${name}`,
  counts: (/** @type {string} */ name, /** @type {number} */ n, /** @type {number} */ doubtful) => `${images(n)} labelled ${name} by the model, ${count(doubtful)} of them with less than 90 % confidence`,
  wrong: (/** @type {string} */ name) => `You found in a review that it is not ${name}.`,
  together: "wrong ones as one cluster", togetherTitle: "Ask about the wrong ones together, as a cluster, instead of one by one (Shift G)",
  said: (/** @type {number} */ n, /** @type {number} */ wrong, /** @type {boolean} */ asCluster) =>
    [n && `${images(n)} reviewed.`, wrong && `${images(wrong)} to be asked about ${asCluster ? "as one cluster, under Clusters" : "one by one, under Confusing items"}.`].filter(Boolean).join(" "),
  nothing: "Nothing to review yet", nothingWhy: "Labels by the model appear here after the first round.",
};

export const MISTAKES = {
  mode: (/** @type {number | null} */ n) => (n === null ? "Suspected mistakes" : `Suspected mistakes: ${count(n)}`), labels: "Labels by the model",
  label: "Answers that all else contradicts, the worst first", kinds: "Contradicted by", again: "Look again", ask: "What is it?",
  about: "Answers that all else contradicts, the worst first.",
  title: (/** @type {number} */ n) => (n === 1 ? "1 suspected mistake" : `${count(n)} suspected mistakes`),
  /** @type {[string, string][]} */
  kindNames: [["", "All"], ["model", "Model"], ["neighbours", "Neighbours"], ["duplicates", "Duplicates"], ["earlier", "Answers"]],
  accept: (/** @type {string | undefined} */ name) => (name ? `It is ${name}` : "Choose a class"),
  right: { key: "X", label: "Right as it is", title: "The answer stands (X)" },
  unsure: { key: "U", label: "Not sure", title: "I cannot tell (U)" }, none: { key: "N", label: "None", title: "None of the classes, or not an image of interest (N)" },
  allWrong: "All as suspected", allWrongTitle: "Everything shown is what is suspected (Shift A)",
  allRight: "All right as they are", allRightTitle: "Every answer shown stands (Shift X)",
  saidIs: (/** @type {string} */ name) => `Corrected to ${name}.`, saidRight: (/** @type {string} */ name) => `It stays ${name}.`,
  saidUnsure: "Noted as not sure.", saidNone: "Set aside as none of the classes.",
  saidAll: (/** @type {number} */ n, /** @type {boolean} */ right) => (right ? `${count(n)} answers stand.` : `${count(n)} answers corrected.`),
  card: (/** @type {number} */ rank, /** @type {number} */ n, /** @type {string} */ said, /** @type {string} */ suspected) => `Image ${rank} of ${n}: called ${said}, suspected ${suspected}`,
  called: "Called", maybe: "May be", alt: "The image in question", shown: "Answered images that show why",
  by: (/** @type {string} */ who, /** @type {string} */ when, /** @type {number} */ together) =>
    `by ${who}, ${when}, ${together > 1 ? `along with ${images(together - 1)} as one cluster` : "on its own"}`,
  looking: "Mistakes are being looked for", lookingWhy: "Every answer is compared with all others. The list appears here by itself; you can go on meanwhile.",
  nothing: "No answer is suspected", nothingWhy: (/** @type {number} */ n) => (n === 0 ? "Nothing has been answered yet." : `Nothing contradicts any of the ${count(n)} images that people have named.`),
  unlooked: "Nobody has looked for mistakes yet", unlookedWhy: "Every answer is compared with all others. For 60,000 answers that takes up to a minute.", look: "Look for mistakes", failed: "Mistakes could not be looked for",
};

export const UPLOAD = {
  title: "Upload", about: "Each image is judged by what is known now. A sure one is left to the next round, which labels it; you are asked about the others.",
  drop: "Drop images or a folder here", choose: "Choose images", folder: "Choose a folder", list: "Uploaded images",
  threshold: "Do not ask from", ask: "What is this?", alt: "The uploaded image", progress: "Sending images",
  accept: (/** @type {string | undefined} */ name) => (name ? `Label as ${name}` : "Label"),
  said: (/** @type {string} */ name) => `Labelled ${name}.`,
  unsure: { key: "U", label: "Not sure", title: "I cannot tell (U)" },
  none: { key: "N", label: "None", title: "None of the classes, or not an image of interest (N)" },
  later: { key: "S", label: "Later", title: "Go on to the next; this one stays open (S)" },
  saidUnsure: "Noted as not sure.", saidNone: "Set aside as none of the classes.",
  chooseFirst: "Choose or type a class first.", nothing: "Choose an image of the list first.",
  noImages: "There is no image among what was dropped.",
  sending: (/** @type {number} */ done, /** @type {number} */ n) => `Sending image ${count(Math.min(done + 1, n))} of ${count(n)}`,
  /** @param {{sure: number, filed: number, asked: number, failed: number, more: number}} n */
  summary: (n) =>
    [
      n.sure && `${images(n.sure)} without a question`, n.filed && `${images(n.filed)} labelled`, n.asked && `${count(n.asked)} to answer`,
      n.failed && `${count(n.failed)} not taken`, n.more && `${count(n.more)} more not listed`,
    ].filter(Boolean).join(" · "),
  held: (/** @type {number} */ n, /** @type {string} */ why) => `${images(n)} not sent: ${why || "the server cannot be reached."}`,
  againAll: "Send all again",
  waiting: "Waiting to be sent", under: (/** @type {string} */ name) => `Filed under ${name}`,
  check: (/** @type {string} */ name) => `Filed under ${name} so far: is that right?`,
  like: (/** @type {string} */ name) => `Looks like ${name}; no label yet`, unlabelled: "No label yet",
  asked: "Not sure enough: what is it?", unlike: "Unlike anything here: what is it?", first: "No class is known yet: what is it?",
  answered: (/** @type {string} */ name) => `Labelled ${name}`, aside: "Set aside, without a class", known: "was here before",
  sure: (/** @type {string} */ name, /** @type {number} */ share) => `${name}: ${percentOf(share)} confidence`,
  open: (/** @type {string} */ name) => `Answer for ${name}`, again: "Send again",
};

export const FOLDERS = {
  path: "A folder, an archive, a list or arrays: a path on the machine that runs fewclicks, or a URL", look: "Look",
  hint: "Nothing is changed or copied there; the project lies in a folder of its own.",
  list: "Folders and files", up: "Up", project: "project", looking: "Having a look …", empty: "There is nothing here that could be labelled.",
  holds: (/** @type {number} */ n, /** @type {number} */ out) => [n ? `${images(n)} in this folder` : "No images right in this folder", out ? `${count(out)} entries not shown` : ""].filter(Boolean).join("; "),
  /** @param {import("./folders.js").Preview} preview */
  seen: ({ n_images: n, complete, failures, n_labels: labels, n_groups: groups }) =>
    [`${complete ? "" : "More than "}${images(n)} here, folders within included.`, groups > 0 && `${count(groups)} groups.`,
      labels > 0 && `It names ${count(labels)} classes itself; these are left aside.`,
      failures.length > 0 && `Of those looked at, ${count(failures.length)} cannot be read:`].filter(Boolean).join(" "),
  unreadable: (/** @type {string} */ name, /** @type {string} */ reason, /** @type {string} */ remedy) => `${name} ${reason}. ${remedy}`,
};

export const DISK = {
  title: "Add many: a folder, an archive or a list on this machine’s disk", add: "Add these images",
  about: "All that is new there is read, prepared, and labelled in the next round; what is known stays as it is. Images stay where they are.",
  groups: "Images in one folder belong together",
  added: (/** @type {string} */ source) => `Images of ${source} will be read next.`,
};

export const ENTRANCE = {
  /** How the server's refusal begins when a project is served already. */
  taken: "A project has been opened",
  title: "What is to be labelled?", about: "Choose where the images are, or a project to go on with.",
  project: "A new project", folder: "Lies in the folder", more: "Features and workflow", features: "What images are compared by", workflow: "What decides which questions are asked",
  auto: "By the kind of images: glyphs by their edges, photos by a pretrained network where it is installed.",
  groups: "Images in one folder belong together", groupsWhy: "Sequences, tracks, subjects: one answer counts for all of a pure group.",
  begin: "Begin", then: "The images are read and prepared while you watch; the first clusters can be named when that is done.",
};

export const EMPTY = {
  progress: "Progress", prepare: "Prepare now", goClusters: "Go to clusters", goItems: "Go to confusing items",
  export: "Export labels", round: "Run another round",
  loading: { title: "One moment", text: "Fetching the next question." },
  busy: { title: "The next questions are being worked out", text: "This page carries on by itself when they are ready." },
  reading: { title: "The images are being read and prepared", text: "The first clusters appear here when that is done." },
  noImages: { title: "This project has no images yet", text: "Choose a folder, an archive or a list of images on the machine that runs fewclicks, or drop some." }, addImages: "Add images",
  unprepared: { title: "This project is not prepared yet", text: "Thumbnails, features and clusters are made once, then there is something to label." },
  nothingYet: { title: "Nothing has been answered yet", text: "Confusing items are found by comparing with your answers. Name a few clusters first." },
  noItems: { title: "No confusing items are waiting", text: "More are found as clusters are answered." },
  noClusters: { title: "Every cluster is answered", text: "What is left are single images the model is not sure about." },
  done: (/** @type {string} */ note) => ({
    title: "All questions are answered",
    text: `${note.includes(".") ? `${note} ` : ""}Export the labels, or run another round to look for more that is confusing.`,
  }),
};

export const CLASSES = {
  title: "Classes", about: "Rename, recolour, merge or split at any time: labels follow the class, and every change can be undone.",
  newName: "New class", add: "Add", none: "No class yet. Classes appear here as you type them, or add one above.",
  noKey: "–", items: "items", answers: "answers", cancel: "Cancel", merge: "Merge", delete: "Delete",
  nameOf: (/** @type {string} */ name) => `Name of ${name}`,
  keyOf: (/** @type {string} */ name) => `Key of ${name}`,
  colorOf: (/** @type {string} */ name) => `Colour of ${name}`,
  mergeOf: (/** @type {string} */ name) => `Merge ${name} into another class`,
  deleteOf: (/** @type {string} */ name) => `Delete ${name}`,
  mergeAsk: (/** @type {string} */ name) => `Everything labelled ${name} becomes`,
  deleteAsk: (/** @type {string} */ name, /** @type {number} */ n) => `Delete ${name}? ${n === 1 ? "Its answer is" : `Its ${count(n)} answers are`} withdrawn; undo brings everything back.`,
  added: (/** @type {string} */ name) => `Class ${name} added.`,
  changed: (/** @type {string} */ name) => `Class ${name} changed.`,
  merged: (/** @type {string} */ name) => `Class ${name} merged.`,
  deleted: (/** @type {string} */ name) => `Class ${name} deleted.`,
  detailsOf: (/** @type {string} */ name) => `Parent, description and examples of ${name}`,
  parent: "Under", noParent: "no other class", isParent: "Has classes under it, so it can be under none.",
  parentOf: (/** @type {string} */ name) => `Class that ${name} is under`,
  description: "What it is", describe: "What belongs here, and what does not. It is shown wherever the class can be chosen.",
  descriptionOf: (/** @type {string} */ name) => `Description of ${name}`,
  split: "Split", splitWhy: "If two kinds got this one name: everything called so comes back, to be named again.",
  splitOf: (/** @type {string} */ name) => `Split ${name}`,
  splitAsk: (/** @type {string} */ name, /** @type {number} */ n) => `Split ${name}? ${n === 1 ? "Its answer is" : `Its ${count(n)} answers are`} withdrawn, and its images come back in clusters for you to name. Undo brings everything back.`,
  splitDone: (/** @type {string} */ name) => `Class ${name} is being split: name its parts.`,
  import: "Import a list", exports: [
    { format: "csv", label: "CSV", name: "Export the list as CSV" },
    { format: "json", label: "JSON", name: "Export the list as JSON" },
  ],
  imported: (/** @type {string} */ file) => `Classes imported from ${file}.`,
  nothingIn: (/** @type {string} */ file) => `There is nothing in ${file}.`,
  /** @param {{n_added: number, n_changed: number, n_same: number, n_skipped_examples: number}} reply */
  took: ({ n_added: added, n_changed: changed, n_same: same, n_skipped_examples: skipped }) =>
    `${count(added)} added, ${count(changed)} changed, ${count(same)} as before.${skipped ? ` ${count(skipped)} of the examples are not among these images.` : ""}`,
};

export const EXAMPLES = {
  title: "Examples", none: "None yet.", offer: "Called so by people, the most typical first. Click to add:", more: "Show more",
  of: (/** @type {string} */ name) => `Examples of ${name}`,
  typicalOf: (/** @type {string} */ name) => `Typical images of ${name}`,
  moreOf: (/** @type {string} */ name) => `Show more images of ${name}`,
  add: (/** @type {number} */ item, /** @type {string} */ name) => `Add item ${item} as an example of ${name}`,
  remove: (/** @type {number} */ item, /** @type {string} */ name) => `Item ${item} is no example of ${name}: remove it`,
  changed: (/** @type {string} */ name) => `Examples of ${name} changed.`,
  added: (/** @type {string} */ name) => `Added as an example of ${name}.`,
  already: (/** @type {string} */ name) => `It is an example of ${name} already.`,
  full: (/** @type {number} */ most) => `A class has at most ${most} examples: remove one first, under Classes.`,
  chooseFirst: "Choose the class first that it is an example of.",
};

export const PROGRESS = {
  title: "Progress", about: "What is labelled, how right it is as far as blind checks tell, and what it cost.",
  again: "Try again", asTable: "The figures", figuresOf: (/** @type {string} */ title) => `The figures: ${title}`, noCharts: "The charts cannot be drawn: Plotly's script did not arrive. The figures below them are complete.",
  items: "Images labelled", answers: "Answers", effort: "Time spent answering", accuracy: "Labels right, by blind checks", worth: "Answers still worth giving",
  percent: percentOf,
  of: (/** @type {number} */ n) => `of ${count(n)}`,
  purposes: (/** @type {{learn: number, review: number, audit: number, second: number, again: number}} */ n) =>
    `${count(n.learn)} to learn from, ${count(n.review)} in reviews, ${count(n.audit)} as blind checks` +
    (n.second ? `, ${count(n.second)} as second opinions` : "") + (n.again ? `, ${count(n.again)} given again` : ""),
  rate: (/** @type {number} */ rate) => `${percentOf(rate)} of the images: the manual labelling rate`,
  minutes: (/** @type {number} */ seconds) =>
    seconds < 90 ? `${Math.round(seconds)} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`,
  actions: (/** @type {number} */ actions, /** @type {number} */ done) => `${count(actions)} keys and clicks${done ? `, ${((1000 * actions) / done).toFixed(1)} for 1,000 labels` : ""}`,
  pace: (/** @type {number} */ answers, /** @type {number} */ seconds) => (seconds > 0 ? `${((60 * answers) / seconds).toFixed(1)} answers a minute` : ""),
  interval: (/** @type {Estimate} */ { right, n, low, high }) => `${percentOf(low)} to ${percentOf(high)} with 95 % confidence: ${count(right)} of ${count(n)} checked were right`,
  precision: (/** @type {Estimate} */ { share, low, high, n }) => `${percentOf(share)} (${percentOf(low)} to ${percentOf(high)}; ${count(n)})`,
  calibration: (/** @type {{n: number}} */ { n }) => (n ? `How sure each label is, is set right by ${count(n)} checks.` : "How sure each label is, is not tested yet."),
  noAccuracy: "Not known yet: some later questions are blind checks of random images.",
  worthOf: (/** @type {import("./types.js").Advice} */ advice) => HEADER.worthOf(advice),
  curve: "Learning curve", curveAbout: "Labels right after so many answers, by the blind checks there were then, with their 95 % interval.",
  noCurve: "It begins with the first round that has blind checks.", curveHeads: ["Round", "Answers", "Labels changed", "Right (interval; checked)"],
  course: "Answers over time", courseAbout: "Answers that stand by the time spent on them.", noCourse: "Nothing has been answered yet.", courseHeads: ["At", "Answers", "Time spent"],
  spent: "Minutes spent", right: "Labels right",
  classes: "Classes", classHeads: ["Class", "Images, by who decided", "Images", "By people", "Right (interval; checked)"],
  bySource: (/** @type {Record<string, number>} */ by) => Object.entries(SOURCE_WORDS).filter(([source]) => by[source]).map(([source, words]) => `${count(by[source])} ${words}`).join(", "),
  matrix: "What is taken for what", matrixAbout: "Blind checks: each row is what a person said, each column what the label is. Off the diagonal it is wrong.",
  noMatrix: "There are no blind checks yet.", matrixHeads: ["A person said", "The label is", "Images"],
  said: "A person said", labelledAs: "The label is", noLabel: "no label", cell: (/** @type {string} */ said, /** @type {string} */ labelled, /** @type {number} */ n) => `said ${said}, labelled ${labelled}: ${count(n)}`,
};

/** @param {{value: number, low: number | null, high: number | null} | null} told @param {(value: number) => string} tell */
const withInterval = (told, tell) => (told ? tell(told.value) + (told.low === null || told.high === null ? "" : ` (${tell(told.low)} to ${tell(told.high)})`) : "–");

export const PEOPLE = {
  title: "People", heads: ["Name", "Answers", "Keys and clicks", "Time spent"],
  you: "You answer as", change: "Change", noName: "Nobody can be called so: give a name.",
  shared: (/** @type {import("./types.js").People} */ { n_shared, n_disputed, agreement }) =>
    n_shared ? `${images(n_shared)} judged by more than one person, ${count(n_disputed)} of them not alike. Two answers are the same in ${withInterval(agreement, percentOf)}.` : "Nothing has been judged by more than one person.",
  alpha: (/** @type {string} */ figure) => `Krippendorff's alpha ${figure}.`,
  fleiss: (/** @type {string} */ figure, /** @type {{n: number, n_votes: number}} */ { n, n_votes }) => `Fleiss' kappa ${figure}, of ${images(n)} with ${n_votes} answers each.`,
  figure: (/** @type {import("./types.js").Agreement | null} */ told) => withInterval(told, (value) => value.toFixed(3)),
  share: (/** @type {import("./types.js").Agreement | null} */ told) => withInterval(told, percentOf),
  again: (/** @type {{same: number, n: number, share: number, low: number, high: number} | null} */ told) =>
    told ? `${count(told.same)} of ${count(told.n)}: ${withInterval({ value: told.share, low: told.low, high: told.high }, percentOf)}` : "–",
  agreeHeads: ["Name", "Images shared", "Others say the same", "Right, by who confuses what", "The same again"],
  pairHeads: ["Name", "and", "Images of both", "Cohen's kappa"],
  confused: "What each takes for what", confusedHeads: ["Name", "Said", "It is labelled", "Images"], noClass: "none of the classes",
};

export const CERTIFICATE = {
  title: "Proof", about: "Blind answers to images drawn at random prove how many labels are right. The labels are kept as they are meanwhile.",
  again: "Try again", bar: "Blind answers given of those expected",
  atLeast: "At least ", rightLabel: "Labels right, in %", areRight: " % of all labels are right, with ", confidenceLabel: "Confidence, in %", confidence: " % confidence.",
  drawLabel: "Drawn are",
  draws: [
    { value: "evenly", label: "all as often", about: "Pages can be looked through, and the least sure named instead." },
    { value: "suspected", label: "the least sure more often", about: "Most often that takes the fewest answers." },
    { value: "classes", label: "those of rare classes more often", about: "That tells more of rare classes, and takes up to twice as many." },
  ],
  /** @type {Record<string, string>} */
  drawn: { suspected: "the least sure more often", classes: "those of rare classes more often" },
  begin: "Begin to prove it", answer: (/** @type {number} */ noticed) => (noticed ? `Answer the ${count(noticed)} noticed` : "Answer blindly"),
  pages: "Look through pages", pagesTitle: "Images of one class at a time, some of them planted: quicker, but more of them are needed", more: "Prove something else",
  name: (/** @type {number} */ n) => `Name the ${count(n)} least sure instead`, nameTitle: "People name the labels that are too unsure for the claim; then it holds. No more are drawn at random", nameAbout: "Name the least sure", nameLeft: (/** @type {number} */ n) => `Name the ${count(n)} that are left`,
  end: "Go on labelling", endTitle: "The labels are kept no longer: rounds run again",
  cost: (/** @type {{error: number, confidence: number, draw: string}} */ { error, confidence, draw }) => {
    const more = draw === "suspected" ? 1.1 : 1;
    const about = CERTIFICATE.draws.find(({ value }) => value === draw)?.about ?? "";
    return `About ${count(Math.ceil((1.15 * more * Math.log(1 - confidence)) / Math.log(1 - error) / 10) * 10)} blind answers if no label is wrong; more, the more are. ${about}`;
  },
  impossible: "Both must be at least 50 and below 100.",
  facts: (/** @type {import("./types.js").Certificate} */ told) => [
    ["Blind answers that count", `${count(told.audits)}; ${count(told.wrong)} of these labels were wrong`],
    ...(told.estimate === null ? [] : [["Labels wrong", `${percentOf(told.estimate)}, at most ${percentOf(told.upper)} with ${percentOf(told.claim.confidence)} confidence`]]),
    ...(told.planted ? [["Planted on pages", `${count(told.planted)} wrong ones, ${count(told.missed)} of them missed: the bound allows for it`]] : []),
    ...(told.noticed ? [["Noticed on pages", `${count(told.noticed)} wait to be answered singly; what was drawn after them counts only then`]] : []),
    ["Drawn from", `${count(told.n_tested)} labels that no person gave for the image alone, of ${count(told.n_items)}${told.draw in CERTIFICATE.drawn ? `; ${CERTIFICATE.drawn[told.draw]}` : ""}`],
    ...(told.finish && told.state === "naming" ? [["Too unsure for the claim", `${count(told.finish.n_people)} labels, ${count(told.finish.left)} of them not named by a person yet`]] : []),
    ...(told.changed ? [["Changed since", `${count(told.changed)} labels; of those of now at most ${percentOf(told.upper_now)} are wrong`]] : []),
  ],
  classes: "By class", heads: ["Class", "Images", "Checked", "Wrong", "Wrong at most"],
};

export const AUDITPAGE = {
  about: "Arrows and Space, or clicks. Some images of other classes are planted among them, to tell how much is missed.",
  title: (/** @type {string} */ name) => `Which of these are not ${name}?`, close: "Stop looking through pages", again: "Try again",
  image: (/** @type {number} */ n) => `Image ${n} is another`,
  accept: (/** @type {string} */ name, /** @type {number} */ n) => (n ? `All but ${n} are ${name}` : `All are ${name}`),
  said: (/** @type {number} */ n) => `Looked through a page of ${n}.`,
};

export const HISTORY = {
  title: "History", about: "Every change, newest first. Undoing is a change too: nothing is ever erased.",
  older: "Show older", none: "Nothing has happened yet.", undo: "Undo", undone: "undone",
  undoOf: (/** @type {string} */ text) => `Undo: ${text}`,
  show: "Show", showOf: (/** @type {string} */ text) => `Show the images: ${text}`, again: "Ask about them again",
  shown: (/** @type {number} */ n, /** @type {number} */ told) => `${images(n)}${told < n ? `, the first ${count(told)} shown` : ""}, as labelled now`,
  asked: (/** @type {number} */ n, /** @type {number} */ all) => `${images(n)}${n < all ? `, the first of ${count(all)},` : ""} asked about again.`, reason: (/** @type {string} */ at) => `You asked about them again; they were answered at ${at}.`,
  labelled: (/** @type {string | undefined} */ name) => (name ? `labelled ${name}` : "no label"),
};

export const EXPORT = {
  title: "Export labels", close: "Close", format: "Format", start: "Export", starting: "Starting.", progress: "Progress of the export",
  formats: [
    { value: "csv", label: "CSV", about: "One row per item; opens in any spreadsheet" },
    { value: "parquet", label: "Parquet", about: "Compact and typed; for pandas, DuckDB, Spark" },
    { value: "jsonl", label: "JSON Lines", about: "One JSON object per line" },
    { value: "folders", label: "Folders", about: "One folder of images per class" },
  ],
  mode: "Put images there by", folder: "Into folder", folderHint: "inside the project, unless you name another",
  modes: [
    { value: "copy", label: "copying" },
    { value: "hardlink", label: "hard links (no extra space)" },
    { value: "symlink", label: "symbolic links" },
  ],
  download: "Download", cards: [{ value: "md", label: "Label card" }, { value: "json", label: "Card to verify" }],
  cardInside: "Its label card lies in the folder.",
  cancelled: { message: "The export was cancelled.", remedy: "" },
  done: (/** @type {number} */ rows, /** @type {number} */ missing) => `${count(rows)} rows written${missing ? `; ${images(missing)} could not be read` : ""}.`,
};

/** @type {{title: string, singleKeys: string, sections: {title: string, rows: [string[], string][]}[]}} */
export const HELP = {
  title: "Help and keys",
  singleKeys: "Single keys are commands (turn off if you dictate or use a screen reader's own keys)",
  sections: [
    { title: "Everywhere", rows: [
      [["1", "…", "0"], "Choose the class with that key"],
      [["/", "C"], "Type a class; a new name creates it"],
      [["Enter"], "Accept what the button says"],
      [["S"], "Skip: ask me later"],
      [["N"], "None of the classes, not of interest"],
      [["Z"], "Undo"],
      [["Shift", "Z"], "Do again"],
      [["?"], "This help"],
    ] },
    { title: "Clusters", rows: [
      [["Click"], "Mark or unmark a misfit"],
      [["Shift", "Click"], "Mark a range"],
      [["Drag"], "Mark a rectangle; begun on a marked image it unmarks"],
      [["Arrows"], "Move among the images"],
      [["M"], "Mark the image under the pointer, or the current one"],
      [["Shift", "M"], "Mark it and every image after it"],
      [["Shift", "I"], "Invert the marks"],
      [["Shift", "G"], "Ask about misfits as a cluster of their own"],
      [["Shift", "O"], "Mark the outliers, which have a dot"],
      [["Shift", "N"], "Give what is marked the class that is chosen"],
      [["Space"], "Look closely at the image under the pointer"],
      [["Double click"], "See the original, as large as the window"],
      [["Shift", "E"], "Keep the image as an example of the chosen class"],
      [["Esc"], "Clear all marks"],
      [["X"], "Mixed: split this cluster"],
      [["+", "−"], "Larger or smaller thumbnails"],
    ] },
    { title: "From any image", rows: [
      [["Shift", "S"], "More like this: what looks most like it, as a cluster"],
    ] },
    { title: "Map", rows: [
      [["Drag"], "Draw a line around points; with Shift a box"],
      [["Wheel"], "Zoom; drag with the right button to move"],
      [["Arrows"], "Move a circle; + and − change its size"],
      [["Space"], "Choose what is in the circle"],
      [["Enter"], "Name what is chosen together, as one cluster"],
      [["Page ↑", "Page ↓"], "Zoom on the circle"],
      [["Esc"], "Choose nothing"],
    ] },
    { title: "Grid of clusters, of projects that have one", rows: [
      [["Arrows"], "Move on the map"],
      [["Enter"], "Open the cluster"],
    ] },
    { title: "Confusing items", rows: [
      [["1", "…", "0"], "Answer with that class at once"],
      [["U"], "Not sure: cannot tell"],
      [["Shift", "B"], "Many at once, or one by one"],
      [["Space"], "Show the original image"],
      [["Shift", "E"], "Keep it as an example of the chosen class"],
    ] },
    { title: "Many at once, and review", rows: [
      [["Click"], "It is wrong: ask me later"],
      [["Shift", "Click"], "All from the framed one to this one"],
      [["Shift", "M"], "The framed one and all after it are wrong"],
      [["Shift", "I"], "Right ones are wrong, wrong ones are right"],
      [["Shift", "G"], "In a review: ask about the wrong ones as a cluster"],
      [["Arrows"], "Move among the images"],
      [["1", "…", "0"], "The framed image shows that class"],
      [["Enter"], "All others are right"],
    ] },
    { title: "Suspected mistakes", rows: [
      [["Enter"], "It is what the button says"],
      [["X"], "The answer is right as it is"],
      [["1", "…", "0"], "It is that class"],
      [["Shift", "A"], "All shown are what is suspected"],
      [["Shift", "X"], "All shown are right as they are"],
      [["Arrows"], "Move among the images"],
    ] },
    { title: "Upload", rows: [
      [["↑", "↓"], "Move among the uploaded images"],
      [["1", "…", "0"], "Answer with that class at once"],
      [["S"], "Go on to the next that is open"],
    ] },
  ],
};
