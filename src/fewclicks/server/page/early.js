/** Asks for what the page shows first while most of what it is made of is still on its way. */

import { getEarly } from "./api.js";
import { hasUnsent } from "./outbox.js";
import { BATCH, SOON_AT_ONCE } from "./thumbnails.js";

/** Clusters that the deck asks for at a time. */
export const CLUSTERS_AT_A_TIME = 20;

async function ask() {
  const clusters = getEarly("api/questions", { kind: "cluster", limit: CLUSTERS_AT_A_TIME });
  for (const path of ["api/project", "api/classes", "api/progress"]) getEarly(path);
  const [first] = (await clusters).questions;
  if (!first) return;
  const { members } = await getEarly(`api/questions/${first.id}`);
  for (let at = 0; at < Math.min(members.length, SOON_AT_ONCE * BATCH); at += BATCH) {
    getEarly("api/thumbnails", { items: members.slice(at, at + BATCH).join(",") });
  }
}

/** Whether it has: what the last visit left unsent goes first. */
export const hasAsked = !hasUnsent();

if (hasAsked) ask().catch(() => undefined); // whoever wants it is told what went wrong
