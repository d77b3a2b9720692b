// Who is at the desk, and a backup that comes back: one PC with people on it, its stick, and a bare PC.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "./support/children.mjs";
import { FRAME, id } from "./support/desk.mjs";
import { Pc } from "./support/pc.mjs";
import { person } from "./support/people.mjs";
import { Server } from "./support/server.mjs";
import { until } from "./support/wait.mjs";

const AXE = readFileSync(join(ROOT, "ui/node_modules/axe-core/axe.min.js"), "utf8");
const PICTURES = join(ROOT, "target/e2e");
const OWNER = { name: "Đỗ Thị Lan", pin: "280416" };
const CLERK = { name: "Bùi Ngọc Hà", pin: "730951" };
const asked = person(17);

let home;
let stick;
let server;
let pc;
let bare;
let window;
let words;

before(async () => {
  mkdirSync(PICTURES, { recursive: true });
  home = mkdtempSync(join(PICTURES, "people-"));
  stick = join(home, "USB");
  mkdirSync(stick);
  server = await Server.launch(home);
  pc = await Pc.make(home, "pc1", { more: { LETAN_DRIVES: stick }, settings: { lan: false } });
  const said = await pc.desk.found(server);
  words = [...said.matchAll(/\d+\. ([a-z]+)/g)].map(([, word]) => word);
  await server.post(asked);
  window = await pc.desk.open();
  await window.shows(FRAME, 30_000);
  await until("the question", () => pc.desk.hasRow(asked.name), 60_000);
});
after(async () => {
  await pc?.off();
  await bare?.off();
  await server?.stop();
  rmSync(home, { recursive: true, force: true });
});

const picture = (what) => window.picture(join(PICTURES, `people-${what}.png`));
const spotless = async () => assert.deepEqual(await window.axe(AXE), []);

/** Presses the tile of somebody; with one person only there is none to press. */
async function choose({ name }) {
  await window.shows(id("signed-out"), 30_000);
  await until(`the tile of ${name}`, () =>
    window.js(
      `const tile = [...document.querySelectorAll('${id("tile")}')].find(t => t.textContent.includes(arguments[0]));
       tile?.click(); return !!tile`,
      name,
    ),
  );
  await window.shows(id("pin-pad"));
}

async function tap(pin) {
  for (const digit of pin) await window.click(id(`pin-key-${digit}`));
}

test("the first person becomes the owner and chooses a PIN", async () => {
  await pc.desk.openSettings("people");
  await window.click(id("add-person"));
  await window.type(id("staff-name"), OWNER.name);
  await window.type(id("staff-pin-new"), OWNER.pin);
  await window.type(id("staff-pin-again"), OWNER.pin);
  await picture("first");
  await spotless();
  await window.click(id("staff-save"));
  await until("the owner's row", async () => (await window.texts(id("staff-row"))).length === 1, 30_000);
  await window.reads(id("person"), new RegExp(OWNER.name));
});

test("a receptionist is entered and chooses hers", async () => {
  await window.click(id("add-person"));
  await window.type(id("staff-name"), CLERK.name);
  await window.click(id("staff-role-frontDesk"));
  await window.click(id("staff-save"));
  await window.shows(id("pin-new"), 30_000);
  await window.type(id("pin-new"), CLERK.pin);
  await window.type(id("pin-again"), CLERK.pin);
  await window.click(id("pin-save"));
  await until("the dialog to be gone", async () => !(await window.has(id("staff-dialog"))), 30_000);
  assert.equal((await window.texts(id("staff-row"))).length, 2);
  await picture("staff");
  await spotless();
});

test("at a change of shift nothing of any lead stays on the screen", async () => {
  await window.click(id("person"));
  await window.click(id("switch-person"));
  await window.shows(id("signed-out"), 30_000);
  const shown = await window.js("return document.documentElement.outerHTML");
  for (const text of [asked.name, asked.question]) assert.equal(shown.includes(text), false);
  await picture("tiles");
  await spotless();
});

test("a wrong PIN is told, and lets nobody in", async () => {
  await choose(CLERK);
  await tap("135792");
  await window.reads(id("pin-problem"), /\S/, 20_000);
  assert.equal(await window.has(FRAME), false);
  await picture("wrong-pin");
  await spotless();
});

test("the right one lets her in, fast", async () => {
  await until("the pad to be empty", () => window.has(`${id("pin-pad")}[data-typed="0"]`));
  const before = performance.now();
  await tap(CLERK.pin);
  await window.shows(FRAME, 30_000);
  await until("the rows", () => pc.desk.hasRow(asked.name));
  // told, not judged: this machine's load is not the clinic's
  console.log(`signed in ${Math.round(performance.now() - before)} ms after the first digit`);
  await window.reads(id("person"), new RegExp(CLERK.name));
});

test("a receptionist is offered no people, and manages no PC", async () => {
  await window.click(id("pane-settings"));
  await window.shows(id("section-about"));
  for (const section of ["people", "backups", "server"])
    assert.equal(await window.has(id(`section-${section}`)), false, section);
  await window.click(id("section-desks"));
  await window.shows(id("desks-readonly"), 30_000);
  for (const deed of ["desk-add", "desk-menu", "kit-drill"])
    assert.equal(await window.has(id(deed)), false, deed);
  assert.equal(await window.text(id("failure")), null);
  await picture("clerk-settings");
  await spotless();
});

test("what she does carries her name", async () => {
  await window.click(id("pane-leads"));
  await pc.desk.openLead(asked.name);
  await window.click(id("outcome-noAnswer"));
  await window.reads(id("record-state"), /Đang liên hệ/);
  await window.reads(id("timeline"), new RegExp(CLERK.name), 20_000);
  await picture("timeline");
});

test("after a restart nobody is here: the tiles, and no lead", async () => {
  await pc.desk.close();
  window = await pc.desk.open();
  await window.shows(id("signed-out"), 60_000);
  await until("both tiles", async () => (await window.texts(id("tile"))).length === 2);
  const shown = await window.js("return document.documentElement.outerHTML");
  for (const text of [asked.name, asked.question]) assert.equal(shown.includes(text), false);
});

test("the owner sends backups to a stick, makes one, and tries it", async () => {
  await choose(OWNER);
  await tap(OWNER.pin);
  await window.shows(FRAME, 30_000);
  await pc.desk.openSettings("backups");
  await window.click(id("backup-choose"));
  await window.click(`${id("drive")}[data-id="${stick}"]`);
  await window.reads(id("backup-place"), /USB/, 30_000);
  await until("the dialog to be gone", async () => !(await window.has(id("backup-place-dialog"))));
  await window.click(`${id("backup-now")}:not(:disabled)`);
  await window.shows(`${id("backup-drill")}:not(:disabled)`, 60_000);
  await window.click(`${id("backup-drill")}:not(:disabled)`);
  await window.reads(id("backup-status"), /Đã thử mở lại ngày .*: tốt/, 60_000);
  await until("the drill to end", () => window.has(`${id("backup-drill")}:not(:disabled)`), 60_000);
  await picture("backups");
  await spotless();
  assert.ok(readdirSync(stick, { recursive: true }).length > 0);
});

test("the backup comes back on a bare PC by the words", async () => {
  await pc.off();
  pc = undefined;
  rmSync(join(home, "pc1"), { recursive: true, force: true });
  bare = await Pc.make(home, "pc2", { more: { LETAN_DRIVES: stick }, settings: { lan: false } });
  window = await bare.desk.open();
  await window.click(id("start-backup"));
  await window.click(`${id("drive")}[data-id="${stick}"]`);
  await window.shows(id("backup-file"), 30_000);
  await picture("backup-files");
  await spotless();
  await window.click(id("backup-file"));
  await window.type(id("backup-words"), words.join(" "));
  await window.type(id("backup-branch"), "Cầu Giấy");
  await window.type(id("backup-desk"), "Quầy mới");
  await window.type(id("backup-person"), "Lan");
  await spotless();
  await window.click(id("backup-restore"));
  await window.shows(id("backup-report"), 120_000);
  await picture("restored");
  await spotless();
  await window.click(id("backup-start"));
  // whoever holds the words may look after the people; the next one signs in as always
  await window.shows(FRAME, 60_000);
  await until("the lead", () => bare.desk.hasRow(asked.name), 60_000);
  await window.click(id("lock"));
  await choose(OWNER);
  await tap(OWNER.pin);
  await window.shows(FRAME, 30_000);
  await bare.desk.openLead(asked.name);
  await window.reads(id("record-state"), /Đang liên hệ/);
  await window.reads(id("timeline"), new RegExp(CLERK.name));
});
