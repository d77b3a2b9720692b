// A PC of its own: a session bus, a keyring, a notification-less desktop and a desk that share nothing with any other PC.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { start, stop } from "./children.mjs";
import { Desk } from "./desk.mjs";
import { Keyring } from "./keyring.mjs";
import { until } from "./wait.mjs";

const BUS = fileURLToPath(new URL("../session-bus.conf", import.meta.url));

export class Pc {
  /** Switches a PC on for the first time; `more` is environment for its desk, `settings` its settings file. */
  static async make(folder, name, { more = {}, settings } = {}) {
    const pc = new Pc();
    pc.home = join(folder, name);
    mkdirSync(join(pc.home, "logs"), { recursive: true });
    const log = join(pc.home, "logs", "bus.log");
    writeFileSync(log, "");
    pc.bus = start("dbus-daemon", [`--config-file=${BUS}`, "--nofork", "--print-address=1"], { log });
    const address = await until("a session bus", () => /^unix:\S+/m.exec(readFileSync(log, "utf8"))?.[0]);
    const env = { DBUS_SESSION_BUS_ADDRESS: address };
    pc.keyring = new Keyring(pc.home, env);
    await pc.keyring.unlocked();
    pc.desk = new Desk(pc.home, { ...env, ...more });
    if (settings) {
      mkdirSync(pc.desk.data, { recursive: true });
      writeFileSync(join(pc.desk.data, "settings.json"), JSON.stringify(settings));
    }
    return pc;
  }

  /** Switches it off. */
  async off() {
    await this.desk.close();
    await this.keyring.close();
    await stop(this.bus);
  }
}
