// Text boxes and Vietnamese keyboards. Telex and VNI tools delete and re-insert letters, so a
// value is looked at only when it has stood still for a moment and no composition is open.

/** Calls back with the value a moment after it last changed, never in the midst of a composition. */
export class Settled {
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly delay: number,
    private readonly done: (value: string) => void,
  ) {}

  /** Takes the value that an input now has. */
  hear(value: string, composing = false): void {
    clearTimeout(this.timer);
    if (composing) return;
    this.timer = setTimeout(() => this.done(value), this.delay);
  }

  /** Takes a value at once. */
  now(value: string): void {
    clearTimeout(this.timer);
    this.done(value);
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}

/** The key belongs to a Vietnamese (or other) input method, not to us. */
export const isComposing = (event: KeyboardEvent): boolean => event.isComposing || event.keyCode === 229;

/** The element takes text. */
export function takesText(element: EventTarget | null): boolean {
  if (element instanceof HTMLTextAreaElement) return true;
  if (element instanceof HTMLInputElement) return !["radio", "checkbox", "button"].includes(element.type);
  return element instanceof HTMLElement && element.isContentEditable;
}

/** Lower case without any mark, đ as d: how people type when they are in a hurry. */
export const fold = (text: string): string =>
  text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase();
