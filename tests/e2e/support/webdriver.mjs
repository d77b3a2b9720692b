// A small WebDriver client over plain fetch; speaks to WebKitWebDriver (the window) and chromedriver (a visitor).
import { writeFileSync } from "node:fs";
import { start, stop, freePort } from "./children.mjs";
import { until } from "./wait.mjs";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const SHADOW = "shadow-6066-11e4-a52e-4f735466cecf";

async function call(base, method, path, body, ms = 60_000) {
  const response = await fetch(base + path, {
    method,
    headers: { "content-type": "application/json" },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(ms),
  });
  const { value } = await response.json();
  if (value?.error) throw Object.assign(new Error(`${value.error}: ${value.message}`), { code: value.error });
  return value;
}

/** A running browser or window. Selectors are CSS. */
export class Session {
  constructor(base, id, driver) {
    Object.assign(this, { base, path: `/session/${id}`, driver });
  }

  command(method, path, body, ms) {
    return call(this.base, method, this.path + path, body, ms);
  }

  js(script, ...args) {
    return this.command("POST", "/execute/sync", { script, args });
  }

  jsAsync(script, ...args) {
    return this.command("POST", "/execute/async", { script, args });
  }

  go(url) {
    return this.command("POST", "/url", { url });
  }

  /** Reference of an element; with `within`, inside that element's shadow root. */
  async find(css, within) {
    const place = within ? `/shadow/${within}` : "";
    const found = await this.command("POST", `${place}/element`, { using: "css selector", value: css });
    return found[ELEMENT];
  }

  async shadow(css) {
    return (await this.command("GET", `/element/${await this.find(css)}/shadow`))[SHADOW];
  }

  /** Clicks as soon as it is there; a list or a toast may be drawn anew in between. */
  async click(css, within) {
    await until(`${css} to be clicked`, async () => {
      await this.command("POST", `/element/${await this.find(css, within)}/click`, {});
      return true;
    });
  }

  /** Types as a person does, after emptying the field. */
  async type(css, text, within) {
    const element = await this.find(css, within);
    await this.command("POST", `/element/${element}/clear`, {});
    await this.command("POST", `/element/${element}/value`, { text });
  }

  /** Presses keys wherever the focus is; `keys` may hold chords such as "Control+f". */
  async press(...keys) {
    const names = {
      Control: "\uE009",
      Shift: "\uE008",
      Alt: "\uE00A",
      Enter: "\uE007",
      Escape: "\uE00C",
      Tab: "\uE004",
    };
    names.ArrowDown = "\uE015";
    names.ArrowUp = "\uE013";
    for (let n = 1; n <= 12; n++) names[`F${n}`] = String.fromCharCode(0xe030 + n);
    const actions = keys.flatMap((chord) => {
      const parts = chord.split("+").map((part) => names[part] ?? part);
      return [
        ...parts.map((value) => ({ type: "keyDown", value })),
        ...parts.reverse().map((value) => ({ type: "keyUp", value })),
      ];
    });
    await this.command("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  /** Text of the first match, transitions or not (WebDriver's own answer is "" while something fades in). */
  text(css) {
    return this.js("return document.querySelector(arguments[0])?.textContent ?? null", css);
  }

  texts(css) {
    return this.js("return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", css);
  }

  has(css) {
    return this.js("return !!document.querySelector(arguments[0])", css);
  }

  shows(css, ms) {
    return until(`${css} on the screen`, () => this.has(css), ms);
  }

  /** Waits until the text of `css` matches. */
  async reads(css, pattern, ms) {
    let last;
    const found = until(
      `${css} to read ${pattern}`,
      async () => pattern.test((last = (await this.text(css)) ?? "")),
      ms,
    );
    await found.catch((error) => {
      error.message += `; it reads ${JSON.stringify(last?.slice(0, 300))}`;
      throw error;
    });
    return last;
  }

  async picture(file) {
    // Without a card WebKit answers only with the next painted frame, and an idle page paints none: nudge it.
    await this.js(`let n = 0; const s = document.documentElement.style;
      const t = setInterval(() => { s.opacity = ++n % 2 ? "0.9999" : ""; if (n > 20) { clearInterval(t); s.opacity = ""; } }, 30)`);
    writeFileSync(file, await this.command("GET", "/screenshot"), "base64");
  }

  /** What axe-core finds wrong, as `rule: target` lines. */
  async axe(source) {
    await this.js(source);
    return this.jsAsync(`const done = arguments[arguments.length - 1];
      axe.run(document).then(r => done(r.violations.map(v => v.id + ": " + v.nodes.map(n => n.target.join(" ")).join(", "))), e => done([String(e)]))`);
  }

  /** What the browser itself complained about since the last call (Chromium only). */
  async complaints() {
    const lines = await this.command("POST", "/se/log", { type: "browser" });
    return lines.filter(({ level }) => level === "SEVERE").map(({ message }) => message);
  }

  async quit() {
    await this.command("DELETE", "", undefined, 10_000).catch(() => undefined);
    await stop(this.driver);
    this.afterwards?.();
  }
}

async function open(program, args, capabilities, { log, env }) {
  const port = await freePort();
  const driver = start(program, [`--port=${port}`, ...args], { log, env });
  const base = `http://127.0.0.1:${port}`;
  await until(`${program} to answer`, () => call(base, "GET", "/status"));
  try {
    const { sessionId } = await call(
      base,
      "POST",
      "/session",
      { capabilities: { alwaysMatch: capabilities } },
      90_000,
    );
    return new Session(base, sessionId, driver);
  } catch (error) {
    await stop(driver);
    throw error;
  }
}

/** The desktop application under WebKitWebDriver. */
export const openWindow = (app, options) =>
  open(
    "WebKitWebDriver",
    ["--host=127.0.0.1"],
    { "webkitgtk:browserOptions": { binary: app, args: options.args ?? [] } },
    {
      ...options,
      env: { TAURI_WEBVIEW_AUTOMATION: "true", ...options.env },
    },
  );

/** A visitor's browser; without scripts if asked. */
export const openChromium = ({ scripts = true, ...options }) => {
  const args = [
    "--headless=new",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    `--user-data-dir=${options.profile}`,
  ];
  if (process.getuid() === 0) args.push("--no-sandbox"); // Chromium refuses its sandbox to root
  const prefs = scripts
    ? {}
    : {
        "profile.managed_default_content_settings.javascript": 2,
        "webkit.webprefs.javascript_enabled": false,
      };
  return open(
    "chromedriver",
    [],
    { browserName: "chrome", "goog:loggingPrefs": { browser: "ALL" }, "goog:chromeOptions": { args, prefs } },
    options,
  );
};
