// Nothing that a visitor wrote lies readable in any file of the desk, the server, the webview or the logs.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { FRAME, id } from "./support/desk.mjs";
import { people } from "./support/people.mjs";
import { phoneSpellings, Scanner, spellings } from "./support/scan.mjs";
import { scene } from "./support/scene.mjs";
import { ask, site, visitor } from "./support/visitor.mjs";
import { until } from "./support/wait.mjs";

const crowd = people(100);
const needles = crowd.flatMap(({ name, phone, question }) => [
  ...spellings(name),
  ...phoneSpellings(phone),
  ...spellings(question),
]);
const scanner = new Scanner(needles);
let stage;
let page;

before(async () => {
  stage = await scene("remnants");
  await stage.desk.found(stage.server);
  page = await site(stage.server.url);
});
after(async () => {
  page?.close();
  await stage?.close();
});

test("a hundred visitors ask, a clerk works on it, the PC is shut down", async () => {
  const browser = await visitor(stage.home, "visitor");
  try {
    for (const asking of crowd.slice(0, 3))
      assert.match(await ask(browser, page.url, asking, ["sms"]), /Cảm ơn/);
  } finally {
    await browser.quit();
  }
  for (const asking of crowd.slice(3)) await stage.server.post(asking, { promo_zalo: true });
  const window = await stage.desk.open();
  await window.shows(FRAME, 30_000);
  const last = crowd.at(-1);
  await window.type(id("search"), last.name);
  await until("the last visitor's row", () => stage.desk.hasRow(last.name), 120_000);
  await stage.desk.openLead(last.name);
  await window.click(id("outcome-noAnswer"));
  await window.type(id("note"), crowd[0].question);
  await window.click(id("save-note"));
  await window.reads(id("timeline"), new RegExp(crowd[0].question));
  await window.shows(`${id("sync-chip")}[data-unsent="0"]`, 60_000);
});

test("no file holds any of it, while everything runs and after it has stopped", async () => {
  const running = scanner.folders(stage.home);
  assert.deepEqual(running.hits, []);
  await stage.desk.close();
  await stage.server.stop();
  const stopped = scanner.folders(stage.home);
  assert.deepEqual(stopped.hits, []);
  assert.ok(stopped.files > 10 && stopped.bytes > 100_000, `only ${stopped.files} files were looked at`);
});

test("the scan would have found it: every spelling of one visitor is seen in a file", () => {
  const planted = [crowd[7].name, crowd[7].question]
    .flatMap(spellings)
    .concat(phoneSpellings(crowd[7].phone));
  const folder = join(stage.home, "planted");
  mkdirSync(folder);
  writeFileSync(join(folder, "file"), Buffer.from(planted.join("\n"), "latin1"));
  const seen = new Set(
    scanner.folders(stage.home).hits.map((hit) => JSON.parse(hit.slice(hit.indexOf(": ") + 2))),
  );
  assert.ok(planted.length > 100);
  assert.deepEqual(
    planted.filter((spelling) => !seen.has(spelling)),
    [],
  );
});
