// What jsdom lacks and the window needs.
import { afterEach, vi } from "vitest";

afterEach(() => {
  vi.useRealTimers();
});

HTMLDialogElement.prototype.showModal = function () {
  this.setAttribute("open", "");
};
HTMLDialogElement.prototype.close = function () {
  this.removeAttribute("open");
};

// a viewport that is tall enough to draw some rows
for (const [name, value] of [
  ["clientHeight", 600],
  ["clientWidth", 1200],
  ["offsetWidth", 1200],
] as const)
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => value });

globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
globalThis.print = () => undefined;
Element.prototype.animate ??= (() => ({ cancel() {}, finished: Promise.resolve() })) as never;
