// Brings a form to life: checks gently, seals, hands over, and tells the
// visitor the truth about what became of the question.
import { cut, LIMITS, newSubmissionId, PROMO, sealSubmission, type Address } from "./submission";
import { deliver, type Outcome } from "./post";
import type { Texts } from "./texts";
import { element } from "./view";

/** What a form needs to know beside what the visitor writes. */
export interface Setting {
  base: string;
  texts: Texts;
  to: Omit<Address, "submission">;
  notice: { version: string; hash: Uint8Array };
  branch: string;
}

type Field = "name" | "phone";

/** Digits of a number that can be dialled at all; more is the front desk's to judge. */
const plausible = (phone: string): boolean => {
  const digits = phone.replace(/\D/g, "").length;
  return digits >= 8 && digits <= 15;
};

/** Takes over the submitting of `form`. */
export function bring(form: HTMLFormElement, setting: Setting): void {
  const { texts } = setting;
  const control = (name: string) => form.elements.namedItem(name) as HTMLInputElement;
  const button = form.querySelector<HTMLButtonElement>("[type=submit]")!;
  const status = form.querySelector<HTMLElement>(".lt-status")!;
  const shown = performance.now();
  let sending = false;
  let composing = false;
  let oddPhone = "";
  // The envelope on its way: sent again unchanged as long as the text is the same.
  let pending: { text: string; envelope: Uint8Array } | undefined;

  function complain(name: Field, sentence: string): void {
    const input = control(name);
    const error = form.querySelector<HTMLElement>(`#letan-${name}-error`)!;
    error.textContent = sentence;
    error.hidden = !sentence;
    input.setAttribute("aria-invalid", String(!!sentence));
    input.setAttribute("aria-describedby", error.id);
    if (sentence) input.focus();
  }

  function acceptable(): boolean {
    const phone = control("phone").value.trim();
    // In this order, so that the focus ends at the first field to mend.
    let phoneFault = phone ? "" : texts.needPhone;
    if (phone && !plausible(phone) && phone !== oddPhone) {
      oddPhone = phone;
      phoneFault = texts.oddPhone;
    }
    const nameFault = control("name").value.trim() ? "" : texts.needName;
    complain("phone", phoneFault);
    complain("name", nameFault);
    return !phoneFault && !nameFault;
  }

  function answers() {
    const promo = (Object.keys(PROMO) as (keyof typeof PROMO)[]).reduce(
      (bits, channel) => bits | (control(`promo_${channel}`).checked ? PROMO[channel] : 0),
      0,
    );
    return {
      name: cut(control("name").value.trim(), LIMITS.name),
      phone: cut(control("phone").value.trim(), LIMITS.phone),
      question: cut(control("question").value.trim(), LIMITS.question),
      promo,
      noticeVersion: setting.notice.version,
      noticeHash: setting.notice.hash,
      page: cut(location.host + location.pathname, LIMITS.page), // never the query: it may tell who it is
      branch: cut(setting.branch, LIMITS.branch),
    };
  }

  function envelope(): Uint8Array {
    const given = answers();
    const text = JSON.stringify(given);
    if (pending?.text !== text) {
      const now = Date.now();
      const to = { ...setting.to, submission: newSubmissionId(now) };
      pending = { text, envelope: sealSubmission(to, { ...given, filledAt: now }) };
    }
    return pending.envelope;
  }

  async function send(): Promise<Outcome> {
    const traps = { trapped: !!control("website").value, fillMs: Math.round(performance.now() - shown) };
    const outcome = await deliver(setting.base, envelope(), traps);
    if (outcome.kind !== "conflict") return outcome;
    pending = undefined; // the id is taken by another text: seal anew under a fresh one
    return deliver(setting.base, envelope(), traps);
  }

  function say(sentence: string): void {
    status.textContent = sentence;
    status.hidden = !sentence;
    if (sentence) status.focus();
  }

  function thank(): void {
    pending = undefined;
    const place = form.parentElement!;
    const again = element("button", { class: "lt-button", type: "button" }, texts.another);
    const thanks = element(
      "p",
      { class: "lt-status", role: "status", tabindex: -1, "data-good": true },
      texts.thanks,
    );
    const panel = element("div", {}, thanks, again);
    again.addEventListener("click", () => {
      form.reset();
      panel.replaceWith(form);
      control("name").focus();
    });
    place.replaceChild(panel, form);
    thanks.focus();
  }

  function busy(on: boolean): void {
    sending = on;
    button.textContent = on ? texts.sending : texts.send;
    button.setAttribute("aria-disabled", String(on));
    for (const input of form.querySelectorAll<HTMLInputElement>(".lt-input")) input.readOnly = on;
  }

  async function submit(): Promise<void> {
    if (sending || composing || !acceptable()) return;
    say("");
    busy(true);
    const outcome = await send().catch((): Outcome => ({ kind: "unknown" }));
    busy(false);
    if (outcome.kind === "received") thank();
    else
      say(texts[outcome.kind === "refused" ? outcome.why : outcome.kind === "conflict" ? "busy" : "unknown"]);
  }

  form.noValidate = true;
  form.addEventListener("compositionstart", () => (composing = true));
  form.addEventListener("compositionend", () => (composing = false));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit();
  });
}
