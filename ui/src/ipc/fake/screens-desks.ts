// Screens of the clinic's PCs: starting, joining, letting in, cutting off, days without the server.
import type { SyncView } from "../backend";
import type { FakeBackend } from "./index";
import type { App } from "../../state/app.svelte";
import { MORNING } from "./clinic";
import { CODE, KIT_WORDS, LINK } from "./desks";
import { press, settle, typeInto, type Prepare, type Screen } from "./stagehand";

const MINUTE = 60_000;

const nearby: SyncView["nearby"] = [
  { id: "b2", name: "Quầy 2", branch: "CN Quận 1", syncedAt: MORNING - MINUTE },
  { id: "c3", name: "Phòng X-quang", branch: "CN Quận 1", syncedAt: MORNING - 7 * MINUTE },
];
const away: Partial<SyncView> = {
  state: "offline",
  unsent: 42,
  oldestUnsentAt: MORNING - 3 * 24 * 60 * MINUTE,
  syncedAt: MORNING - 3 * 24 * 60 * MINUTE,
};

/** Presses one after another. */
const pressed =
  (...testids: string[]): Prepare =>
  async () => {
    await settle();
    for (const testid of testids) {
      press(testid);
      await settle();
    }
  };
const bare: Screen["options"] = { phase: "noClinic", server: null };

const joining =
  (then?: (fake: FakeBackend) => void): Prepare =>
  async (app, fake) => {
    await pressed("start-join")(app, fake);
    await typeInto("join-code", LINK);
    await typeInto("join-branch", "CN Quận 1");
    await typeInto("join-desk", "Quầy 3");
    press("join-go");
    await settle();
    then?.(fake);
    await settle();
  };

const inSettings =
  (...testids: string[]): Prepare =>
  async (app, fake) => {
    app.openSettings("desks");
    await settle();
    await pressed(...testids)(app, fake);
  };
const inviting =
  (then?: (fake: FakeBackend) => unknown): Prepare =>
  async (app, fake) => {
    await inSettings("desk-add", "invite-make")(app, fake);
    await then?.(fake);
    await settle();
  };

const rowMenu = async (index: number, item: string) => {
  document.querySelectorAll<HTMLElement>('[data-testid="desk-menu"]')[index]?.click();
  await settle();
  if (item) press(item);
  await settle();
};
const cutting =
  (then?: () => Promise<void>): Prepare =>
  async (app, fake) => {
    await inSettings()(app, fake);
    await rowMenu(3, "desk-cut");
    await then?.();
  };

const stick =
  (way: "out" | "in", choose = false, then?: (fake: FakeBackend) => void): Prepare =>
  async (app: App, fake) => {
    app.stick = way;
    await settle();
    if (choose) press("drive");
    await settle();
    then?.(fake);
    await settle();
  };

export const deskScreens: Record<string, Screen> = {
  start: { options: bare },
  join: { options: bare, prepare: pressed("start-join") },
  "join-typed": {
    options: bare,
    prepare: async (app, fake) => {
      await pressed("start-join")(app, fake);
      await typeInto("join-code", CODE.slice(0, 60));
      await typeInto("join-server", "https://form.nucuoiviet.example");
      await typeInto("join-branch", "CN Quận 1");
      await typeInto("join-desk", "Quầy 3");
      press("join-go");
      await settle();
    },
  },
  "join-stick": { options: bare, prepare: pressed("start-join", "join-stick") },
  "join-nostick": { options: { ...bare, noDrives: true }, prepare: pressed("start-join", "join-stick") },
  "join-knocking": { options: bare, prepare: joining() },
  "join-confirm": { options: bare, prepare: joining((fake) => fake.pcs.answer()) },
  "join-refused": { options: bare, prepare: joining((fake) => fake.pcs.setJoining({ at: "refused" })) },
  "join-expired": { options: bare, prepare: joining((fake) => fake.pcs.setJoining({ at: "expired" })) },
  "join-unreachable": {
    options: bare,
    prepare: joining((fake) => fake.pcs.setJoining({ at: "unreachable" })),
  },
  restore: {
    options: bare,
    prepare: async (app, fake) => {
      await pressed("start-restore")(app, fake);
      await typeInto("restore-words", KIT_WORDS.with(4, "mapel").join(" "));
      await typeInto("restore-server", "https://form.nucuoiviet.example");
      await typeInto("restore-branch", "CN Quận 1");
      await typeInto("restore-desk", "Quầy 1");
      await typeInto("restore-person", "Trần Thị Mai");
      press("restore-do");
      await settle();
    },
  },
  removed: { options: { phase: "removed", cutOff: { at: MORNING - 53 * MINUTE, by: "Quầy 1" } } },
  "removed-undated": { options: { phase: "removed" } },
  desks: { prepare: inSettings("desks-gone") },
  "desks-menu": {
    prepare: async (app, fake) => {
      await inSettings()(app, fake);
      await rowMenu(1, "");
    },
  },
  "desks-readonly": { options: { mayManage: false }, prepare: inSettings() },
  "desks-clerk": { options: { staff: true, me: "frontDesk", mayManage: false }, prepare: inSettings() },
  "desks-alone": { options: { desks: 1 }, prepare: inSettings() },
  "desk-rename": {
    prepare: async (app, fake) => {
      await inSettings()(app, fake);
      await rowMenu(1, "desk-rename");
    },
  },
  invite: { prepare: inSettings("desk-add") },
  "invite-code": { prepare: inviting() },
  "invite-stick": { prepare: inSettings("desk-add", "invite-make", "invite-stick") },
  "invite-copied": { prepare: inSettings("desk-add", "invite-make", "invite-stick", "drive") },
  "invite-asked": { prepare: inviting((fake) => fake.pcs.knock()) },
  "invite-joined": {
    prepare: async (app, fake) => {
      await inviting((the) => the.pcs.knock())(app, fake);
      press("invite-same");
      await settle();
    },
  },
  "invite-refused": { prepare: inviting((fake) => fake.pcs.setInviting({ at: "refused" })) },
  "invite-expired": { prepare: inviting((fake) => fake.pcs.setInviting({ at: "expired" })) },
  "cut-off": { prepare: cutting() },
  "cut-unseen": {
    options: { unseen: true },
    prepare: cutting(async () => {
      await typeInto("cut-confirm", "d4d4");
      press("cut-do");
      await settle();
    }),
  },
  "drill-due": { options: { kitDrillDue: true } },
  drill: {
    options: { kitDrillDue: true },
    prepare: async (app, fake) => {
      await inSettings("drill-open")(app, fake);
      await typeInto("drill-words", KIT_WORDS.toReversed().join(" "));
      press("drill-do");
      await settle();
    },
  },
  "near-chip": { options: { sync: { ...away, nearby } } },
  near: { options: { sync: { ...away, nearby } }, prepare: pressed("sync-chip") },
  first: {
    options: { sync: { state: "syncing", syncedAt: null, first: { done: 42_000, total: 118_000 } } },
    prepare: pressed("sync-chip"),
  },
  copy: {
    options: {
      sync: {
        state: "refused",
        alarms: [{ author: "Quầy 1 · CN Quận 1", me: true, kind: "fork", at: MORNING - MINUTE }],
      },
    },
    prepare: pressed("sync-chip"),
  },
  "stick-none": { options: { noDrives: true }, prepare: stick("out") },
  "stick-out": { options: { sync: away }, prepare: stick("out") },
  "stick-busy": { prepare: stick("out", true, (fake) => fake.pcs.carry(2_140)) },
  "stick-written": { prepare: stick("out", true, (fake) => fake.pcs.carried()) },
  "stick-in": { prepare: stick("in", true, (fake) => fake.pcs.carried()) },
  "stick-partial": {
    options: { stick: "partial" },
    prepare: stick("in", true, (fake) => fake.pcs.carried()),
  },
  "stick-foreign": { options: { stick: "bundleForeign" }, prepare: stick("in", true) },
  "stick-stopped": { prepare: stick("in", true, (fake) => void fake.cancelBundle()) },
  quitting: { options: { sync: away }, prepare: (app) => app.quit() },
};
