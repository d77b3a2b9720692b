// A visitor of the website: real Chromium on the form, with and without scripts.
import { createServer } from "node:http";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openChromium } from "./webdriver.mjs";
import { until } from "./wait.mjs";

/** A site of somebody else's, with a strict content security policy, that embeds the form. */
export async function site(intake, attributes = "") {
  const policy = `default-src 'none'; script-src ${intake}; connect-src ${intake}; require-trusted-types-for 'script'; base-uri 'none'; form-action 'none'`;
  const page = `<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Nha khoa</title></head>
    <body><main><h1>Niềng răng</h1><script src="${intake}/v1/form.js" ${attributes} defer></script></main></body></html>`;
  const server = createServer((_, response) => {
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy,
    });
    response.end(page);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/nieng-rang?gclid=quang-cao`,
    close: () => server.close(),
  };
}

/** Opens a browser for one visitor. */
export async function visitor(home, name, options = {}) {
  mkdirSync(join(home, "logs"), { recursive: true });
  // Not in a folder that is scanned for remnants: a visitor's own browser may remember what he typed.
  const profile = mkdtempSync(join(tmpdir(), "letan-visitor-"));
  const browser = await openChromium({
    profile,
    log: join(home, "logs", `chromium-${name}.log`),
    ...options,
  });
  browser.afterwards = () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  return browser;
}

const HOST = "main > div";
// The server holds back what was sent faster than people write.
const PERSON_MS = 3_500;

/** Lets the page grow as old as a person needs to fill it in. */
const takeTime = (browser) =>
  until("a person's pace", () => browser.js("return performance.now() > arguments[0]", PERSON_MS));

const inForm = (browser, script) =>
  browser.js(`const form = document.querySelector("${HOST}")?.shadowRoot; ${script}`);

/** Opens a page that embeds the form and waits until it is drawn. */
export async function openForm(browser, url) {
  await browser.go(url);
  await until("the form to be drawn", () => inForm(browser, `return !!form?.querySelector("form")`));
}

/** Presses the embedded form's button. */
export const press = async (browser) => browser.click("[type=submit]", await browser.shadow(HOST));

/** Fills in the embedded form and sends it. */
export async function fillIn(browser, { name, phone, question }, ticked = []) {
  const root = await browser.shadow(HOST);
  await browser.type("[name=name]", name, root);
  await browser.type("[name=phone]", phone, root);
  await browser.type("[name=question]", question, root);
  for (const channel of ticked) await browser.click(`[name=promo_${channel}]`, root);
  await takeTime(browser);
  await press(browser);
}

/** What the embedded form says about the sending, as soon as that matches. */
export const outcome = (browser, pattern = /./) =>
  until(
    `the form to say ${pattern}`,
    async () => {
      const said = await inForm(browser, `return form.querySelector(".lt-status")?.textContent ?? ""`);
      return pattern.test(said) && said;
    },
    60_000,
  );

/** A visitor from opening the page to the answer. */
export async function ask(browser, url, person, ticked) {
  await openForm(browser, url);
  await fillIn(browser, person, ticked);
  return outcome(browser);
}

/** Fills in and sends the server's own page. */
export async function askPlainly(browser, intake, { name, phone, question }, ticked = []) {
  await browser.go(`${intake}/v1/form.html`);
  await browser.type("[name=name]", name);
  await browser.type("[name=phone]", phone);
  await browser.type("[name=question]", question);
  for (const channel of ticked) await browser.click(`[name=promo_${channel}]`);
  await takeTime(browser);
  await browser.click("[type=submit]");
}
