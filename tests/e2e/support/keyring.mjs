// A Secret Service of the test's own, on the test's own bus: open, locked, or not there.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { finish, start, stop } from "./children.mjs";
import { until } from "./wait.mjs";

const PASSWORD = "mở khoá"; // never empty: gnome-keyring makes no keyring for an empty one

const owned = async (env) => {
  const ask = [
    "--session",
    "--print-reply",
    "--dest=org.freedesktop.DBus",
    "/",
    "org.freedesktop.DBus.NameHasOwner",
  ];
  const answer = await finish("dbus-send", [...ask, "string:org.freedesktop.secrets"], env);
  return answer.out.includes("boolean true");
};

/** One keyring file and the service that reads it. */
export class Keyring {
  /** `bus`: environment that names another session bus than the test's own. */
  constructor(home, bus = {}) {
    this.bus = bus;
    this.data = join(home, "keyring");
    this.log = join(home, "keyring.log");
    this.runtime = mkdtempSync(join(tmpdir(), "letan-keyring-"));
    mkdirSync(this.data, { recursive: true });
  }

  async start(args, password) {
    await this.stop();
    const env = { XDG_DATA_HOME: this.data, XDG_RUNTIME_DIR: this.runtime, ...this.bus };
    this.service = start("gnome-keyring-daemon", ["--foreground", "--components=secrets", ...args], {
      log: this.log,
      env,
      stdin: password ? "pipe" : "ignore",
    });
    if (password) this.service.stdin.end(password);
    await until("the Secret Service", () => owned(this.bus));
  }

  unlocked() {
    return this.start(["--unlock"], PASSWORD);
  }

  /** The service runs, its keyring exists, nobody gave the password. */
  locked() {
    return this.start(["--start"]);
  }

  async stop() {
    await stop(this.service);
    await until("the Secret Service to be gone", async () => !(await owned(this.bus)));
  }

  /** Everything in the keyring is lost, as after a reinstalled system. */
  async forget() {
    await this.stop();
    rmSync(this.data, { recursive: true, force: true });
    mkdirSync(this.data, { recursive: true });
  }

  async close() {
    await this.stop();
    rmSync(this.runtime, { recursive: true, force: true });
  }
}
