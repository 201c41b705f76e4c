/**
 * The records of the HTTP contract, named once for every other file. Holds no code.
 *
 * @typedef {{class_id: number, confidence: number}} Guess
 * @typedef {{id: number, name: string, color: string, key: string | null,
 *   parent_id: number | null, description: string, examples: number[], n_answers: number,
 *   n_labels: number}} ClassRecord
 * @typedef {{id: number, kind: "item" | "cluster", purpose: string, reason: string,
 *   item: number | null, cluster: number | null, size: number, cover: number[],
 *   guesses: Guess[], round: number}} Question
 * @typedef {Question & {members?: number[], outliers?: number[],
 *   named?: {item: number, class_id: number}[], state: string,
 *   neighbours?: {item: number, class_id: number}[],
 *   examples?: {class_id: number, items: number[]}[]}} QuestionDetail
 * @typedef {{id: number, kind: "prepare" | "round" | "export" | "refine" | "layout" | "mistakes", state: string, step: string,
 *   done: number, total: number | null, message: string,
 *   error: {code: string, message: string, remedy: string} | null,
 *   result: {path: string, rows: number, n_missing: number} | null}} Job
 * @typedef {{name: string, n_items: number, kind: "glyphs" | "photos" | null, version: string,
 *   features: string, clusterer: string, workflow: string, has_map: boolean, read_only: boolean, prepared: boolean, folder: string, n_failures: number,
 *   n_duplicates: number, annotator: string}} Project
 * @typedef {{n_items: number, rate: number, round: number, last_event: number | null,
 *   labelled: {person: number, cluster: number, group: number, model: number, none: number},
 *   answers: {learn: number, review: number, audit: number, second: number, again: number, total: number},
 *   actions: number, seconds: number, open: {items: number, clusters: number},
 *   classes: {id: number, n: number}[], note: string, accuracy: Estimate | null,
 *   certificate: {id: number, state: "open" | "naming", holds: boolean} | null,
 *   advice: Advice, jobs: Job[]}} Progress
 * @typedef {{answers: number | null, at_least: boolean, sentence: string,
 *   signals: {name: string, met: boolean, sentence: string}[]}} Advice
 * @typedef {{right: number, n: number, share: number, low: number, high: number}} Estimate
 * @typedef {{accuracy: Estimate | null, calibration: {temperature: number, n: number},
 *   curve: {round: number, answers: number, doubt: number | null, changed: number | null,
 *     accuracy: Estimate | null}[],
 *   classes: {id: number, labelled: Progress["labelled"], precision: Estimate | null}[],
 *   confusions: {said: number, labelled: number | null, n: number}[],
 *   annotators: {name: string, answers: number, actions: number, seconds: number}[],
 *   course: {at: string, answers: number, seconds: number}[]}} Report
 * @typedef {{id: number, state: "open" | "naming" | "ended", claim: {error: number, confidence: number},
 *   n_items: number, n_tested: number, audits: number, wrong: number, unsure: number,
 *   waiting: number, changed: number, planted: number, missed: number, noticed: number,
 *   may_look_through: boolean, claims: number, draw: string, holds: boolean, estimate: number | null, upper: number,
 *   upper_now: number, to_go: number | null, sentence: string, caveat: string,
 *   classes: {class_id: number, n_items: number, n_tested: number, audits: number,
 *     wrong: number, upper: number}[],
 *   finish: ?{n_people: number, left: number, holds: boolean}}} Certificate
 * @typedef {{value: number, low: number | null, high: number | null}} Agreement
 * @typedef {{n_shared: number, n_disputed: number, agreement: Agreement | null,
 *   alpha: Agreement | null, fleiss: (Agreement & {n: number, n_votes: number}) | null,
 *   people: {name: string, n_shared: number, agreement: Agreement | null, right: number | null,
 *     consistency: {same: number, n: number, share: number, low: number, high: number} | null,
 *     confusions: {said: number | null, labelled: number | null, n: number}[]}[],
 *   pairs: {people: string[], n: number, kappa: Agreement | null}[]}} People
 * @typedef {{class_id: number, n: number, n_doubtful: number}} Reviewed
 * @typedef {{item: number, name: string, said: number, suspected: number, score: number,
 *   reasons: {kind: string, score: number, class_id: number, sentence: string}[],
 *   annotator: string, answered_at: string, n_together: number,
 *   witnesses: {item: number, class_id: number}[]}} Mistake
 * @typedef {{cluster: number, x: number, y: number, ridge: number, size: number,
 *   medoid: number | null, question: number | null, guess: Guess | null}} MapCell
 * @typedef {{id: number, at: string, annotator: string, kind: string, text: string,
 *   undone: boolean, undoable: boolean}} HistoryEvent
 * @typedef {{item: number, class_id: number | null, confidence: number, source: string}} LabelledItem
 * @typedef {{verdict: "class" | "unsure" | "none" | "mixed", class_id?: number,
 *   class_name?: string, misfits?: number[]}} Verdict
 */

export {};
