// Looks for remnants: every spelling of every secret text in every file, in one pass over the bytes.
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/g, "d").replace(/Đ/g, "D");

function* base64(bytes) {
  // Wherever the text starts within a group of three, only its inner groups are certain.
  for (const shift of [0, 1, 2]) {
    const code = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replace(/=/g, "");
    const sure = code.slice(shift ? 4 : 0, Math.floor(code.length / 4) * 4);
    yield sure;
    yield sure.replace(/\+/g, "-").replace(/\//g, "_");
  }
}

/** Every common way in which `text` could lie in a file. */
export function spellings(text) {
  const found = new Set();
  const add = (value, encoding) => found.add(Buffer.from(value, encoding).toString("latin1"));
  const forms = new Set([
    text,
    text.normalize("NFD"),
    folded(text),
    folded(text).toLowerCase(),
    text.toLowerCase(),
    text.toUpperCase(),
  ]);
  for (const form of forms) {
    const utf8 = Buffer.from(form);
    const utf16 = Buffer.from(form, "utf16le");
    add(form, "utf8");
    add(utf16);
    add(Buffer.from(utf16).swap16());
    for (const code of [...base64(utf8), ...base64(utf16)]) add(code);
    add(utf8.toString("hex"));
    add(utf8.toString("hex").toUpperCase());
    add(encodeURIComponent(form));
    add(encodeURIComponent(form).toLowerCase());
    add(encodeURIComponent(form).replace(/%20/g, "+"));
    add(
      JSON.stringify(form)
        .slice(1, -1)
        .replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`),
    );
  }
  return [...found].filter((spelling) => spelling.length >= 8);
}

/** The ways in which a phone number is written. */
export function phoneSpellings(phone) {
  const national = phone.slice(1);
  const spaced = `${phone.slice(0, 4)} ${phone.slice(4, 7)} ${phone.slice(7)}`;
  return [...spellings(national), ...spellings(spaced)];
}

function* files(folder) {
  for (const entry of readdirSync(folder)) {
    const path = join(folder, entry);
    const kind = lstatSync(path);
    if (kind.isDirectory()) yield* files(path);
    else if (kind.isFile()) yield path;
  }
}

/** Finds any of many byte strings (as latin1) quickly: by their first four bytes. */
export class Scanner {
  constructor(needles) {
    this.starts = new Map();
    this.filter = new Uint8Array(1 << 24);
    for (const needle of new Set(needles)) {
      const bytes = Buffer.from(needle, "latin1");
      const key = bytes.readUInt32LE(0);
      this.filter[key & 0xffffff] = 1;
      this.starts.set(key, [...(this.starts.get(key) ?? []), bytes]);
    }
  }

  /** The needles that lie in `hay`. */
  *find(hay) {
    const { filter, starts } = this;
    for (let at = 0; at + 4 <= hay.length; at++) {
      if (!filter[hay[at] | (hay[at + 1] << 8) | (hay[at + 2] << 16)]) continue;
      for (const needle of starts.get(hay.readUInt32LE(at)) ?? []) {
        const end = at + needle.length;
        if (end <= hay.length && needle.compare(hay, at, end) === 0) yield needle.toString("latin1");
      }
    }
  }

  /** `{hits, files, bytes}` over whole folders; a hit names file and spelling. */
  folders(...folders) {
    const seen = { hits: [], files: 0, bytes: 0 };
    for (const folder of folders) {
      for (const path of files(folder)) {
        const hay = readFileSync(path);
        seen.files++;
        seen.bytes += hay.length;
        for (const needle of this.find(hay)) seen.hits.push(`${path}: ${JSON.stringify(needle)}`);
      }
    }
    return seen;
  }
}
