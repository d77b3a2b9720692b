// The keychain and the lock file in every state that a clinic meets: always a clear screen, never a new key over old data.
import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { FRAME, id } from "./support/desk.mjs";
import { person } from "./support/people.mjs";
import { scene } from "./support/scene.mjs";
import { until } from "./support/wait.mjs";

let stage;
let words;

before(async () => {
  stage = await scene("trouble");
  const said = await stage.desk.found(stage.server);
  words = [...said.matchAll(/\d+\. ([a-z]+)/g)].map(([, word]) => word);
  assert.equal(words.length, 24);
  await stage.server.post(person(40));
});
after(() => stage?.close());

/** Opens the window and expects the screen of one trouble. */
async function expectTrouble(problem) {
  const window = await stage.desk.open();
  await window.shows(id(`trouble-${problem}`), 60_000);
  await stage.picture(problem);
  return window;
}

/** Sizes of what is sealed on disk: no trouble may shrink or replace it. */
const sealed = () =>
  Object.fromEntries(
    readdirSync(stage.desk.data).map((name) => [name, statSync(join(stage.desk.data, name)).ino]),
  );

test("a locked keychain is explained, and trying again after unlocking opens the clinic", async () => {
  await stage.keyring.locked();
  const window = await expectTrouble("locked");
  await stage.keyring.unlocked();
  await window.click(id("retry"));
  await window.shows(FRAME, 60_000);
  await until("the lead", () => stage.desk.hasRow(person(40).name), 60_000);
  await stage.desk.close();
});

test("without a keychain service nothing is opened, and trying again works", async () => {
  await stage.keyring.stop();
  const window = await expectTrouble("unavailable");
  await stage.keyring.unlocked();
  await window.click(id("retry"));
  await window.shows(FRAME, 60_000);
  await stage.desk.close();
});

test("a keychain that lost the key is never given a new one over the old data", async () => {
  await stage.keyring.forget();
  await stage.keyring.unlocked();
  const before = sealed();
  const window = await expectTrouble("missing");
  await window.click(id("retry"));
  await window.shows(id("trouble-missing"));
  const after = sealed();
  for (const name of Object.keys(before)) assert.equal(after[name], before[name], `${name} was replaced`);
});

test("the words on paper bring the clinic back", async () => {
  const { window } = stage.desk;
  await window.click(id("recover"));
  await window.type(id("recover-words"), words.join(" "));
  await window.type(id("recover-branch"), "Cầu Giấy");
  await window.type(id("recover-desk"), "Quầy 1 mới");
  await window.type(id("recover-person"), "Lan");
  await window.click(id("recover-do"));
  await window.shows(FRAME, 60_000);
  await until("the lead", () => stage.desk.hasRow(person(40).name), 60_000);
  await stage.picture("recovered");
});

test("and after a restart it opens by itself again", async () => {
  await stage.desk.close();
  const window = await stage.desk.open();
  await window.shows(FRAME, 60_000);
  await until("the lead", () => stage.desk.hasRow(person(40).name), 60_000);
});
