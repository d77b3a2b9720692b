// Brings the window into a state as a person would: by pressing and typing. Only in design builds.
import type { App } from "../../state/app.svelte";
import type { FakeBackend, FakeOptions } from "./index";

export type Prepare = (app: App, fake: FakeBackend) => Promise<void> | void;
export interface Screen {
  options?: FakeOptions;
  prepare?: Prepare;
}

export const press = (testid: string) => {
  document.querySelector<HTMLElement>(`[data-testid="${testid}"]`)?.click();
};
export const settle = () => new Promise((done) => setTimeout(done, 60));

export async function typeInto(testid: string, text: string): Promise<void> {
  const box = document.querySelector<HTMLInputElement | HTMLTextAreaElement>(`[data-testid="${testid}"]`);
  if (!box) return;
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
}
