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

  /** Starts it; `flags` beyond those that a hundred visitors from one address need. */
  async start(...flags) {
    const calm = ["--posts-per-minute", "0", "--calm-posts-per-second", "100000"];
    const args = ["--listen", `127.0.0.1:${this.port}`, "--data", this.data, "--allow-origin", "*"];
    this.child = start(binary("letan-intake"), [...args, ...(flags.length ? flags : calm)], {
      log: this.log,
    });
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

  /** Posts a question as another program would. */
  post(person, more = {}) {
    return this.send("application/json", JSON.stringify({ ...person, ...more }));
  }

  /** Posts a form that nobody has opened before: as a machine does. */
  postBlindly(person) {
    return this.send("application/x-www-form-urlencoded", new URLSearchParams(person).toString());
  }

  async send(type, body) {
    const response = await fetch(`${this.url}/v1/submissions`, {
      method: "POST",
      headers: { "content-type": type },
      body,
    });
    if (response.status !== 202) throw new Error(`post: ${response.status} ${await response.text()}`);
  }
}
