// Puts the whole window on stage, on an invented clinic.
import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { FakeBackend, type FakeOptions } from "../src/ipc/fake";
import { App } from "../src/state/app.svelte";
import Window from "../src/Window.svelte";

export async function stage(options: FakeOptions = {}) {
  const backend = new FakeBackend({ frozen: true, ...options });
  const app = new App(backend);
  const view = render(Window, { app });
  await app.start();
  const user = userEvent.setup({ delay: null });
  const id = (testid: string) => screen.getByTestId(testid);
  const rows = () => screen.getAllByTestId("lead-row");
  const openFirst = async () => {
    await waitFor(() => rows()[0]);
    await user.click(rows()[0]!);
    await waitFor(() => id("record-name"));
  };
  return { backend, app, user, id, rows, openFirst, ...view };
}

export { screen, waitFor, within };
