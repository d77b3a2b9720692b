// Bytes: joining, text, hexadecimal and base64url.

type Bytes = Uint8Array<ArrayBuffer>;

/** The parts one after the other. */
export function concat(...parts: ArrayLike<number>[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Text as UTF-8; lone surrogates become U+FFFD. */
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A constant of this program as bytes. */
export const ascii = utf8;

/** Lower-case hexadecimal. */
export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The bytes of `length` pairs of hexadecimal digits; throws on anything else. */
export function fromHex(text: string, length: number): Bytes {
  if (!new RegExp(`^[0-9a-f]{${2 * length}}$`, "i").test(text)) throw new Error("hex");
  return Uint8Array.from({ length }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** The bytes of base64url text without padding. */
export function fromBase64Url(text: string): Bytes {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}
