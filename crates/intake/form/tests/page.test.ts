// The page and the drawn form: what a visitor meets, before and after sending.
import { sha256 } from "@noble/hashes/sha2.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import style from "virtual:letan-style";
import page from "../form.html?raw";
import { toHex, utf8 } from "../src/bytes";
import { embed, start, upgrade } from "../src/form";
import { catalogues, textsFor } from "../src/texts";
import { solve, zeroBits } from "../src/work";

const base64Url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=/g, "");
const CLINIC = {
  claimed: true,
  clinic: "11".repeat(16),
  name: "Nha khoa Thử",
  epoch: 1,
  intake_key: base64Url(x25519.getPublicKey(new Uint8Array(32).fill(9))),
  notice: {
    version: "2026-11",
    hash: "",
    text: "Chúng tôi giữ họ tên, số điện thoại, câu hỏi trong 24 tháng.",
  },
};
const OPTIONS = { base: "https://intake.test", branch: "Cầu Giấy", form: new Uint8Array(16), language: "vi" };

type Answer = () => Response | Promise<Response>;
const json =
  (status: number, body: unknown, headers = {}): Answer =>
  () =>
    new Response(JSON.stringify(body), { status, headers });
const lost: Answer = () => Promise.reject(new TypeError("network"));

/** A server that gives these answers to posts, one after the other, and keeps what it got. */
function server(...answers: Answer[]) {
  const posts: { body: Uint8Array; headers: Record<string, string> }[] = [];
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    if (url.endsWith("/v1/clinic")) return Promise.resolve(json(200, CLINIC)());
    posts.push({ body: init.body as Uint8Array, headers: init.headers as Record<string, string> });
    return Promise.resolve((answers.shift() ?? json(202, {}))());
  });
  return posts;
}

async function drawn(): Promise<HTMLElement> {
  const host = document.createElement("div");
  document.body.append(host);
  await embed(host, OPTIONS);
  return host.shadowRoot!.querySelector<HTMLElement>(".lt")!;
}

function fill(box: HTMLElement, values: Record<string, string>) {
  for (const [name, value] of Object.entries(values))
    box.querySelector<HTMLInputElement>(`[name=${name}]`)!.value = value;
}

const submit = (box: HTMLElement) =>
  box.querySelector("form")!.dispatchEvent(new Event("submit", { cancelable: true }));
const PERSON = { name: "Trần Thị Ỷ", phone: "0912345678", question: "Niềng răng bao lâu?" };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

const settle = () => vi.runAllTimersAsync();

describe("form.html", () => {
  const parsed = new DOMParser().parseFromString(page, "text/html");

  it("ticks no choice beforehand and offers each channel on its own", () => {
    const boxes = [...parsed.querySelectorAll<HTMLInputElement>("[type=checkbox]")];
    expect(boxes.map((box) => box.name)).toEqual(["promo_call", "promo_sms", "promo_zalo", "promo_email"]);
    expect(boxes.some((box) => box.checked || box.required)).toBe(false);
    expect(page).not.toMatch(/\bchecked\b/);
  });

  it("is a plain post that carries the notice's version and hash", () => {
    const form = parsed.querySelector("form")!;
    expect(form.method).toBe("post");
    for (const place of ["notice_version", "notice_hash", "opened"]) {
      expect(form.querySelector<HTMLInputElement>(`[name=${place}]`)!.getAttribute("value")).toBe(
        `{{${place}}}`,
      );
    }
    expect(new Set(page.match(/{{\w+}}/g))).toEqual(
      new Set(
        ["notice_version", "notice_hash", "notice_text", "opened", "clinic_name", "action"].map(
          (name) => `{{${name}}}`,
        ),
      ),
    );
  });

  it("needs nothing inline but its one style", () => {
    expect(parsed.querySelectorAll("style")).toHaveLength(1);
    expect(parsed.querySelectorAll("[style], script:not([src])")).toHaveLength(0);
    expect(page).not.toMatch(/\son\w+=/);
  });

  it("lends its look to the script unchanged", () => {
    const bare = (css: string) => css.replace(/\s+|;(?=\s*})/g, "");
    expect(bare(style)).toBe(bare(parsed.querySelector("style")!.textContent));
    expect(style).toContain(".lt :focus-visible{");
  });

  it("speaks the same words as the drawn form", async () => {
    server();
    const box = await drawn();
    const words = (root: ParentNode, css: string) =>
      [...root.querySelectorAll(css)].map((found) => found.textContent!.trim());
    for (const css of [".lt-label", "legend", "fieldset p", ".lt-choice", "button"]) {
      expect(words(parsed, css)).toEqual(words(box, css));
    }
  });
});

describe("the drawn form", () => {
  it("ticks no choice beforehand", async () => {
    server();
    const boxes = [...(await drawn()).querySelectorAll<HTMLInputElement>("[type=checkbox]")];
    expect(boxes).toHaveLength(4);
    expect(boxes.some((box) => box.checked)).toBe(false);
  });

  it("sends one sealed envelope and says thanks", async () => {
    const posts = server();
    const box = await drawn();
    fill(box, PERSON);
    submit(box);
    await settle();
    expect(posts).toHaveLength(1);
    expect(posts[0]!.headers["content-type"]).toBe("application/letan-sealed");
    expect(posts[0]!.headers["letan-trap"]).toBe("0");
    expect(Number(posts[0]!.headers["letan-fill-ms"])).toBeGreaterThanOrEqual(0);
    expect(toHex(posts[0]!.body)).not.toContain(toHex(utf8("0912345678")));
    expect(box.textContent).toContain(catalogues.vi.thanks);
  });

  it("repeats the same bytes when the line breaks, and keeps the text", async () => {
    const posts = server(lost, lost, lost);
    const box = await drawn();
    fill(box, PERSON);
    submit(box);
    await settle();
    expect(posts).toHaveLength(3);
    expect(new Set(posts.map((post) => toHex(post.body))).size).toBe(1);
    expect(box.querySelector(".lt-status")!.textContent).toBe(catalogues.vi.unknown);
    expect(box.querySelector<HTMLTextAreaElement>("[name=question]")!.value).toBe(PERSON.question);
    submit(box);
    await settle();
    expect(toHex(posts[3]!.body)).toBe(toHex(posts[0]!.body));
    expect(box.textContent).toContain(catalogues.vi.thanks);
  });

  it("seals anew when the text was changed in between", async () => {
    const posts = server(lost, lost, lost);
    const box = await drawn();
    fill(box, PERSON);
    submit(box);
    await settle();
    fill(box, { question: "Khác" });
    submit(box);
    await settle();
    const id = (post: { body: Uint8Array }) => toHex(post.body.subarray(38, 54));
    expect(id(posts[3]!)).not.toBe(id(posts[0]!));
  });

  it("does the work that a busy server asks for", async () => {
    const posts = server(json(403, { type: "urn:letan:problem:proof-of-work", challenge: "abc", bits: 8 }));
    const box = await drawn();
    fill(box, PERSON);
    submit(box);
    await settle();
    const proof = posts[1]!.headers["letan-pow"]!;
    expect(proof).toMatch(/^abc:\d+$/);
    expect(zeroBits(sha256(utf8(proof)))).toBeGreaterThanOrEqual(8);
    expect(toHex(posts[1]!.body)).toBe(toHex(posts[0]!.body));
  });

  it.each([
    [422, "unprocessable", "invalid"],
    [503, "disk-full", "busy"],
    [503, "not-claimed", "closed"],
  ] as const)("tells the truth about %i %s", async (status, name, sentence) => {
    const refusal = json(status, { type: `urn:letan:problem:${name}` });
    server(refusal, refusal, refusal);
    const box = await drawn();
    fill(box, PERSON);
    submit(box);
    await settle();
    expect(box.querySelector(".lt-status")!.textContent).toBe(catalogues.vi[sentence]);
    expect(box.querySelector<HTMLInputElement>("[name=name]")!.value).toBe(PERSON.name);
  });

  it("takes a fresh id when the old one is taken", async () => {
    const posts = server(json(409, { type: "urn:letan:problem:submission-conflict" }));
    const box = await drawn();
    fill(box, PERSON);
    submit(box);
    await settle();
    expect(posts).toHaveLength(2);
    expect(box.textContent).toContain(catalogues.vi.thanks);
  });

  it("tells the server of a filled trap, and sends all the same", async () => {
    const posts = server();
    const box = await drawn();
    fill(box, { ...PERSON, website: "http://spam.example" });
    submit(box);
    await settle();
    expect(posts[0]!.headers["letan-trap"]).toBe("1");
  });

  it("asks for what is missing and doubts an odd number only once", async () => {
    const posts = server();
    const box = await drawn();
    submit(box);
    await settle();
    expect(box.querySelector("#letan-name-error")!.textContent).toBe(catalogues.vi.needName);
    expect(box.querySelector("#letan-phone-error")!.textContent).toBe(catalogues.vi.needPhone);
    fill(box, { name: "An", phone: "123" });
    submit(box);
    await settle();
    expect(box.querySelector("#letan-phone-error")!.textContent).toBe(catalogues.vi.oddPhone);
    expect(posts).toHaveLength(0);
    submit(box);
    await settle();
    expect(posts).toHaveLength(1);
  });

  it("waits while a Vietnamese word is being composed", async () => {
    const posts = server();
    const box = await drawn();
    fill(box, PERSON);
    const form = box.querySelector("form")!;
    form.dispatchEvent(new Event("compositionstart"));
    submit(box);
    await settle();
    expect(posts).toHaveLength(0);
    form.dispatchEvent(new Event("compositionend"));
    submit(box);
    await settle();
    expect(posts).toHaveLength(1);
  });

  it("sends once however often the button is pressed", async () => {
    const posts = server();
    const box = await drawn();
    fill(box, PERSON);
    submit(box);
    submit(box);
    await settle();
    expect(posts).toHaveLength(1);
  });

  it("offers to try again when the server can't be reached", async () => {
    vi.stubGlobal("fetch", lost);
    const box = await drawn();
    expect(box.textContent).toContain(catalogues.vi.unreachable);
    server();
    box.querySelector("button")!.click();
    await settle();
    expect(box.querySelector("form")).not.toBeNull();
  });
});

describe("the script tag", () => {
  it("draws beside itself or in the place it names", async () => {
    server();
    document.body.innerHTML = `<div id="here"></div>`;
    for (const target of [undefined, "#here"]) {
      const script = document.createElement("script");
      Object.defineProperty(script, "src", { value: "https://intake.test/sub/v1/form.js?x=1" });
      if (target) script.dataset["target"] = target;
      document.body.append(script);
      start(script);
      await settle();
      const host = (target ? document.querySelector(target)!.firstElementChild : script.nextElementSibling)!;
      expect(host.shadowRoot!.querySelector("a")!.href).toBe(
        "https://intake.test/sub/v1/form.html#thong-bao",
      );
    }
  });

  it("speaks English when asked to", () => expect(textsFor("en-GB")).toBe(catalogues.en));
});

describe("an upgraded page", () => {
  const HASH = toHex(sha256(utf8("bản in")));

  async function upgraded() {
    document.body.innerHTML = page.replaceAll("{{notice_hash}}", HASH).replaceAll("{{notice_version}}", "7");
    await upgrade(document.querySelector("form")!, OPTIONS);
    return document.body;
  }

  it("posts sealed what the plain form would have posted in the clear", async () => {
    const posts = server();
    const box = await upgraded();
    fill(box, PERSON);
    submit(box);
    await settle();
    expect(posts[0]!.headers["content-type"]).toBe("application/letan-sealed");
    expect(box.textContent).toContain(catalogues.vi.thanks);
  });

  it("stays a plain form when the server can't be reached", async () => {
    vi.stubGlobal("fetch", lost);
    await expect(upgraded()).rejects.toThrow();
    expect(document.querySelector("form")!.dispatchEvent(new Event("submit", { cancelable: true }))).toBe(
      true,
    );
  });
});

describe("proof of work", () => {
  it("counts leading zero bits", () => {
    expect([[0x80], [0x01], [0, 0x10], [0, 0]].map((bytes) => zeroBits(Uint8Array.from(bytes)))).toEqual([
      0, 7, 11, 16,
    ]);
  });

  it("gives up on absurd demands", async () => {
    await expect(solve("x", 60)).rejects.toThrow();
  });
});
