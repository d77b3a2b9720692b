// A front-desk PC: its data folder, its webview's folders, and the real window on them.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { binary, finish, start, stop } from "./children.mjs";
import { until } from "./wait.mjs";
import { openWindow } from "./webdriver.mjs";

/** CSS for a data-testid. */
export const id = (name) => `[data-testid="${name}"]`;

/** There as soon as a clinic is open: the search box. */
export const FRAME = id("search");

export class Desk {
  /** `more`: environment beside the folders. */
  constructor(home, more = {}) {
    this.home = home;
    this.data = join(home, "desk");
    this.log = join(home, "logs", "le-tan.log");
    this.env = {
      LETAN_DATA_DIR: this.data,
      XDG_CONFIG_HOME: join(home, "config"),
      XDG_DATA_HOME: join(home, "share"),
      XDG_CACHE_HOME: join(home, "cache"),
      RUST_BACKTRACE: "1",
      ...more,
    };
    for (const folder of [
      join(home, "logs"),
      this.env.XDG_CONFIG_HOME,
      this.env.XDG_DATA_HOME,
      this.env.XDG_CACHE_HOME,
    ]) {
      mkdirSync(folder, { recursive: true });
    }
  }

  /** Opens the window; `window.quit()` closes it. */
  async open() {
    this.window = await openWindow(binary("le-tan"), { log: this.log, env: this.env });
    await this.window.shows("#app *", 30_000);
    return this.window;
  }

  /** Ends the program as a logout does: closing its window alone may leave it in the tray. */
  async close() {
    const running = this.processes();
    for (const pid of running) process.kill(pid, "SIGTERM");
    await until("the program to end", () => this.processes().length === 0, 30_000);
    await this.window?.quit();
    this.window = undefined;
  }

  /** Ids of the processes that run on this desk's data. */
  processes() {
    const mark = `LETAN_DATA_DIR=${this.data}\0`;
    return readdirSync("/proc")
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number)
      .filter((pid) => {
        try {
          const program = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0];
          return program.endsWith("le-tan") && readFileSync(`/proc/${pid}/environ`, "utf8").includes(mark);
        } catch {
          return false; // it ended while we looked
        }
      });
  }

  /** Starts the program a second time, without WebDriver. */
  startAgain() {
    return start(binary("le-tan"), [], { log: this.log, env: this.env });
  }

  /** Founds and claims without a window. */
  async found(server, { branch = "Cầu Giấy", person = "Lan", desk = "Quầy 1" } = {}) {
    const { code, out } = await finish(
      binary("le-tan"),
      [
        ...[
          "found",
          "--clinic",
          "Nha khoa Việt Smile",
          "--branch",
          branch,
          "--desk",
          desk,
          "--person",
          person,
        ],
        ...["--server", server.url, "--code", await server.setupCode()],
      ],
      this.env,
    );
    if (code !== 0) throw new Error(`found: ${out}`);
    return out;
  }

  row(name) {
    return `[data-testid="lead-row"][aria-label*="${name}"]`;
  }

  /** Opens the record of the first row that shows `name`. */
  async openLead(name) {
    const { window } = this;
    await until(`a row for ${name}`, () => this.hasRow(name), 60_000);
    await window.js(
      `[...document.querySelectorAll('${id("lead-row")}')].find(r => r.textContent.includes(arguments[0])).click()`,
      name,
    );
    await window.reads(id("record-name"), new RegExp(name));
  }

  hasRow(name) {
    return this.window.js(
      `return [...document.querySelectorAll('${id("lead-row")}')].some(r => r.textContent.includes(arguments[0]))`,
      name,
    );
  }

  /** Enters somebody by hand, as at the counter. */
  async addLead({ name, phone, question }) {
    const { window } = this;
    if (!(await window.has(id("new-lead")))) await window.click(id("pane-leads"));
    await window.click(id("new-lead"));
    await window.shows(id("new-form"));
    await window.type(id("new-name"), name);
    await window.type(id("new-phone"), phone);
    await window.type(id("new-question"), question);
    await window.type(id("new-basis-note"), "Khách nói tại quầy");
    await window.click(id("new-save"));
    await until(`a row for ${name}`, () => this.hasRow(name), 30_000);
  }

  /** Opens one section of the settings. */
  async openSettings(section) {
    await this.window.click(id("pane-settings"));
    await this.window.click(id(`section-${section}`));
    await this.window.shows(`${id(`section-${section}`)}[aria-current="page"]`);
  }

  /** Writes everything to a stick ("out") or reads it from there ("in"); what the window says of it. */
  async carry(way, stick) {
    const { window } = this;
    await window.click(id("sync-chip"));
    await window.click(id(`stick-${way}`));
    await window.click(`${id("drive")}[data-id="${stick}"]`);
    await window.shows(id("stick-report"), 60_000);
    const said = await window.text(id("stick-report"));
    await window.click(id("stick-close"));
    await until("the dialog to be gone", async () => !(await window.has(id("stick"))));
    return said;
  }

  /** `name: state` of every row, sorted. */
  async states() {
    const rows = await this.window.js(
      `return [...document.querySelectorAll('${id("lead-row")}')].map(row =>
        [".name", ".state"].map(part => row.querySelector(part).textContent.trim()).join(": "))`,
    );
    return rows.sort();
  }

  /** Names in the list, top to bottom. */
  rows() {
    return this.window.texts(id("lead-row"));
  }
}

export { stop };
