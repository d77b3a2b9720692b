// How far a record has travelled, in a picture and in words.
import CloudCheck from "@lucide/svelte/icons/cloud-check";
import CloudUpload from "@lucide/svelte/icons/cloud-upload";
import MonitorCheck from "@lucide/svelte/icons/monitor-check";
import { i18n } from "../../i18n/index.svelte";
import type { SyncMark } from "../../ipc/backend";

export const syncIcon = { onlyHere: CloudUpload, elsewhere: MonitorCheck, onServer: CloudCheck };

export function syncWords(mark: SyncMark, now: number): string {
  const { t, f } = i18n;
  switch (mark.where) {
    case "onlyHere":
      return t.desks.mark.onlyHere;
    case "elsewhere":
      return t.desks.mark.elsewhere(f.near(mark.at, now));
    case "onServer":
      // 0: it came from there, so nobody here knows since when
      return mark.at > 0 ? t.desks.mark.onServerAt(f.near(mark.at, now)) : t.desks.mark.onServer;
  }
}
