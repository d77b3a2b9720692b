// The real intake server as a child process; it can be stopped and started again at the same address.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { binary, freePort, start, stop } from "./children.mjs";
import { until } from "./wait.mjs";

export class Server {
  constructor(home, port) {
    this.data = join(home, "server");
    this.log = join(home, "logs", "intake.log");
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    mkdirSync(this.data, { recursive: true });
    mkdirSync(join(home, "logs"), { recursive: true });
  }

  static async launch(home) {
    const server = new Server(home, await freePort());
    await server.start();
    return server;
  }

  async start() {
    // A hundred visitors come from one address within a minute here.
    const args = [
      "--listen",
      `127.0.0.1:${this.port}`,
      "--data",
      this.data,
      "--allow-origin",
      "*",
      "--posts-per-minute",
      "0",
    ];
    this.child = start(binary("letan-intake"), args, { log: this.log });
    await until("the intake server", async () => (await fetch(`${this.url}/healthz`)).ok);
  }

  async stop(signal) {
    await stop(this.child, signal);
    this.child = undefined;
  }

  /** The one-time code that claims the server, from its console. */
  setupCode() {
    return until("the setup code", () => /setup code: (\S+)/.exec(readFileSync(this.log, "utf8"))?.[1]);
  }

  async clinic() {
    return (await fetch(`${this.url}/v1/clinic`)).json();
  }

  /** Posts a question the plain way, as the form without script does. */
  async post({ name, phone, question }, more = {}) {
    const body = new URLSearchParams({ name, phone, question, ...more });
    const response = await fetch(`${this.url}/v1/submissions`, { method: "POST", body });
    if (response.status !== 202) throw new Error(`post: ${response.status} ${await response.text()}`);
  }
}
