// Proof of work: a busy server asks for a little computing before it takes a post.
import { sha256 } from "@noble/hashes/sha2.js";
import { ascii } from "./bytes";

/** The most work this form does: seconds on a phone, not minutes. */
export const MOST_BITS = 22;
const SLICE_MS = 12;

/** Leading zero bits of a hash. */
export function zeroBits(hash: Uint8Array): number {
  let bits = 0;
  for (const byte of hash) {
    if (byte) return bits + Math.clz32(byte) - 24;
    bits += 8;
  }
  return bits;
}

/**
 * Finds the counter that makes SHA-256 of `challenge:counter` begin with
 * `bits` zero bits. Works in short slices, so that the page stays alive.
 */
export async function solve(challenge: string, bits: number): Promise<string> {
  if (bits > MOST_BITS) throw new Error("too much work");
  for (let counter = 0; ;) {
    for (const end = performance.now() + SLICE_MS; performance.now() < end;) {
      for (let i = 0; i < 64; i++) {
        const answer = `${challenge}:${counter++}`;
        if (zeroBits(sha256(ascii(answer))) >= bits) return answer;
      }
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
}
