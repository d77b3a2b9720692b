// A chain's PCs, whole: three of them in two branches, a server that fails, sticks, one PC cut off, all others lost.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { freePort, ROOT } from "./support/children.mjs";
import { FRAME, id } from "./support/desk.mjs";
import { Pc } from "./support/pc.mjs";
import { person } from "./support/people.mjs";
import { Server } from "./support/server.mjs";
import { until } from "./support/wait.mjs";

const AXE = readFileSync(join(ROOT, "ui/node_modules/axe-core/axe.min.js"), "utf8");
const PICTURES = join(ROOT, "target/e2e");
const CALM = /vẫn làm việc bình thường/;
const [fromWebsite, fromOne, fromTwo, fromThree] = [person(3), person(14), person(25), person(36)];
const everybody = [fromWebsite, fromOne, fromTwo, fromThree].map(({ name }) => name);

let home;
let stick;
let server;
let words;
const pcs = {};

before(async () => {
  mkdirSync(PICTURES, { recursive: true });
  home = mkdtempSync(join(PICTURES, "many-"));
  stick = join(home, "USB");
  mkdirSync(stick);
  server = await Server.launch(home);
  const [one, two] = [await freePort(), await freePort()];
  const near = (mine, other) => ({
    LETAN_DRIVES: stick,
    LETAN_LAN_LISTEN: `127.0.0.1:${mine}`,
    LETAN_LAN_PEERS: `127.0.0.1:${other}`,
  });
  pcs.one = await Pc.make(home, "pc1", { more: near(one, two) });
  pcs.two = await Pc.make(home, "pc2", { more: near(two, one) });
  pcs.three = await Pc.make(home, "pc3", { more: { LETAN_DRIVES: stick }, settings: { lan: false } });
});
after(async () => {
  for (const pc of Object.values(pcs)) await pc.off();
  await server?.stop();
  rmSync(home, { recursive: true, force: true });
});

const desk = (name) => pcs[name].desk;
const picture = (name, what) => desk(name).window.picture(join(PICTURES, `many-${what}.png`));
const spotless = async (name) => assert.deepEqual(await desk(name).window.axe(AXE), []);

/** Waits until a PC lists everybody named. */
const lists = (name, people, ms = 60_000) =>
  until(
    `${name} to list ${people}`,
    async () => {
      for (const who of people) if (!(await desk(name).hasRow(who))) return false;
      return true;
    },
    ms,
  );

const leads = async (name) => {
  await desk(name).window.click(id("pane-leads"));
  await desk(name).window.shows(id("new-lead"));
};

/** Makes an invitation on PC 1, up to the code on its screen. */
async function invite() {
  const { window } = desk("one");
  await desk("one").openSettings("desks");
  await window.click(id("desk-add"));
  await window.click(id("invite-make"));
  await window.shows(id("invite-code"), 30_000);
  return window;
}

/** From the digits on both screens to the joined PC's own window. */
async function admit(name) {
  const [{ window: inviter }, { window: joiner }] = [desk("one"), desk(name)];
  await inviter.shows(id("invite-digits"), 60_000);
  await joiner.shows(id("join-digits"), 60_000);
  const [left, right] = [await inviter.text(id("invite-digits")), await joiner.text(id("join-digits"))];
  assert.match(left, /^\d{8,}$/);
  assert.equal(right, left);
  await picture("one", `digits-${name}-inviter`);
  await picture(name, `digits-${name}-joiner`);
  await spotless("one");
  await spotless(name);
  await inviter.click(id("invite-same"));
  await inviter.shows(id("invite-joined"), 60_000);
  await inviter.click(id("invite-done"));
  await joiner.shows(FRAME, 60_000);
}

test("the first PC founds the clinic and gets a question from the website", async () => {
  const said = await desk("one").found(server);
  words = [...said.matchAll(/\d+\. ([a-z]+)/g)].map(([, word]) => word);
  assert.equal(words.length, 24);
  await server.post(fromWebsite);
  const window = await desk("one").open();
  await window.shows(FRAME, 30_000);
  await lists("one", [fromWebsite.name]);
});

test("a second PC joins by the typed code once both screens show the same digits", async () => {
  const window = await desk("two").open();
  await window.click(id("start-join"));
  const inviter = await invite();
  await picture("one", "invitation");
  await spotless("one");
  const code = (await inviter.text(id("invite-code")))
    .match(/.{1,4}/g)
    .join("-")
    .toLowerCase();
  await window.type(id("join-code"), code);
  await window.type(id("join-server"), server.url);
  await window.type(id("join-branch"), "Cầu Giấy");
  await window.type(id("join-desk"), "Quầy 2");
  await picture("two", "typed");
  await spotless("two");
  await window.click(id("join-go"));
  await admit("two");
  await lists("two", [fromWebsite.name]);
  await picture("two", "joined");
});

test("a third PC, in another branch, joins by the invitation on a stick", async () => {
  const inviter = await invite();
  await inviter.click(id("invite-stick"));
  await inviter.click(`${id("drive")}[data-id="${stick}"]`);
  await inviter.shows(id("invite-copied"));
  const window = await desk("three").open();
  await window.click(id("start-join"));
  await window.click(id("join-stick"));
  await window.click(`${id("drive")}[data-id="${stick}"]`);
  await window.shows(id("join-carried"));
  assert.equal(await window.has(id("join-server")), false, "the file names the server as well");
  await window.type(id("join-branch"), "Đống Đa");
  await window.type(id("join-desk"), "Quầy 3");
  await window.click(id("join-go"));
  await admit("three");
  await lists("three", [fromWebsite.name]);
});

test("the first PC lists all three, with their branches", async () => {
  const { window } = desk("one");
  await desk("one").openSettings("desks");
  await until("three PCs", async () => (await window.texts(id("desk-row"))).length === 3, 30_000);
  const rows = (await window.texts(id("desk-row"))).join("\n");
  for (const text of ["Quầy 1", "Quầy 2", "Quầy 3", "Cầu Giấy", "Đống Đa"])
    assert.match(rows, new RegExp(text));
  await picture("one", "desks");
  await spotless("one");
  await leads("one");
});

test("when the server is gone, all three say that work goes on", async () => {
  for (const name of ["one", "two", "three"])
    await desk(name).window.shows(`${id("sync-chip")}[data-unsent="0"]`, 60_000);
  await server.stop();
  for (const name of ["one", "two", "three"]) {
    await desk(name).window.reads(id("sync-chip"), CALM, 90_000);
    assert.equal(await desk(name).window.has(id("failure")), false);
  }
});

test("what one PC enters meanwhile is on its neighbour at once, and the other way round", async () => {
  const { window } = desk("one");
  await desk("one").addLead(fromOne);
  await desk("one").openLead(fromWebsite.name);
  await window.click(id("outcome-noAnswer"));
  await window.reads(id("record-state"), /Đang liên hệ/);
  await lists("two", [fromOne.name]);
  await desk("two").openLead(fromWebsite.name);
  await desk("two").window.reads(id("record-state"), /Đang liên hệ/, 30_000);

  await desk("two").addLead(fromTwo);
  await lists("one", [fromTwo.name]);
});

test("each record says where it has got to", async () => {
  await desk("one").openLead(fromOne.name);
  const { window } = desk("one");
  await window.shows(`${id("record-mark")}[data-where="elsewhere"]`, 60_000);
  await window.reads(id("record-mark"), /Đã sang máy khác/);
  await window.reads(id("sync-chip"), CALM);
  await picture("one", "outage");
  await spotless("one");

  await desk("three").addLead(fromThree);
  await desk("three").openLead(fromThree.name);
  await desk("three").window.shows(`${id("record-mark")}[data-where="onlyHere"]`, 30_000);
  assert.equal(await desk("three").hasRow(fromOne.name), false);
  await picture("three", "outage-alone");
});

test("a stick carries what no line carries, in both directions", async () => {
  await desk("one").carry("out", stick);
  await picture("one", "carried-out");
  await desk("three").carry("in", stick);
  await lists("three", [fromOne.name, fromTwo.name]);
  await desk("three").openLead(fromWebsite.name);
  await desk("three").window.reads(id("record-state"), /Đang liên hệ/);
  await desk("three").carry("out", stick);
  const said = await desk("two").carry("in", stick);
  assert.match(said, /1/);
  await lists("two", everybody);
  // and over the local network on to the first
  await lists("one", everybody);
});

test("a second import of the same stick brings nothing and breaks nothing", async () => {
  const before = await desk("two").states();
  await desk("two").carry("in", stick);
  assert.deepEqual(await desk("two").states(), before);
});

test("when the server is back, all three show the same and nothing is unsent", async () => {
  await server.start();
  for (const name of ["one", "two", "three"]) {
    await desk(name).window.shows(`${id("sync-chip")}[data-unsent="0"][data-state="synced"]`, 120_000);
    await lists(name, everybody);
  }
  const shown = await desk("one").states();
  assert.equal(shown.length, everybody.length);
  for (const name of ["two", "three"])
    await until(`${name} to show the same`, async () => {
      assert.deepEqual(await desk(name).states(), shown);
      return true;
    });
  await desk("one").openLead(fromThree.name);
  await desk("one").window.shows(`${id("record-mark")}[data-where="onServer"]`, 60_000);
});

test("a PC that is cut off says so, and keeps nothing", async () => {
  const files = () => readdirSync(desk("three").data);
  assert.ok(files().includes("letan.db"));
  const { window } = desk("one");
  await desk("one").openSettings("desks");
  const third = await until("the third PC's row", () =>
    window.js(
      `return [...document.querySelectorAll('${id("desk-row")}')].find(r => r.textContent.includes("Quầy 3"))?.dataset.id`,
    ),
  );
  const row = `${id("desk-row")}[data-id="${third}"]`;
  await window.click(`${row} ${id("desk-menu")}`);
  await window.click(`${row} ${id("desk-cut")}`);
  await window.shows(id("cut-off"));
  await picture("one", "cut-off");
  await spotless("one");
  await window.type(id("cut-confirm"), third.slice(-4));
  await window.click(id("cut-do"));
  await until("the PC to be cut off", async () => !(await window.has(id("cut-off"))), 60_000);
  await desk("three").window.shows(id("removed"), 120_000);
  assert.equal(await desk("three").window.has(id("failure")), false);
  await picture("three", "removed");
  await spotless("three");
  const left = files().filter(
    (file) => !["letan.lock", "log", "removed", "settings.json", "webview"].includes(file),
  );
  assert.deepEqual(left, []);
});

test("it can start anew, with the same four answers as a bare one", async () => {
  const { window } = desk("three");
  await window.click(id("start-anew"));
  await window.shows(id("start"), 30_000);
  assert.equal(await window.has(id("start-join")), true);
  await picture("three", "start");
  await spotless("three");
});

test("with every PC lost, a bare one gets everything back by the words and the server's address", async () => {
  const shown = await (async () => {
    await leads("one");
    await lists("one", everybody);
    return desk("one").states();
  })();
  for (const name of ["one", "two"]) {
    await pcs[name].off();
    rmSync(pcs[name].home, { recursive: true, force: true });
    delete pcs[name];
  }
  pcs.four = await Pc.make(home, "pc4");
  const window = await desk("four").open();
  await window.click(id("start-restore"));
  await window.type(id("restore-words"), words.join(" "));
  await window.type(id("restore-server"), server.url);
  await window.type(id("restore-branch"), "Cầu Giấy");
  await window.type(id("restore-desk"), "Quầy mới");
  await window.type(id("restore-person"), "Lan");
  await picture("four", "words");
  await spotless("four");
  await window.click(id("restore-do"));
  await window.shows(FRAME, 120_000);
  await lists("four", everybody);
  assert.deepEqual(await desk("four").states(), shown);
  await picture("four", "recovered");
});
