// The bytes that leave the browser, against published vectors and a library.
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { expand as libraryExpand, extract as libraryExtract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import goldenAnswers from "../../../ledger/tests/data/answers.hex?raw";
import goldenEnvelope from "../../../ledger/tests/data/sealed-submission.hex?raw";
import { encrypt } from "../src/aead";
import { ascii, concat, fromBase64Url, fromHex, toHex, utf8 } from "../src/bytes";
import { expand, extract } from "../src/hkdf";
import { encapsulate, seal } from "../src/hpke";
import { cut, encode, newSubmissionId, pad, PROMO, sealSubmission, type Answers } from "../src/submission";

const hex = (text: string) => fromHex(text, text.length / 2);
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

// RFC 9180, A.2.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, base mode.
const RFC = {
  info: hex("4f6465206f6e2061204772656369616e2055726e"),
  ephemeral: hex("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600"),
  receiver: hex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"),
  enc: "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
  shared: "0bbe78490412b4bbea4812666f7916932b828bba79942424abb65244930d69a7",
  plaintext: hex("4265617574792069732074727574682c20747275746820626561757479"),
  aad: hex("436f756e742d30"),
  ct: "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28",
};

describe("HPKE base mode", () => {
  it("agrees with RFC 9180 A.2.1 on the encapsulated key and the shared secret", () => {
    const { enc, shared } = encapsulate(RFC.receiver, RFC.ephemeral);
    expect(toHex(enc)).toBe(RFC.enc);
    expect(toHex(shared)).toBe(RFC.shared);
  });

  it("agrees with RFC 9180 A.2.1 on the first ciphertext", () => {
    const { enc, ct } = seal(RFC.receiver, RFC.info, RFC.aad, RFC.plaintext, RFC.ephemeral);
    expect(toHex(enc)).toBe(RFC.enc);
    expect(toHex(ct)).toBe(RFC.ct);
  });

  it("never makes the same bytes twice", () => {
    const once = seal(RFC.receiver, RFC.info, RFC.aad, RFC.plaintext);
    const twice = seal(RFC.receiver, RFC.info, RFC.aad, RFC.plaintext);
    expect(toHex(once.enc)).not.toBe(toHex(twice.enc));
    expect(toHex(once.ct)).not.toBe(toHex(twice.ct));
  });

  it.each(["00", "01"])("refuses a public key of low order (%s…)", (first) => {
    const low = hex(first + "00".repeat(31));
    expect(() => seal(low, RFC.info, RFC.aad, RFC.plaintext)).toThrow();
  });
});

describe("ChaCha20-Poly1305", () => {
  it("agrees with RFC 8439, 2.8.2", () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i);
    const text =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    const sealed = encrypt(
      key,
      hex("070000004041424344454647"),
      hex("50515253c0c1c2c3c4c5c6c7"),
      ascii(text),
    );
    expect(toHex(sealed.subarray(0, 16))).toBe("d31a8d34648e60db7b86afbc53ef7ec2");
    expect(toHex(sealed.subarray(-16))).toBe("1ae10b594f09e26a7e902ecbd0600691");
  });

  it("agrees with the library at every length up to five blocks, and at the largest post", () => {
    for (const length of [...Array(321).keys(), 16_384]) {
      const [key, nonce, aad, text] = [random(32), random(12), random(length % 50), random(length)];
      expect(toHex(encrypt(key, nonce, aad, text))).toBe(
        toHex(chacha20poly1305(key, nonce, aad).encrypt(text)),
      );
    }
  });

  it("carries like the library where every bit is set", () => {
    const [key, nonce, aad, text] = [32, 12, 48, 512].map((length) => new Uint8Array(length).fill(255)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    expect(toHex(encrypt(key, nonce, aad, text))).toBe(
      toHex(chacha20poly1305(key, nonce, aad).encrypt(text)),
    );
  });
});

describe("HKDF", () => {
  it("agrees with the library", () => {
    for (let length = 0; length <= 32; length++) {
      const [salt, ikm, info] = [random(length), random(3 * length), random(5 * length)];
      const prk = extract(salt, ikm);
      expect(toHex(prk)).toBe(toHex(libraryExtract(sha256, ikm, salt)));
      if (length)
        expect(toHex(expand(prk, info, length))).toBe(toHex(libraryExpand(sha256, prk, info, length)));
    }
  });
});

const ANSWERS: Answers = {
  name: "Nguyễn Thị Ánh Hường",
  phone: "0912 345 678",
  question: "Răng khôn mọc lệch, đau?",
  promo: PROMO.sms | PROMO.email,
  noticeVersion: "2026-11",
  noticeHash: new Uint8Array(32).fill(7),
  page: "cuoiholoi.vn/nieng-rang",
  branch: "Cầu Giấy",
  filledAt: 1_795_420_800_123,
};

describe("answers", () => {
  it("are one CBOR map with the keys 0 to 8 in order, without what is empty", () => {
    const small = {
      ...ANSWERS,
      name: "An",
      phone: "",
      question: "é",
      page: "p",
      branch: "b",
      noticeVersion: "1",
    };
    expect(toHex(encode(small))).toBe(
      "a8" +
        "0062416e" +
        "0262c3a9" +
        "030a" +
        "046131" +
        `055820${"07".repeat(32)}` +
        "066170" +
        "076162" +
        "081b000001a2076b447b",
    );
  });

  it.each([
    [23, "77"],
    [24, "7818"],
    [255, "78ff"],
    [256, "790100"],
    [4000, "790fa0"],
  ])("use the shortest length for a text of %i bytes", (length, head) => {
    const encoded = toHex(encode({ ...ANSWERS, name: "a".repeat(length) }));
    expect(encoded.slice(0, 4 + head.length)).toBe(`a900${head}`);
  });

  it.each([
    [0, "00"],
    [23, "17"],
    [24, "1818"],
    [65_536, "1a00010000"],
    [2 ** 32, "1b0000000100000000"],
  ])("use the shortest form for the time %i", (filledAt, tail) =>
    expect(toHex(encode({ ...ANSWERS, filledAt })).endsWith(`08${tail}`)).toBe(true),
  );

  it("survive a lone surrogate as a replacement character", () => {
    expect(toHex(encode({ ...ANSWERS, name: "\ud800" })).startsWith("a90063efbfbd")).toBe(true);
  });
});

// The same answers, keys and randomness as in the ledger's golden tests: what a desk opens is what a browser seals.
describe("the ledger's golden files", () => {
  const bare = (text: string) => text.replace(/\s/g, "");
  const filled = (byte: number, length = 16) => new Uint8Array(length).fill(byte);
  const answers: Answers = {
    name: "Nguyễn Thị Ánh",
    phone: "0912 345 678",
    question: "Niềng răng trong suốt giá bao nhiêu?",
    promo: PROMO.call | PROMO.zalo,
    noticeVersion: "2026-11",
    noticeHash: filled(0x5a, 32),
    page: "https://cuoiholoi.vn/nieng-rang",
    branch: "Quận 1",
    filledAt: 0x1a20244e800,
  };

  it("hold the answers that this form encodes", () => {
    expect(toHex(encode(answers))).toBe(bare(goldenAnswers));
  });

  it("hold the envelope that this form seals", () => {
    const random = Uint8Array.from({ length: 32 }, (_, i) => i);
    const to = {
      ...{ clinic: filled(0xc1), form: filled(0xf0), submission: filled(0x5b), epoch: 1 },
      key: x25519.getPublicKey(filled(0x42, 32)),
    };
    expect(toHex(sealSubmission(to, answers, derived(random)))).toBe(bare(goldenEnvelope));
  });

  // RFC 9180, 7.1.3: the ephemeral secret that the Rust side makes of its randomness.
  function derived(random: Uint8Array): Uint8Array {
    const suite = concat(ascii("HPKE-v1"), ascii("KEM"), [0, 0x20]);
    const prk = libraryExtract(sha256, concat(suite, ascii("dkp_prk"), random), new Uint8Array(0));
    return libraryExpand(sha256, prk, concat([0, 32], suite, ascii("sk")), 32);
  }
});

describe("padding", () => {
  it.each([
    [0, 256],
    [1, 256],
    [255, 256],
    [256, 512],
    [511, 512],
    [512, 768],
  ])("fills %i bytes up to %i, with a mark even when they fit exactly", (length, whole) => {
    const padded = pad(new Uint8Array(length).fill(9));
    expect(padded.length).toBe(whole);
    expect(padded[length]).toBe(0x80);
    expect(padded.subarray(length + 1).every((byte) => byte === 0)).toBe(true);
  });
});

// Opens an envelope the long way round, with the library's parts.
function open(wire: Uint8Array, secret: Uint8Array): Uint8Array {
  const ids = wire.subarray(6, 54);
  const enc = wire.subarray(58, 90);
  const suite = concat(ascii("HPKE"), [0, 0x20, 0, 1, 0, 3]);
  const kem = concat(ascii("KEM"), [0, 0x20]);
  const version = ascii("HPKE-v1");
  const take = (id: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array) =>
    libraryExtract(sha256, concat(version, id, ascii(label), ikm), salt);
  const give = (id: Uint8Array, prk: Uint8Array, label: string, info: Uint8Array, length: number) =>
    libraryExpand(sha256, prk, concat([0, length], version, id, ascii(label), info), length);
  const none = new Uint8Array(0);
  const dh = x25519.getSharedSecret(secret, enc);
  const shared = give(
    kem,
    take(kem, none, "eae_prk", dh),
    "shared_secret",
    concat(enc, x25519.getPublicKey(secret)),
    32,
  );
  const context = concat(
    [0],
    take(suite, none, "psk_id_hash", none),
    take(suite, none, "info_hash", ascii("letan/1/submission")),
  );
  const root = take(suite, shared, "secret", none);
  return chacha20poly1305(
    give(suite, root, "key", context, 32),
    give(suite, root, "base_nonce", context, 12),
    ids,
  ).decrypt(wire.subarray(90));
}

describe("the envelope", () => {
  const secret = random(32);
  const to = {
    clinic: random(16),
    form: random(16),
    submission: random(16),
    epoch: 0x01020304,
    key: x25519.getPublicKey(secret),
  };

  it("names magic, suite, ids and epoch in the clear and nothing else", () => {
    const wire = sealSubmission(to, ANSWERS);
    expect(toHex(wire.subarray(0, 58))).toBe(
      toHex(concat(ascii("LTSUB"), [1], to.clinic, to.form, to.submission, [4, 3, 2, 1])),
    );
    expect((wire.length - 90 - 16) % 256).toBe(0);
    expect(toHex(wire)).not.toContain(toHex(utf8("Hường")));
  });

  it("opens with the clinic's secret to the padded answers", () => {
    expect(toHex(open(sealSubmission(to, ANSWERS), secret))).toBe(toHex(pad(encode(ANSWERS))));
  });

  it("does not open for another clinic, form or submission", () => {
    for (const place of [6, 22, 38]) {
      const wire = sealSubmission(to, ANSWERS);
      wire[place]! ^= 1;
      expect(() => open(wire, secret)).toThrow();
    }
  });
});

describe("small parts", () => {
  it("cuts by characters, never through one", () => {
    expect(cut("😀😀😀", 2)).toBe("😀😀");
    expect(cut("Đặng", 60)).toBe("Đặng");
  });

  it("makes version 7 ids that sort by time", () => {
    const [early, late] = [newSubmissionId(1_795_420_800_123), newSubmissionId(1_795_420_800_124)];
    expect(toHex(early).slice(0, 13)).toBe("01a2076b447b7");
    expect(toHex(early) < toHex(late)).toBe(true);
    expect(early[8]! >> 6).toBe(2);
  });

  it("reads hexadecimal and base64url, and nothing else", () => {
    expect(toHex(fromHex("00FFa0", 3))).toBe("00ffa0");
    expect(() => fromHex("00ffa", 3)).toThrow();
    expect(() => fromHex("zz", 1)).toThrow();
    expect(toHex(fromBase64Url("-_8"))).toBe("fbff");
    expect(() => fromBase64Url("*")).toThrow();
  });
});
