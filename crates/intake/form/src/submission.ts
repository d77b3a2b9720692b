// A visitor's answers, and the envelope that they travel in: the `ledger`
// crate's SealedSubmission, byte for byte.
import { ascii, concat, utf8 } from "./bytes";
import { seal } from "./hpke";

/** Which promotional channels the visitor ticked, as bits. */
export const PROMO = { call: 1, sms: 2, zalo: 4, email: 8 } as const;

/** What the visitor wrote, and which notice was on the screen. */
export interface Answers {
  name: string;
  phone: string;
  question: string;
  /** Sum of {@link PROMO} bits. */
  promo: number;
  noticeVersion: string;
  /** SHA-256 of the notice's text as shown. */
  noticeHash: Uint8Array;
  page: string;
  branch: string;
  /** The visitor's clock, milliseconds since the Unix epoch. */
  filledAt: number;
}

/** To whom a submission goes and what it is called. */
export interface Address {
  clinic: Uint8Array;
  form: Uint8Array;
  submission: Uint8Array;
  epoch: number;
  key: Uint8Array;
}

/** Longest texts, in characters, that the server takes. */
export const LIMITS = { name: 200, phone: 60, question: 4000, page: 300, branch: 60 } as const;

const INFO = ascii("letan/1/submission");
const BLOCK = 256;

const TEXT = 0x60;
const BYTES = 0x40;

// A CBOR head: the type in the three upper bits, then the shortest length or value.
function head(type: number, value: number): number[] {
  if (value < 24) return [type | value];
  const width = value < 0x100 ? 1 : value < 0x10000 ? 2 : value < 0x100000000 ? 4 : 8;
  const bytes = [type | (24 + Math.log2(width))];
  // Not by shifts: they would cut a time in milliseconds to 32 bits.
  for (let i = width - 1; i >= 0; i--) bytes.push(Math.floor(value / 256 ** i) % 256);
  return bytes;
}

const text = (value: string) => {
  const bytes = utf8(value);
  return concat(head(TEXT, bytes.length), bytes);
};

/** The answers as one CBOR map with the keys 0 to 8 in order; what is empty is left out. */
export function encode(answers: Answers): Uint8Array {
  const values = [
    answers.name && text(answers.name),
    answers.phone && text(answers.phone),
    answers.question && text(answers.question),
    answers.promo && head(0, answers.promo),
    answers.noticeVersion && text(answers.noticeVersion),
    concat(head(BYTES, answers.noticeHash.length), answers.noticeHash),
    answers.page && text(answers.page),
    answers.branch && text(answers.branch),
    head(0, Math.max(0, Math.floor(answers.filledAt))),
  ];
  const given = values.flatMap((value, key) => (value ? [[[key], value]] : []));
  return concat([0xa0 | given.length], ...given.flat());
}

/** Fills up to whole blocks (ISO 7816-4), so that the length tells little. */
export function pad(plaintext: Uint8Array): Uint8Array {
  const padded = new Uint8Array((Math.floor(plaintext.length / BLOCK) + 1) * BLOCK);
  padded.set(plaintext);
  padded[plaintext.length] = 0x80;
  return padded;
}

/** The envelope as it is posted. `ephemeral` is for tests. */
export function sealSubmission(to: Address, answers: Answers, ephemeral?: Uint8Array): Uint8Array {
  const ids = concat(to.clinic, to.form, to.submission);
  const { enc, ct } = seal(to.key, INFO, ids, pad(encode(answers)), ephemeral);
  const epoch = [0, 8, 16, 24].map((shift) => (to.epoch >>> shift) & 255);
  return concat(ascii("LTSUB"), [1], ids, epoch, enc, ct);
}

/** A fresh submission id: a version 7 UUID, so that ids sort by time. */
export function newSubmissionId(now: number): Uint8Array {
  const id = crypto.getRandomValues(new Uint8Array(16));
  for (let i = 0; i < 6; i++) id[i] = Math.floor(now / 256 ** (5 - i)) % 256;
  id[6] = 0x70 | (id[6]! & 0x0f);
  id[8] = 0x80 | (id[8]! & 0x3f);
  return id;
}

/** At most `limit` characters, never half of one. */
export const cut = (value: string, limit: number): string =>
  value.length <= limit ? value : Array.from(value).slice(0, limit).join("");
