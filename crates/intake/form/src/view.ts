// Draws the form into a page that is not ours: in a shadow root, node by node
// (no markup strings, so that the host's Trusted Types and CSP stay content).
import style from "virtual:letan-style";
import type { Clinic } from "./post";
import { LIMITS } from "./submission";
import type { Texts } from "./texts";

type Child = Node | string;

/** A new element with attributes (`true` for a bare one) and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | number | boolean> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/** A shadow root with the form's look, untouched by the page around it. */
export function frame(host: HTMLElement): HTMLElement {
  const root = host.attachShadow({ mode: "open" });
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
  } catch {
    root.append(element("style", {}, style)); // browsers before 2023
  }
  const box = element("div", { class: "lt" });
  root.append(box);
  return box;
}

/** One sentence in the frame, with a button to try again if there is something to try. */
export function message(
  box: HTMLElement,
  sentence: string,
  again?: { label: string; act: () => void },
): void {
  box.replaceChildren(element("p", { role: "status" }, sentence));
  if (!again) return;
  const button = element("button", { class: "lt-button", type: "button" }, again.label);
  button.addEventListener("click", again.act);
  box.append(button);
}

function field(
  name: "name" | "phone" | "question",
  label: string,
  hint: string,
  control: HTMLElement,
): HTMLElement {
  const id = `letan-${name}`;
  control.id = id;
  control.setAttribute("name", name);
  control.setAttribute("class", "lt-input");
  control.setAttribute("maxlength", String(LIMITS[name]));
  return element(
    "div",
    { class: "lt-field" },
    element("label", { class: "lt-label", for: id }, `${label} `, element("small", {}, `(${hint})`)),
    control,
    element("p", { class: "lt-error", id: `${id}-error`, hidden: true }),
  );
}

function choices(texts: Texts): HTMLElement {
  const boxes = (["call", "sms", "zalo", "email"] as const).map((channel) =>
    element(
      "label",
      { class: "lt-choice" },
      element("input", { type: "checkbox", name: `promo_${channel}`, value: 1, autocomplete: "off" }),
      ` ${texts[channel]}`,
    ),
  );
  return element(
    "fieldset",
    { class: "lt-field" },
    element("legend", {}, `${texts.promo} `, element("small", {}, `(${texts.optional})`)),
    element("p", { class: "lt-soft" }, texts.promoHint),
    element("div", { class: "lt-choices" }, ...boxes),
  );
}

function notice(texts: Texts, clinic: Clinic, base: string): HTMLElement {
  const title = `${texts.notice} (${texts.version.replace("{version}", clinic.notice.version)})`;
  return element(
    "details",
    { class: "lt-notice" },
    element("summary", {}, title),
    element("p", { class: "lt-text" }, clinic.notice.text),
    element(
      "p",
      { class: "lt-text" },
      element(
        "a",
        { href: `${base}/v1/form.html#thong-bao`, target: "_blank", rel: "noopener" },
        texts.print,
      ),
    ),
  );
}

/** The whole form, empty; nothing in it is ticked or filled beforehand. */
export function drawForm(box: HTMLElement, texts: Texts, clinic: Clinic, base: string): HTMLFormElement {
  const required = { required: true, "aria-required": "true" };
  const form = element(
    "form",
    { novalidate: true, "aria-label": texts.title },
    element("h2", {}, texts.title),
    element("p", { class: "lt-soft" }, texts.intro),
    field("name", texts.name, texts.required, element("input", { autocomplete: "name", ...required })),
    field(
      "phone",
      texts.phone,
      texts.required,
      element("input", { type: "tel", inputmode: "tel", autocomplete: "tel", ...required }),
    ),
    field("question", texts.question, texts.optional, element("textarea", { rows: 4, autocomplete: "off" })),
    choices(texts),
    element(
      "div",
      { class: "lt-trap", "aria-hidden": "true" },
      element("label", { for: "letan-website" }, texts.trap),
      element("input", { id: "letan-website", name: "website", tabindex: -1, autocomplete: "off" }),
    ),
    element("p", { class: "lt-consent" }, texts.consent.replace("{clinic}", clinic.name)),
    element("button", { class: "lt-button", type: "submit" }, texts.send),
    element("p", { class: "lt-status", role: "status", tabindex: -1, hidden: true }),
    notice(texts, clinic, base),
  );
  box.replaceChildren(form);
  return form;
}
