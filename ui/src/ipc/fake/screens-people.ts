// Screens of people, PINs, the parts of the settings, and backups.
import { goodBackups, noBackups } from "./backups";
import { MORNING } from "./clinic";
import { FAKE_PIN } from "./people";
import { press, settle, typeInto, type Prepare, type Screen } from "./stagehand";
import type { Section } from "../../state/app.svelte";

const DAY = 24 * 3_600_000;
const staff = { staff: true } as const;
const signedOut = { staff: true, phase: "signedOut", me: "frontDesk" } as const;

const section =
  (name: Section, ...pressed: string[]): Prepare =>
  async (app) => {
    app.openSettings(name);
    await settle();
    for (const testid of pressed) {
      press(testid);
      await settle();
    }
  };

/** Chooses the first tile and types these digits. */
const pad =
  (...pins: string[]): Prepare =>
  async () => {
    await settle();
    press("tile");
    await settle();
    for (const pin of pins) {
      for (const digit of pin) press(`pin-key-${digit}`);
      await settle();
      await settle();
    }
    // the shake is over
    await new Promise((done) => setTimeout(done, 320));
  };

const restore =
  (steps: number): Prepare =>
  async () => {
    await settle();
    press("start-backup");
    await settle();
    await settle();
    if (steps > 0) press("drive");
    await settle();
    await settle();
    if (steps > 1) press("backup-file");
    await settle();
    if (steps < 3) return;
    const words =
      "ribbon velvet anchor lunar maple honest copper drift orange puzzle salmon tiger umbrella violin walnut yellow zebra basket candle dolphin ember forest garden harbor";
    await typeInto("backup-words", words);
    await typeInto("backup-branch", "CN Quận 1");
    await typeInto("backup-desk", "Quầy 1");
    await typeInto("backup-person", "Trần Thị Mai");
    press("backup-restore");
    await settle();
    await settle();
  };

const bare = { phase: "noClinic", server: null } as const;

export const peopleScreens: Record<string, Screen> = {
  "signed-out": { options: signedOut },
  "signed-out-find": {
    options: signedOut,
    prepare: async () => {
      await settle();
      await typeInto("person-find", "anh");
    },
  },
  pin: { options: signedOut, prepare: pad(FAKE_PIN.slice(0, 4)) },
  "pin-wrong": { options: signedOut, prepare: pad("271828") },
  "pin-wait": {
    options: signedOut,
    prepare: pad("271828", "271828", "271828", "271828", "271828"),
  },
  "person-chip": {
    options: { ...staff, me: "frontDesk" },
    prepare: async () => {
      await settle();
      press("person");
      await settle();
    },
  },
  "person-chip-free": {
    prepare: async () => {
      await settle();
      press("person");
      await settle();
    },
  },
  "change-pin": {
    options: { ...staff, me: "frontDesk" },
    prepare: async (app) => {
      app.overlay = "pin";
      await settle();
      await typeInto("pin-old", FAKE_PIN);
      await typeInto("pin-new", "271828");
      await typeInto("pin-again", "271829");
    },
  },
  "settings-clerk": { options: { ...staff, me: "frontDesk" }, prepare: section("machine") },
  "settings-server": { options: staff, prepare: section("server") },
  "settings-about": { options: staff, prepare: section("about") },
  people: { options: staff, prepare: section("people") },
  "people-manager": { options: { ...staff, me: "manager" }, prepare: section("people") },
  "people-none": { prepare: section("people") },
  "people-first": { prepare: section("people", "add-person") },
  "people-add": {
    options: staff,
    prepare: async (app, fake) => {
      await section("people", "add-person")(app, fake);
      press("staff-branch");
      await settle();
    },
  },
  "people-edit": {
    options: staff,
    prepare: async (app, fake) => {
      await section("people")(app, fake);
      document.querySelectorAll<HTMLElement>('[data-testid="staff-edit"]')[1]?.click();
      await settle();
    },
  },
  "people-owner": { options: staff, prepare: section("people", "staff-edit") },
  "people-dismiss": {
    options: staff,
    prepare: async (app, fake) => {
      await section("people")(app, fake);
      document.querySelectorAll<HTMLElement>('[data-testid="staff-edit"]')[1]?.click();
      await settle();
      press("staff-dismiss");
      await settle();
    },
  },
  "people-pin": {
    options: staff,
    prepare: async (app, fake) => {
      await section("people")(app, fake);
      document.querySelectorAll<HTMLElement>('[data-testid="staff-pin"]')[2]?.click();
      await settle();
    },
  },
  backups: { options: staff, prepare: section("backups") },
  "backups-none": { options: { ...staff, backup: noBackups }, prepare: section("backups") },
  "backups-failed": {
    options: {
      ...staff,
      backup: {
        ...goodBackups,
        overdue: true,
        lastGoodAt: MORNING - 4 * DAY,
        last: { at: MORNING - 8 * 3_600_000, outcome: "folderMissing", bytes: 0, entries: 0 },
      },
    },
    prepare: section("backups"),
  },
  "backups-place": { options: staff, prepare: section("backups", "backup-choose") },
  "backup-reminder": {
    options: { ...staff, backup: { ...goodBackups, overdue: true, lastGoodAt: MORNING - 4 * DAY } },
  },
  "restore-drive": { options: bare, prepare: restore(0) },
  "restore-file": { options: bare, prepare: restore(1) },
  "restore-none": { options: { ...bare, noBackups: true }, prepare: restore(1) },
  "restore-words": { options: bare, prepare: restore(2) },
  "restore-done": { options: bare, prepare: restore(3) },
};
