// Sealing to a public key: HPKE base mode (RFC 9180), one message a key,
// with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and ChaCha20Poly1305.
import { montgomery } from "@noble/curves/abstract/montgomery.js";
import { pow } from "@noble/curves/abstract/modular.js";
import { encrypt } from "./aead";
import { ascii, concat } from "./bytes";
import { expand, extract } from "./hkdf";

// The prime as a sum: a literal `2n ** 255n` would be rewritten for old browsers.
const P = (BigInt(1) << BigInt(255)) - BigInt(19);

// Made from the ladder alone: the library's ready-made x25519 drags the whole
// Edwards curve along, more bytes than the rest of the form together.
const x25519 = /* @__PURE__ */ montgomery({
  P,
  type: "x25519",
  powPminus2: (x: bigint) => pow(x, P - BigInt(2), P),
  adjustScalarBytes: (bytes: Uint8Array<ArrayBuffer>) => {
    bytes[0]! &= 248;
    bytes[31]! &= 127;
    bytes[31]! |= 64;
    return bytes;
  },
});

const VERSION = ascii("HPKE-v1");
// kem 0x0020, kdf 0x0001, aead 0x0003: section 7 of the RFC.
const KEM = concat(ascii("KEM"), [0, 0x20]);
const SUITE = concat(ascii("HPKE"), [0, 0x20, 0, 1, 0, 3]);
const NOTHING = new Uint8Array(0);

const labeledExtract = (suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array) =>
  extract(salt, concat(VERSION, suite, ascii(label), ikm));

const labeledExpand = (suite: Uint8Array, prk: Uint8Array, label: string, info: Uint8Array, length: number) =>
  expand(prk, concat([length >> 8, length & 255], VERSION, suite, ascii(label), info), length);

/** What the receiver needs to find the shared secret, and the secret itself. */
export function encapsulate(receiver: Uint8Array, ephemeral: Uint8Array) {
  const enc = x25519.getPublicKey(ephemeral);
  const dh = x25519.getSharedSecret(ephemeral, receiver); // throws on a key of low order
  const prk = labeledExtract(KEM, NOTHING, "eae_prk", dh);
  return { enc, shared: labeledExpand(KEM, prk, "shared_secret", concat(enc, receiver), 32) };
}

/**
 * Seals one message so that only the holder of `receiver`'s secret opens it.
 * `ephemeral` is 32 random bytes, used once; tests pass the RFC's.
 */
export function seal(
  receiver: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
  ephemeral: Uint8Array = crypto.getRandomValues(new Uint8Array(32)),
): { enc: Uint8Array; ct: Uint8Array } {
  const { enc, shared } = encapsulate(receiver, ephemeral);
  const context = concat(
    [0], // base mode
    labeledExtract(SUITE, NOTHING, "psk_id_hash", NOTHING),
    labeledExtract(SUITE, NOTHING, "info_hash", info),
  );
  const secret = labeledExtract(SUITE, shared, "secret", NOTHING);
  const key = labeledExpand(SUITE, secret, "key", context, 32);
  const nonce = labeledExpand(SUITE, secret, "base_nonce", context, 12);
  return { enc, ct: encrypt(key, nonce, aad, plaintext) };
}
