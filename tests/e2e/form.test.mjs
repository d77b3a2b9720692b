// The website's form in a real browser, against the real server of a clinic that was founded without a window.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "./support/children.mjs";
import { person } from "./support/people.mjs";
import { scene } from "./support/scene.mjs";
import { ask, askPlainly, fillIn, openForm, outcome, press, site, visitor } from "./support/visitor.mjs";

const AXE = readFileSync(join(ROOT, "ui/node_modules/axe-core/axe.min.js"), "utf8");
const THANKS = /Cảm ơn/;
let stage;
let browser;
let page;

before(async () => {
  stage = await scene("form");
  await stage.desk.found(stage.server);
  browser = await visitor(stage.home, "visitor");
  page = await site(stage.server.url, 'data-branch="Cầu Giấy"');
});
after(async () => {
  await browser?.quit();
  page?.close();
  await stage?.close();
});

test("a founded clinic's server says who it is and that it takes questions", async () => {
  const clinic = await stage.server.clinic();
  assert.equal(clinic.claimed, true);
  assert.equal(clinic.name, "Nha khoa Việt Smile");
  assert.match(clinic.notice.hash, /^[0-9a-f]{64}$/);
});

test("the embedded form sends a sealed question from a page with a strict policy", async () => {
  const sent = await ask(browser, page.url, person(0), ["zalo"]);
  assert.match(sent, THANKS);
  assert.deepEqual(await browser.js("return [document.cookie, localStorage.length, sessionStorage.length]"), [
    "",
    0,
    0,
  ]);
  assert.deepEqual(
    (await browser.complaints()).filter((line) => !/favicon/.test(line)),
    [],
  );
});

test("nothing is ticked before the visitor ticks it", async () => {
  await browser.go(`${stage.server.url}/v1/form.html`);
  assert.deepEqual(
    await browser.js("return [...document.querySelectorAll('[type=checkbox]')].map(b => b.checked)"),
    [false, false, false, false],
  );
});

test("the server's page upgrades itself and seals", async () => {
  await askPlainly(browser, stage.server.url, person(1));
  await browser.reads(".lt-status", THANKS);
  assert.match(await browser.js("return location.pathname"), /form\.html$/);
});

test("without scripts the same page posts plainly and says thanks", async () => {
  const plain = await visitor(stage.home, "plain", { scripts: false });
  try {
    await askPlainly(plain, stage.server.url, person(2), ["call"]);
    await plain.reads("body", THANKS);
  } finally {
    await plain.quit();
  }
});

test("axe finds nothing wrong with the form, embedded or not", async () => {
  for (const url of [page.url, `${stage.server.url}/v1/form.html`]) {
    await browser.go(url);
    await browser.shows(url === page.url ? "main > div" : "form");
    assert.deepEqual(await browser.axe(AXE), []);
  }
});

test("a broken line is told truthfully, the text stays, and a second press sends it", async () => {
  await openForm(browser, page.url);
  await stage.server.stop("SIGKILL");
  await fillIn(browser, person(3));
  assert.match(await outcome(browser), /vẫn còn ở đây/);
  await stage.server.start();
  await press(browser);
  assert.match(await outcome(browser, /^Cảm ơn/), THANKS);
});

test("a busy server asks the browser for work, and gets it", async () => {
  await stage.server.stop();
  await stage.server.start("--calm-posts-per-second", "0", "--pow-bits", "12");
  assert.match(await ask(browser, page.url, person(4)), THANKS);
});
