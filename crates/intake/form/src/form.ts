// The embeddable form: one script tag draws it where it stands, or upgrades a
// form that the server has already drawn.
import { sha256 } from "@noble/hashes/sha2.js";
import { fromBase64Url, fromHex, utf8 } from "./bytes";
import { bring, type Setting } from "./controller";
import { clinic as askClinic, type Clinic } from "./post";
import { textsFor } from "./texts";
import { drawForm, frame, message } from "./view";

/** The script tag's wishes; see docs/form.md. */
interface Options {
  base: string;
  branch: string;
  form: Uint8Array;
  language: string | undefined;
}

const NO_FORM = "0".repeat(32);

function settingFor(options: Options, clinic: Clinic, notice: Setting["notice"]): Setting {
  return {
    base: options.base,
    branch: options.branch,
    notice,
    texts: textsFor(options.language),
    to: {
      clinic: fromHex(clinic.clinic, 16),
      form: options.form,
      epoch: clinic.epoch,
      key: fromBase64Url(clinic.intake_key),
    },
  };
}

/** Draws the form into `host` as soon as the server answers. */
export async function embed(host: HTMLElement, options: Options): Promise<void> {
  const texts = textsFor(options.language);
  const box = frame(host);
  box.lang = texts === textsFor("en") ? "en" : "vi";
  const load = async () => {
    message(box, texts.loading);
    try {
      const clinic = await askClinic(options.base);
      // Of the text on the screen itself: that is what the visitor agrees to.
      const notice = { version: clinic.notice.version, hash: sha256(utf8(clinic.notice.text)) };
      bring(drawForm(box, texts, clinic, options.base), settingFor(options, clinic, notice));
    } catch {
      message(box, texts.unreachable, { label: texts.retry, act: () => void load() });
    }
  };
  await load();
}

/** Takes over a drawn form; on any trouble it stays the plain form that it is. */
export async function upgrade(form: HTMLFormElement, options: Options): Promise<void> {
  const value = (name: string) => (form.elements.namedItem(name) as HTMLInputElement).value;
  const notice = { version: value("notice_version"), hash: fromHex(value("notice_hash"), 32) };
  bring(form, settingFor(options, await askClinic(options.base), notice));
}

/** Does what a script tag asks for. */
export function start(script: HTMLScriptElement): void {
  const { branch = "", form = NO_FORM, lang, target, upgrade: plain } = script.dataset;
  const options = {
    base: script.src.replace(/\/v1\/form\.js.*$/, ""),
    branch,
    form: fromHex(form, 16),
    language: lang,
  };
  const place = (selector: string) => document.querySelector<HTMLElement>(selector);
  if (plain) {
    const drawn = place(plain);
    if (drawn instanceof HTMLFormElement) void upgrade(drawn, options).catch(() => undefined);
    return;
  }
  const host = document.createElement("div");
  const parent = target && place(target);
  if (parent) parent.append(host);
  else script.after(host);
  void embed(host, options);
}
