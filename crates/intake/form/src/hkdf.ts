// HKDF-SHA256 (RFC 5869) for outputs of one hash at most, over HMAC (RFC 2104)
// for keys of one block at most: all that HPKE asks for here.
import { sha256 } from "@noble/hashes/sha2.js";
import { concat } from "./bytes";

function hmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  const masked = (mask: number) => Uint8Array.from({ length: 64 }, (_, i) => (key[i] ?? 0) ^ mask);
  return sha256(concat(masked(0x5c), sha256(concat(masked(0x36), message))));
}

/** A pseudorandom key from key material; the salt has at most 64 bytes. */
export const extract = hmac;

/** The first `length` ≤ 32 bytes derived from a pseudorandom key. */
export const expand = (prk: Uint8Array, info: Uint8Array, length: number): Uint8Array =>
  hmac(prk, concat(info, [1])).subarray(0, length);
