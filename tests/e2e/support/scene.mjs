// One clinic for one test file: a home folder, a keyring, a notification service, a server, a desk.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./children.mjs";
import { Desk } from "./desk.mjs";
import { Keyring } from "./keyring.mjs";
import { listen } from "./notifications.mjs";
import { Server } from "./server.mjs";

const PICTURES = join(ROOT, "target/e2e");
mkdirSync(PICTURES, { recursive: true });

/** Sets everything up; `t.after` of the caller's suite must call `close`. */
export async function scene(name) {
  const home = mkdtempSync(join(PICTURES, `${name}-`));
  const keyring = new Keyring(home);
  await keyring.unlocked();
  const desktop = listen();
  await desktop.ready;
  const server = await Server.launch(home);
  const desk = new Desk(home);
  return {
    ...{ home, keyring, desktop, server, desk },
    picture: (what) => desk.window.picture(join(PICTURES, `${name}-${what}.png`)),
    async close({ keep = false } = {}) {
      await desk.close();
      await server.stop();
      desktop.close();
      await keyring.close();
      if (!keep) rmSync(home, { recursive: true, force: true });
    },
  };
}
