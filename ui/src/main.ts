// Starts the window on the real backend, or in design builds on the invented clinic.
import "./styles/base.css";
import { mount } from "svelte";
import Window from "./Window.svelte";
import type { Backend } from "./ipc/backend";
import { App } from "./state/app.svelte";

async function backend(): Promise<{ backend: Backend; prepare?: (app: App) => Promise<void> }> {
  if (__FAKE__) {
    const { fromAddress } = await import("./ipc/fake/screens");
    return fromAddress(location.search);
  }
  const { tauri } = await import("./ipc/tauri");
  return { backend: tauri };
}

const target = document.getElementById("app");
if (target) {
  const chosen = await backend();
  const app = new App(chosen.backend);
  mount(Window, { target, props: { app } });
  await app.start();
  await chosen.prepare?.(app);
  document.documentElement.dataset.ready = "true";
}
