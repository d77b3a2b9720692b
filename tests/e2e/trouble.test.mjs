// The keychain and the lock file in every state that a clinic meets: always a clear screen, never a new key over old data.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { id } from "./support/desk.mjs";
import { person } from "./support/people.mjs";
import { scene } from "./support/scene.mjs";
import { until } from "./support/wait.mjs";

let stage;

before(async () => {
  stage = await scene("trouble");
  await stage.desk.found(stage.server);
  await stage.server.post(person(40));
});
after(() => stage?.close());

const trouble = (problem) => `${id("trouble")}[data-problem="${problem}"]`;

/** Opens the window and expects the screen of one trouble; the data stay as they are. */
async function expectTrouble(problem) {
  const files = readdirSync(stage.desk.data).sort();
  const window = await stage.desk.open();
  await window.shows(trouble(problem), 60_000);
  await stage.picture(problem);
  assert.deepEqual(
    readdirSync(stage.desk.data).filter((name) => /\.(db|sqlite|vault)$/.test(name)),
    files.filter((name) => /\.(db|sqlite|vault)$/.test(name)),
  );
  return window;
}

test("a locked keychain is explained, and trying again after unlocking opens the clinic", async () => {
  await stage.keyring.locked();
  const window = await expectTrouble("keychain-locked");
  await stage.keyring.unlocked();
  await window.click(id("trouble-retry"));
  await window.shows(id("frame"), 60_000);
  await until("the lead", () => stage.desk.hasRow(person(40).name), 60_000);
  await stage.desk.close();
});

test("without a keychain service nothing is opened, and trying again works", async () => {
  await stage.keyring.stop();
  const window = await expectTrouble("keychain-unavailable");
  await stage.keyring.unlocked();
  await window.click(id("trouble-retry"));
  await window.shows(id("frame"), 60_000);
  await stage.desk.close();
});

test("a keychain that lost the key is never given a new one", async () => {
  await stage.keyring.forget();
  await stage.keyring.unlocked();
  await expectTrouble("keychain-missing");
  await stage.desk.close();
});
