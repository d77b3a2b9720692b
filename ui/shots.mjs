// Renders every screen × language × theme × size to ../target/shots, and fails on anything that
// axe-core reports, on console errors, and on text that is cut off or pushed out of the window.
//
//   node shots.mjs                 everything
//   node shots.mjs record,leads    only these screens
//   LANGS=vi THEMES=light SIZES=1280x800 node shots.mjs record
import { spawn, spawnSync } from "node:child_process";
import { createServer } from "node:http";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createSocket } from "node:net";
import { extname, join, resolve } from "node:path";

const here = import.meta.dirname;
const built = resolve(here, "../target/ui-fake");
const out = resolve(here, "../target/shots");
const list = (name, all) => (process.env[name] ? process.env[name].split(",") : all);
const LANGS = list("LANGS", ["vi", "en"]);
const THEMES = list("THEMES", ["light", "dark"]);
const SIZES = list("SIZES", ["1280x800", "1920x1080"]);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";
const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".woff2": "font/woff2",
  ".woff": "font/woff",
};

function build() {
  if (process.env.NOBUILD) return;
  const done = spawnSync("npx", ["vite", "build", "--logLevel", "warn"], {
    cwd: here,
    env: { ...process.env, VITE_BACKEND: "fake" },
    stdio: "inherit",
  });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

/** Serves the build with the policy of the real window, so that a forbidden style shows here. */
function serve() {
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://x").pathname;
    const file = join(built, path === "/" ? "index.html" : path);
    try {
      const body = readFileSync(file);
      response.writeHead(200, {
        "content-type": TYPES[extname(file)] ?? "application/octet-stream",
        "content-security-policy": CSP,
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

const freePort = () =>
  new Promise((done) => {
    const socket = createSocket().listen(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => done(port));
    });
  });

/** A W3C WebDriver client, as small as it can be. */
async function drive() {
  const port = await freePort();
  const driver = spawn("chromedriver", [`--port=${port}`, "--silent"], { stdio: "ignore" });
  const call = async (method, path, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { "content-type": "application/json" },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    });
    const { value } = await answer.json();
    if (value?.error) throw new Error(`${value.error}: ${value.message}`);
    return value;
  };
  for (let n = 0; ; n++) {
    try {
      await call("GET", "/status");
      break;
    } catch (error) {
      if (n > 100) throw error;
      await sleep(100);
    }
  }
  const args = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--lang=vi",
  ];
  const { sessionId } = await call("POST", "/session", {
    capabilities: {
      alwaysMatch: {
        browserName: "chrome",
        "goog:chromeOptions": { args },
        "goog:loggingPrefs": { browser: "ALL" },
      },
    },
  });
  const session = `/session/${sessionId}`;
  return {
    go: (url) => call("POST", `${session}/url`, { url }),
    js: (script, ...args) => call("POST", `${session}/execute/sync`, { script, args }),
    jsAsync: (script, ...args) => call("POST", `${session}/execute/async`, { script, args }),
    log: () => call("POST", `${session}/se/log`, { type: "browser" }),
    /** The page's own size, without a frame around it. */
    size: (width, height) =>
      call("POST", `${session}/goog/cdp/execute`, {
        cmd: "Emulation.setDeviceMetricsOverride",
        params: { width, height, deviceScaleFactor: 1, mobile: false },
      }),
    shot: async (file) => writeFileSync(file, await call("GET", `${session}/screenshot`), "base64"),
    quit: async () => {
      await call("DELETE", session).catch(() => undefined);
      driver.kill();
    },
  };
}

// Text may end in an ellipsis only where the design says so (.cut, and the list boxes); anything
// else that does not fit its box, and anything beyond the window's edge, is an error.
const CUT = `
  const bad = [];
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth + 1) bad.push("page wider than the window: " + root.scrollWidth);
  const inScroller = (e) => { for (let p = e.parentElement; p; p = p.parentElement) { const s = getComputedStyle(p); if (/(auto|scroll)/.test(s.overflowY + s.overflowX)) return true; } return false; };
  for (const e of document.querySelectorAll("body *")) {
    if (!e.checkVisibility({ checkOpacity: false, checkVisibilityCSS: true })) continue;
    if (e.closest(".visually-hidden, .cut, [aria-hidden=true], svg, option")) continue;
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    const field = e.matches("input, textarea");
    if (!own && !field) continue;
    const box = e.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;
    const name = e.tagName.toLowerCase() + "." + e.className + " “" + (e.textContent || e.placeholder || "").trim().slice(0, 50) + "”";
    if (box.right > innerWidth + 1 || box.left < -1) bad.push("beyond the edge: " + name);
    if ((box.bottom > innerHeight + 1 || box.top < -1) && !inScroller(e)) bad.push("below the edge: " + name);
    const style = getComputedStyle(e);
    if (!field && e.scrollWidth > e.clientWidth + 1 && style.display !== "inline" && style.overflowX !== "visible") bad.push("cut: " + name);
    if (!field && e.tagName !== "SELECT" && style.display !== "inline" && e.scrollWidth > e.clientWidth + 2 && style.overflowX === "visible") bad.push("spills: " + name);
    if (parseFloat(style.fontSize) < 15) bad.push("smaller than 15 px: " + name);
    const up = e.parentElement && e.parentElement.getBoundingClientRect();
    if (up && e.parentElement.matches("button, .pill, .chip") && (box.right > up.right + 1 || box.left < up.left - 1)) bad.push("spills out of its button: " + name);
  }
  return [...new Set(bad)].slice(0, 8);
`;
const AXE = `
  const done = arguments[arguments.length - 1];
  axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
    .then((r) => done(r.violations.flatMap((v) => v.nodes.slice(0, 3).map((n) => v.id + ": " + n.target.join(" ") + " " + (n.any[0]?.message ?? n.failureSummary ?? "").slice(0, 160)))), (e) => done([String(e)]));
`;

build();
mkdirSync(out, { recursive: true });
const axe = readFileSync(resolve(here, "node_modules/axe-core/axe.min.js"), "utf8");
const server = await serve();
const base = `http://127.0.0.1:${server.address().port}/`;
const page = await drive();
const problems = [];
let count = 0;
try {
  await page.go(base);
  for (let n = 0; n < 100 && !(await page.js("return !!document.documentElement.dataset.ready")); n++)
    await sleep(50);
  const names = process.argv[2]?.split(",") ?? (await page.js("return globalThis.screenNames"));
  await page.log();
  for (const size of SIZES) {
    const [width, height] = size.split("x").map(Number);
    await page.size(width, height);
    for (const name of names)
      for (const lang of LANGS)
        for (const theme of THEMES) {
          const id = `${name}-${lang}-${theme}-${size}`;
          await page.go(`${base}?screen=${name}&lang=${lang}&theme=${theme}`);
          for (let n = 0; !(await page.js("return !!document.documentElement.dataset.ready")); n++) {
            if (n > 200) {
              problems.push(`${id}: never ready`);
              break;
            }
            await sleep(25);
          }
          await page.jsAsync("const d = arguments[0]; document.fonts.ready.then(() => setTimeout(d, 140))");
          await page.shot(join(out, `${id}.png`));
          count++;
          const found = [
            ...(await page.log())
              .filter((line) => line.level === "SEVERE" && !line.message.includes("favicon"))
              .map((line) => line.message),
            ...(await page.js(CUT)),
          ];
          await page.js(axe);
          found.push(...(await page.jsAsync(AXE)));
          for (const one of found) problems.push(`${id}: ${one}`);
        }
  }
} finally {
  await page.quit();
  server.close();
}
console.log(`${count} pictures in target/shots, ${problems.length} problems`);
for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
