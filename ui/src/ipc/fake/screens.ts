// Every screen by address, so that a command can walk through all of them:
// `?screen=record&lang=en&theme=dark`. Only in design builds.
import type { SyncView } from "../backend";
import { FakeBackend } from "./index";
import type { App } from "../../state/app.svelte";
import { MORNING } from "./clinic";
import { deskScreens } from "./screens-desks";
import { peopleScreens } from "./screens-people";
import { press, settle, typeInto, type Prepare, type Screen } from "./stagehand";

const MINUTE = 60_000;
const offline: Partial<SyncView> = {
  state: "offline",
  unsent: 2,
  oldestUnsentAt: MORNING - 12 * MINUTE,
  syncedAt: MORNING - 31 * MINUTE,
};

const open =
  (index: number): Prepare =>
  async (app) => {
    const row = app.leads.row(index);
    if (row) await app.leads.open(row.id);
  };

/** The record of the family that shares one number. */
const openFamily: Prepare = async (app) => {
  await app.leads.load({ text: "Nguyễn Thị Ánh Hường" });
  const row = app.leads.row(0);
  await app.leads.load({ text: "" });
  if (row) await app.leads.open(row.id);
};

const founding =
  (steps: number): Prepare =>
  async () => {
    await settle();
    press("start-found");
    await settle();
    await typeInto("founding-clinic", "Nha khoa Nụ Cười Việt");
    await typeInto("founding-branch", "CN Quận 1");
    if (steps > 0) press("founding-next");
    await settle();
    await typeInto("founding-desk", "Quầy 1");
    await typeInto("founding-person", "Trần Thị Mai");
    const pressed = ["founding-found", "kit-done"].slice(0, steps - 1);
    for (const testid of pressed) {
      press(testid);
      await settle();
    }
    if (steps < 4) return;
    for (const [n, word] of [
      [3, "anchor"],
      [9, "orange"],
      [17, "zebra"],
    ] as const)
      await typeInto(`kit-check-${n}`, word);
    press("kit-check");
    await settle();
    if (steps > 4) press("server-skip");
    await settle();
  };

const trouble = (phase: "keychain" | "database", problem: string) => ({ options: { phase, problem } });

export const screens: Record<string, Screen> = {
  ...deskScreens,
  ...peopleScreens,
  leads: {},
  compact: { options: { density: "compact" } },
  record: { prepare: openFamily },
  question: {
    prepare: async (app) => {
      await app.leads.load({ text: "hàm duy trì bị gãy" });
      const row = app.leads.row(0);
      await app.leads.load({ text: "" });
      if (row) await app.leads.open(row.id);
    },
  },
  revealed: {
    prepare: async (app, fake) => {
      await openFamily(app, fake);
      await app.leads.usePhone("show");
    },
  },
  conflict: {
    prepare: async (app) => {
      await app.leads.load({ chip: "overdue", sort: "nextCall" });
      for (let n = 0; n < app.leads.total; n++) {
        const row = app.leads.row(n);
        if (row?.conflict) return app.leads.open(row.id);
      }
    },
  },
  suspect: {
    prepare: async (app, fake) => {
      await app.leads.load({ chip: "suspect" });
      await open(0)(app, fake);
    },
  },
  undo: {
    prepare: async (app, fake) => {
      await open(2)(app, fake);
      await settle();
      press("outcome-noAnswer");
      await settle();
    },
  },
  next: {
    prepare: async (app, fake) => {
      await open(2)(app, fake);
      await settle();
      press("next-call");
      await settle();
    },
  },
  edit: {
    prepare: async (app, fake) => {
      await openFamily(app, fake);
      app.leads.beside = "edit";
    },
  },
  compare: {
    prepare: async (app, fake) => {
      await openFamily(app, fake);
      await settle();
      press("compare");
      await settle();
    },
  },
  new: {
    prepare: async (app) => {
      app.leads.startNew();
      await settle();
      await typeInto("new-name", "Đặng Thị Mỹ Duyên");
      await typeInto("new-phone", app.leads.row(0) ? "0838123456" : "");
      await new Promise((done) => setTimeout(done, 400));
    },
  },
  search: {
    prepare: async () => {
      await typeInto("search", "niềng");
      await settle();
    },
  },
  nothing: {
    prepare: async () => {
      await typeInto("search", "0912 345 678");
      await settle();
    },
  },
  empty: { options: { leads: 0 } },
  emptylist: {
    prepare: async (app) => {
      await app.leads.load({ chip: "overdue", branch: "CN Biên Hòa", source: "facebook" });
    },
  },
  views: {
    prepare: async () => {
      press("views");
      await settle();
    },
  },
  offline: { options: { sync: offline } },
  syncing: { options: { sync: { state: "syncing", unsent: 1 } } },
  noserver: { options: { server: null, sync: { state: "noServer", unsent: 31, syncedAt: null } } },
  alarms: {
    options: {
      sync: {
        state: "refused",
        unsent: 4,
        clockOffset: 9 * MINUTE,
        alarms: [
          { author: "", me: false, kind: "formChanged", at: MORNING - 40 * MINUTE },
          { author: "Quầy 2 · CN Quận 7", me: false, kind: "fork", at: MORNING - 3 * MINUTE },
        ],
      },
    },
    prepare: async () => {
      press("sync-chip");
      await settle();
    },
  },
  unchecked: { options: { phase: "kitUnchecked", kitChecked: false } },
  failure: {
    prepare: async (app) => {
      app.failure = { code: "diskFull", detail: null };
    },
  },
  palette: {
    prepare: async (app) => {
      app.overlay = "palette";
      await settle();
    },
  },
  shortcuts: {
    prepare: async (app) => {
      app.overlay = "shortcuts";
      await settle();
    },
  },
  settings: { prepare: (app) => void (app.pane = "settings") },
  locked: { options: { phase: "locked" } },
  starting: { options: { phase: "starting" } },
  "founding-1": {
    options: { phase: "noClinic", server: null },
    prepare: async () => {
      await settle();
      press("start-found");
      await settle();
    },
  },
  "founding-2": { options: { phase: "noClinic", server: null }, prepare: founding(1) },
  "founding-3": { options: { phase: "noClinic", server: null }, prepare: founding(2) },
  "founding-4": { options: { phase: "noClinic", server: null }, prepare: founding(3) },
  "founding-5": { options: { phase: "noClinic", server: null }, prepare: founding(4) },
  "founding-6": { options: { phase: "noClinic", server: null }, prepare: founding(5) },
  recover: {
    options: { phase: "keychain", problem: "missing" },
    prepare: async () => {
      await settle();
      press("recover");
      await settle();
      await typeInto("recover-words", "ribbon velvet anker lunar maple honest copper drift");
    },
  },
  "keychain-locked": trouble("keychain", "locked"),
  "keychain-missing": trouble("keychain", "missing"),
  "keychain-wrong": trouble("keychain", "wrong"),
  "keychain-unavailable": trouble("keychain", "unavailable"),
  "database-inUse": trouble("database", "inUse"),
  "database-damaged": trouble("database", "damaged"),
  repaired: {
    options: { phase: "database", problem: "damaged" },
    prepare: async () => {
      press("repair");
      await settle();
      await settle();
    },
  },
  "database-foreign": trouble("database", "foreign"),
  "database-tooNew": trouble("database", "tooNew"),
  "database-diskFull": trouble("database", "diskFull"),
  "database-staleCopy": trouble("database", "staleCopy"),
  "database-io": trouble("database", "io"),
};

export function fromAddress(search: string): { backend: FakeBackend; prepare: (app: App) => Promise<void> } {
  const asked = new URLSearchParams(search);
  const screen = screens[asked.get("screen") ?? "leads"] ?? {};
  const backend = new FakeBackend({
    frozen: asked.has("screen"),
    language: asked.get("lang") === "en" ? "en" : "vi",
    theme: asked.get("theme") === "dark" ? "dark" : "light",
    ...screen.options,
  });
  Object.assign(globalThis, { fake: backend, screenNames: Object.keys(screens) });
  return { backend, prepare: async (app) => void (await screen.prepare?.(app, backend)) };
}
