// The main job, whole: a clinic is founded in the window, a visitor asks, a clerk answers, and nothing gets lost.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "./support/children.mjs";
import { FRAME, id } from "./support/desk.mjs";
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
  await window.shows(id("start-found"), 30_000);
  await window.click(id("start-found"));
  await window.type(id("founding-clinic"), "Nha khoa Việt Smile");
  await window.type(id("founding-branch"), "Cầu Giấy");
  await window.click(id("founding-next"));
  await window.type(id("founding-desk"), "Quầy 1");
  await window.type(id("founding-person"), "Lan");
  await window.click(id("founding-found"));
  await window.shows(id("kit-word-24"), 60_000);
  const words = [];
  for (let n = 1; n <= 24; n++) words.push((await window.text(id(`kit-word-${n}`))).trim());
  await stage.picture("kit");
  await window.click(id("kit-done"));
  await window.shows('[data-testid^="kit-check-"]');
  const asked = await window.js(
    `return [...document.querySelectorAll('[data-testid^="kit-check-"]')].map(e => Number(e.dataset.testid.split("-")[2]))`,
  );
  assert.equal(asked.length, 3);
  for (const place of asked) await window.type(id(`kit-check-${place}`), "sai");
  await window.click(id("kit-check"));
  await window.shows(id("kit-wrong"));
  for (const place of asked) await window.type(id(`kit-check-${place}`), words[place - 1]);
  await window.click(id("kit-check"));
});

test("the server is claimed with the code from its console", async () => {
  await window.shows(id("server-address"));
  await window.type(id("server-address"), stage.server.url);
  await window.type(id("server-code"), await stage.server.setupCode());
  await window.click(id("server-connect"));
  await window.shows(id("founding-start"), 30_000);
  await window.click(id("founding-start"));
  await window.shows(FRAME, 30_000);
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

test("what a machine sends is held back, not lost", async () => {
  await stage.server.postBlindly(person(43));
  await window.reads(id("chip-suspect"), /1/, 60_000);
  assert.equal(await stage.desk.hasRow(person(43).name), false);
});

test("hostile text is only text, and the window reaches nothing outside", async () => {
  const hostile = {
    name: `<img src=x onerror="document.title='x'"> Ma`,
    phone: "0987654321",
    question: "</p><script>document.title='x'</script>\u202e\u0000",
  };
  await stage.server.post(hostile);
  await stage.desk.openLead("<img src=x");
  const found = await window.jsAsync(`const done = arguments[arguments.length - 1];
    let ran = "refused"; try { (0, eval)("1"); ran = "ran"; } catch {}
    const strange = document.querySelectorAll("img[src=x], p script").length;
    fetch("https://example.org/").then(() => "reached", () => "refused").then(net => done({ ran, net, strange, title: document.title }))`);
  assert.deepEqual({ ...found, title: "" }, { ran: "refused", net: "refused", strange: 0, title: "" });
  assert.notEqual(found.title, "x");
});

test("the record shows the whole question, and the number only masked", async () => {
  await stage.desk.openLead(scripted.name);
  await window.reads(id("record-question"), new RegExp(scripted.question));
  assert.match(await window.text(id("phone")), /•/);
  const shown = await window.js("return document.documentElement.outerHTML");
  assert.equal(shown.replace(/\s/g, "").includes(scripted.phone.slice(1)), false);
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
  await until("all rows", async () => (await stage.desk.rows()).length === 3);
});

test("axe finds nothing wrong with the pane", async () => {
  assert.deepEqual(await window.axe(AXE), []);
});

test("the screen locks and opens again", async () => {
  await window.click(id("lock"));
  await window.shows(id("locked"));
  assert.equal((await window.text("body")).includes(scripted.name), false);
  await window.click(id("unlock"));
  await window.shows(FRAME, 30_000);
  await until("the rows", () => stage.desk.hasRow(scripted.name));
});

test("a second start shows the first window instead of a second one", async () => {
  const second = stage.desk.startAgain();
  await until("the second process to end", () => second.exitCode !== null, 20_000);
  assert.equal(second.exitCode, 0);
  assert.equal(await window.has(FRAME), true);
});

test("after a restart everything is still there", async () => {
  await stage.desk.close();
  await open();
  await window.shows(FRAME, 30_000);
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
  await window.shows(FRAME, 30_000);
  await stage.desk.openLead(plain.name);
  await window.reads(id("timeline"), /Làm việc lúc mất mạng/);
});

test("when the server is back, everything is sent and new questions arrive", async () => {
  await stage.server.start();
  await stage.server.post(later);
  await until("the new row", () => stage.desk.hasRow(later.name), 120_000);
  await window.shows(`${id("sync-chip")}[data-unsent="0"]`, 60_000);
});
