// Talking to the intake server: who it is, and handing a submission over
// until it is certain what became of it.
import { solve } from "./work";

/** The public description of the clinic, from `GET /v1/clinic`. */
export interface Clinic {
  claimed: boolean;
  clinic: string;
  name: string;
  epoch: number;
  intake_key: string;
  notice: { version: string; hash: string; text: string };
}

/** What became of a post. `unknown`: it may have arrived or not. */
export type Outcome =
  | { kind: "received" }
  | { kind: "conflict" }
  | { kind: "refused"; why: "busy" | "invalid" | "closed" }
  | { kind: "unknown" };

/** What the traps saw; travels beside the envelope, the server can't look inside. */
export interface Traps {
  trapped: boolean;
  fillMs: number;
}

const PATIENCE_MS = 20_000;
const PAUSES_MS = [1_000, 3_000];
const LONGEST_WAIT_S = 30;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function request(url: string, init: RequestInit): Promise<Response> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), PATIENCE_MS);
  try {
    return await fetch(url, {
      ...init,
      signal: abort.signal,
      credentials: "omit",
      referrerPolicy: "no-referrer",
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Asks the server who it is; throws when it can't be reached or isn't ready. */
export async function clinic(base: string): Promise<Clinic> {
  const response = await request(`${base}/v1/clinic`, { cache: "no-store" });
  if (!response.ok) throw new Error("clinic");
  const answer = (await response.json()) as Clinic;
  if (!answer.claimed) throw new Error("unclaimed");
  return answer;
}

interface Problem {
  type?: string;
  challenge?: string;
  bits?: number;
}

const problem = (response: Response): Promise<Problem> => response.json().catch(() => ({}));

const isProblem = (found: Problem, name: string) => found.type === `urn:letan:problem:${name}`;

/**
 * Hands the envelope over. The same bytes are sent again when the line breaks
 * (the server knows them by their id), proof of work is done when asked for.
 */
export async function deliver(base: string, envelope: Uint8Array, traps: Traps): Promise<Outcome> {
  let proof = "";
  let tries = 0;
  for (let rounds = 0; rounds < 8; rounds++) {
    let response: Response;
    try {
      response = await request(`${base}/v1/submissions`, {
        method: "POST",
        headers: {
          "content-type": "application/letan-sealed",
          "letan-fill-ms": String(traps.fillMs),
          "letan-trap": traps.trapped ? "1" : "0",
          ...(proof && { "letan-pow": proof }),
        },
        body: envelope as BodyInit,
      });
    } catch {
      if (tries >= PAUSES_MS.length) return { kind: "unknown" };
      await pause(PAUSES_MS[tries++]!);
      continue;
    }
    if (response.status === 202) return { kind: "received" };
    const found = await problem(response);
    if (isProblem(found, "proof-of-work") && found.challenge && found.bits) {
      try {
        proof = await solve(found.challenge, found.bits);
      } catch {
        return { kind: "refused", why: "busy" };
      }
      continue;
    }
    if (isProblem(found, "submission-conflict")) return { kind: "conflict" };
    if (isProblem(found, "not-claimed")) return { kind: "refused", why: "closed" };
    if (response.status < 500 && response.status !== 429) return { kind: "refused", why: "invalid" };
    const asked = Number(response.headers.get("retry-after") ?? 0);
    if (tries >= PAUSES_MS.length || asked > LONGEST_WAIT_S) return { kind: "refused", why: "busy" };
    await pause(Math.max(PAUSES_MS[tries++]!, asked * 1_000));
  }
  return { kind: "refused", why: "busy" };
}
