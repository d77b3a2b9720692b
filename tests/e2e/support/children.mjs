// Processes that a test starts: their output goes to a file, and none outlives the test.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
export const binary = (name) => join(process.env.LETAN_BINARIES ?? join(ROOT, "target/debug"), name);

const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** Starts a program with its output appended to `log`. */
export function start(program, args, { log, env = {}, stdin = "ignore" }) {
  const out = openSync(log, "a");
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: [stdin, out, out] });
  running.add(child);
  child.on("exit", () => running.delete(child));
  return child;
}

/** Ends a process and waits until it is gone. */
export async function stop(child, signal = "SIGTERM") {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill(signal);
  const hard = setTimeout(() => child.kill("SIGKILL"), 25_000);
  await gone;
  clearTimeout(hard);
}

/** Runs a program to its end: `{code, out}` with everything that it said. */
export function finish(program, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    child.stdout.on("data", (chunk) => (out += chunk));
    child.stderr.on("data", (chunk) => (out += chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out }));
  });
}

/** A TCP port that nobody listens on. */
export const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
