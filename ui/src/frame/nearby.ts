// The PCs of the clinic that answer in the local network, in one sentence.
import { i18n } from "../i18n/index.svelte";
import type { Nearby } from "../ipc/backend";

export function nearbyWords(nearby: readonly Nearby[]): string {
  const { t, f } = i18n;
  if (nearby.length === 0) return "";
  const last = Math.max(0, ...nearby.map((near) => near.syncedAt ?? 0));
  return last > 0 ? t.desks.near.some(nearby.length, f.time(last)) : t.desks.near.someNever(nearby.length);
}
