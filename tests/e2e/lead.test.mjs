// The main job, whole: a clinic is founded in the window, a visitor asks, a clerk answers, and nothing gets lost.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "./support/children.mjs";
import { id } from "./support/desk.mjs";
import { person } from "./support/people.mjs";
import { scene } from "./support/scene.mjs";
import { ask, askPlainly, site, visitor } from "./support/visitor.mjs";
import { until } from "./support/wait.mjs";

const AXE = readFileSync(join(ROOT, "ui/node_modules/axe-core/axe.min.js"), "utf8");
const [scripted, plain, later] = [person(10), person(21), person(32)];
let stage;
let page;
let window;

before(async () => {
  stage = await scene("lead");
  page = await site(stage.server.url, 'data-branch="Cầu Giấy"');
});
after(async () => {
  page?.close();
  await stage?.close();
});

/** Opens the window; after a close, on the same data. */
const open = async () => (window = await stage.desk.open());

test("the wizard founds a clinic and insists on the recovery words", async () => {
  await open();
  await window.type(id("founding-clinic"), "Nha khoa Việt Smile");
  await window.type(id("founding-branch"), "Cầu Giấy");
  await window.type(id("founding-desk"), "Quầy 1");
  await window.type(id("founding-person"), "Lan");
  await window.click(id("founding-create"));
  await window.shows(id("kit-word"), 60_000);
  const words = await window.js(
    `return [...document.querySelectorAll('${id("kit-word")}')].map(e => e.textContent.trim().replace(/^\\d+\\W*/, ""))`,
  );
  assert.equal(words.length, 24);
  await stage.picture("kit");
  await window.click(id("kit-next"));
  await window.shows(id("kit-answer"));
  const asked = await window.js(
    `return [...document.querySelectorAll('${id("kit-answer")}')].map(e => Number(e.dataset.position))`,
  );
  assert.equal(asked.length, 3);
  for (const position of asked) {
    await window.type(`${id("kit-answer")}[data-position="${position}"]`, words[position - 1]);
  }
  await window.click(id("kit-check"));
});

test("the server is claimed with the code from its console", async () => {
  await window.shows(id("claim-url"));
  await window.type(id("claim-url"), stage.server.url);
  await window.type(id("claim-code"), await stage.server.setupCode());
  await window.click(id("claim-submit"));
  await window.shows(id("frame"), 30_000);
  assert.equal((await stage.server.clinic()).claimed, true);
  await stage.picture("empty");
});

test("a visitor's sealed question becomes a notification and a row", async () => {
  const browser = await visitor(stage.home, "visitor");
  try {
    assert.match(await ask(browser, page.url, scripted, ["zalo"]), /Cảm ơn/);
  } finally {
    await browser.quit();
  }
  await until("the row", () => stage.desk.hasRow(scripted.name), 60_000);
  await until("the notification", () => stage.desktop.notices.length > 0, 10_000);
  const told = JSON.stringify(stage.desktop.notices);
  for (const secret of [scripted.name, scripted.phone, scripted.question])
    assert.equal(told.includes(secret), false);
});

test("so does a question that was posted without scripts", async () => {
  const browser = await visitor(stage.home, "plain", { scripts: false });
  try {
    await askPlainly(browser, stage.server.url, plain, ["call"]);
    await browser.reads("body", /Cảm ơn/);
  } finally {
    await browser.quit();
  }
  await until("the row", () => stage.desk.hasRow(plain.name), 60_000);
  await stage.picture("rows");
});

test("the record shows the whole question, and the number only masked", async () => {
  await stage.desk.openLead(scripted.name);
  await window.reads(id("record-question"), new RegExp(scripted.question));
  const shown = await window.text(id("record"));
  assert.equal(shown.replace(/\s/g, "").includes(scripted.phone), false);
  assert.match(shown, /•/);
  await stage.picture("record");
});

test("an outcome and a note are on the record at once", async () => {
  await window.click(id("outcome-noAnswer"));
  await window.reads(id("record-state"), /Đang liên hệ/);
  await window.type(id("note"), "Gọi lại sau giờ làm");
  await window.click(id("save-note"));
  await window.reads(id("timeline"), /Gọi lại sau giờ làm/);
});

test("an outcome can be taken back", async () => {
  await window.click(id("outcome-declined"));
  await window.reads(id("record-state"), /Không có nhu cầu/);
  await window.click(id("undo"));
  await window.reads(id("record-state"), /Đang liên hệ/);
});

test("search needs no accents and finds digits in the middle of a number", async () => {
  const bare = scripted.name.normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/gi, "d").toLowerCase();
  for (const query of [bare, scripted.phone.slice(3, 8), scripted.name]) {
    await window.type(id("search"), query);
    await until(`only the right row for ${query}`, async () => {
      const rows = await stage.desk.rows();
      return rows.length === 1 && rows[0].includes(scripted.name);
    });
  }
  await window.type(id("search"), "khôngcóai");
  await until("no row", async () => (await stage.desk.rows()).length === 0);
  await window.type(id("search"), " ");
  await until("both rows", async () => (await stage.desk.rows()).length === 2);
});

test("axe finds nothing wrong with the pane", async () => {
  assert.deepEqual(await window.axe(AXE), []);
});

test("a second start shows the first window instead of a second one", async () => {
  const second = stage.desk.startAgain();
  await until("the second process to end", () => second.exitCode !== null, 20_000);
  assert.equal(second.exitCode, 0);
  assert.equal(await window.has(id("frame")), true);
});

test("after a restart everything is still there", async () => {
  await stage.desk.close();
  await open();
  await window.shows(id("frame"), 30_000);
  await stage.desk.openLead(scripted.name);
  await window.reads(id("record-state"), /Đang liên hệ/);
  await window.reads(id("timeline"), /Gọi lại sau giờ làm/);
  assert.equal(await stage.desk.hasRow(plain.name), true);
});

test("with the server down, work goes on and what is unsent is counted", async () => {
  await stage.server.stop();
  await stage.desk.openLead(plain.name);
  await window.click(id("outcome-answered"));
  await window.type(id("note"), "Làm việc lúc mất mạng");
  await window.click(id("save-note"));
  await window.reads(id("timeline"), /Làm việc lúc mất mạng/);
  await window.shows(`${id("sync-chip")}:not([data-unsent="0"])`, 60_000);
  await window.reads(id("sync-chip"), /vẫn làm việc bình thường.*\d+ mục chờ gửi/s, 60_000);
  await stage.picture("offline");
});

test("a restart without the server loses nothing of that", async () => {
  await stage.desk.close();
  await open();
  await window.shows(id("frame"), 30_000);
  await stage.desk.openLead(plain.name);
  await window.reads(id("timeline"), /Làm việc lúc mất mạng/);
});

test("when the server is back, everything is sent and new questions arrive", async () => {
  await stage.server.start();
  await stage.server.post(later);
  await until("the new row", () => stage.desk.hasRow(later.name), 120_000);
  await window.shows(`${id("sync-chip")}[data-unsent="0"]`, 60_000);
});
