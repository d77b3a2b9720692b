// ChaCha20-Poly1305 (RFC 8439), sealing one short message. Written out here
// because a library's streaming, in-place and 64-bit-nonce ways would be a third
// of the whole script; tests hold it equal to @noble/ciphers at every length.
import { concat } from "./bytes";

const rotate = (word: number, by: number) => (word << by) | (word >>> (32 - by));

// The quarter rounds of one double round: columns, then diagonals.
const QUARTERS = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;

function words(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true));
}

/** One 64-byte block of key stream. */
function block(key: number[], nonce: number[], counter: number): Uint8Array {
  const start = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, ...key, counter, ...nonce];
  const s = Uint32Array.from(start);
  for (let round = 0; round < 10; round++) {
    for (const [a, b, c, d] of QUARTERS) {
      s[a]! += s[b]!;
      s[d] = rotate(s[d]! ^ s[a]!, 16);
      s[c]! += s[d]!;
      s[b] = rotate(s[b]! ^ s[c]!, 12);
      s[a]! += s[b]!;
      s[d] = rotate(s[d]! ^ s[a]!, 8);
      s[c]! += s[d]!;
      s[b] = rotate(s[b]! ^ s[c]!, 7);
    }
  }
  const out = new DataView(new ArrayBuffer(64));
  s.forEach((word, i) => out.setUint32(4 * i, word + start[i]!, true));
  return new Uint8Array(out.buffer);
}

function number(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << BigInt(8)) | BigInt(byte), BigInt(0));
}

/** The one-time authenticator over whole and partial 16-byte blocks. */
function poly1305(key: Uint8Array, message: Uint8Array): Uint8Array {
  const prime = (BigInt(1) << BigInt(130)) - BigInt(5);
  const r = number(key.subarray(0, 16)) & BigInt("0x0ffffffc0ffffffc0ffffffc0fffffff");
  let sum = BigInt(0);
  for (let at = 0; at < message.length; at += 16) {
    sum = ((sum + number(concat(message.subarray(at, at + 16), [1]))) * r) % prime;
  }
  sum += number(key.subarray(16));
  return Uint8Array.from({ length: 16 }, (_, i) => Number((sum >> BigInt(8 * i)) & BigInt(255)));
}

const fill = (bytes: Uint8Array) => new Uint8Array((16 - (bytes.length % 16)) % 16);

const length = (bytes: Uint8Array) =>
  [0, 8, 16, 24, 32, 40, 48, 56].map((by) => (by < 32 ? bytes.length >>> by : 0) & 255);

/** Ciphertext and tag; a key is never used with the same nonce twice. */
export function encrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const k = words(key);
  const n = words(nonce);
  const sealed = plaintext.slice();
  for (let at = 0; at < sealed.length; at += 64) {
    const stream = block(k, n, 1 + at / 64);
    for (let i = at; i < Math.min(at + 64, sealed.length); i++) sealed[i]! ^= stream[i - at]!;
  }
  const signed = concat(aad, fill(aad), sealed, fill(sealed), length(aad), length(sealed));
  return concat(sealed, poly1305(block(k, n, 0), signed));
}
