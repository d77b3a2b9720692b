// Waiting for something to become true, never for time to pass.

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks `find` until it gives something truthy; after `ms` fails with `what` and the last error. */
export async function until(what, find, ms = 20_000) {
  const end = performance.now() + ms;
  for (let last; ;) {
    try {
      const found = await find();
      if (found) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`waited ${ms} ms in vain for: ${what}`, { cause: last });
    await pause(40);
  }
}
