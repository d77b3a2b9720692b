// How a lead's values look: tones and the sentence a screen reader gets for a row.
import { i18n } from "../../i18n/index.svelte";
import type { LeadRow, LeadState } from "../../ipc/backend";

export type Tone = "accent" | "amber" | "red" | "green" | "blue" | "grey" | "strong";

export const stateTone: Record<LeadState, Tone> = {
  new: "strong",
  contacting: "blue",
  callback: "amber",
  booked: "green",
  visited: "green",
  declined: "grey",
  wrongNumber: "red",
};

const MINUTE = 60_000;

/** The longer nobody called, the warmer. */
export function waitTone(row: LeadRow, now: number): Tone {
  const minutes = (now - row.receivedAt) / MINUTE;
  if (minutes < 60) return "green";
  return minutes < 24 * 60 ? "amber" : "red";
}

/** People are called by the last word of their name. */
export const given = (name: string): string => name.trim().split(/\s+/).pop() ?? "";

/** The row in one sentence. */
export function sentence(row: LeadRow, index: number, total: number, now: number): string {
  const { t, f } = i18n;
  return [
    row.name || t.leads.noName,
    row.phone.masked || t.leads.noPhone,
    row.state === "new"
      ? `${t.state.new}, ${t.leads.waited(f.age(row.receivedAt, now))}`
      : t.state[row.state],
    row.nextCallAt ? `${t.leads.columns.next} ${f.near(row.nextCallAt, now)}` : "",
    row.suspect ? t.leads.suspect : "",
    row.conflict ? t.leads.conflict : "",
    row.question,
    row.branch ?? "",
    row.owner ?? "",
    t.leads.position(index + 1, total),
  ]
    .filter(Boolean)
    .join(", ");
}
