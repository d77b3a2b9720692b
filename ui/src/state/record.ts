// What can be done to the open record, from a button, a key or the palette alike.
import { tick } from "svelte";
import { i18n } from "../i18n/index.svelte";
import type { Outcome, RevealPurpose } from "../ipc/backend";
import type { App } from "./app.svelte";

/** The outcomes in the order of their keys, Ctrl+1 … Ctrl+6. */
export const OUTCOMES: readonly Outcome[] = [
  "answered",
  "noAnswer",
  "callback",
  "booked",
  "declined",
  "wrongNumber",
];

export interface RecordCommands {
  outcome?: (outcome: Outcome) => Promise<void>;
  call?: () => Promise<void>;
  copy?: () => Promise<void>;
  zalo?: () => Promise<void>;
  edit?: () => void;
  print?: () => Promise<void>;
  takeOn?: () => Promise<void>;
  saveAndNext?: () => Promise<void>;
}

/** Set by the note box while it is on screen: saves what is in it and says whether that worked. */
export const noteBox: { save: (() => Promise<boolean>) | null } = { save: null };

async function use(app: App, purpose: RevealPurpose, said: string): Promise<void> {
  if (await app.leads.usePhone(purpose)) app.report(said);
}

/** Says in words what an outcome did. */
export function outcomeSaid(app: App, outcome: Outcome, nextCallAt: number | null): string {
  const { t, f } = i18n;
  const name = t.outcome[outcome];
  return nextCallAt ? t.undo.calledNext(name, f.near(nextCallAt, app.now)) : t.undo.called(name);
}

async function saveAndNext(app: App): Promise<void> {
  const next = await app.leads.nextId();
  if (noteBox.save && !(await noteBox.save())) return;
  if (next) await app.leads.open(next);
}

/** The commands that make sense right now; an absent one is not offered. */
export function recordCommands(app: App): RecordCommands {
  const { leads } = app;
  // while a form is open its text must not be left by a key
  if (app.pane !== "leads" || !leads.record || leads.beside === "new" || leads.beside === "edit") return {};
  const { t } = i18n;
  const row = leads.record.row;
  const callable = row.phone.kind !== "none";
  return {
    outcome: async (outcome) => {
      const done = await app.act({ act: "call", outcome, nextCallAt: null }, (lead) =>
        outcomeSaid(app, outcome, lead.nextCallAt),
      );
      // "call me back" wants a time: offer the likely ones at once
      if (done && outcome === "callback") leads.pickNext = true;
    },
    edit: () => {
      leads.beside = "edit";
    },
    print: async () => {
      const phone = callable ? await leads.usePhone("print") : null;
      app.printed = phone && { id: row.id, phone };
      await tick(); // the sheet takes the number first
      window.addEventListener("afterprint", () => (app.printed = null), { once: true });
      window.print();
    },
    takeOn: async () => {
      const to = app.desk?.person ?? "";
      await app.act({ act: "assign", to }, () => t.undo.assigned(to));
    },
    saveAndNext: () => saveAndNext(app),
    ...(callable && {
      call: () => use(app, "call", t.phone.calling),
      copy: () => use(app, "copy", t.phone.copied),
      zalo: () => use(app, "zalo", t.phone.zaloOpened),
    }),
  };
}
