// The likely times for the next call, in the clinic's time zone.
import { atHour, dayOf, hourOf, weekdayOf } from "../../i18n/format";
import type { Catalogue } from "../../i18n/index.svelte";

export interface QuickTime {
  name: string;
  at: number;
  label: (t: Catalogue) => string;
}

const HOUR = 3_600_000;
const QUARTER = 15 * 60_000;
const MONDAY = 1;
const CLOSES = 20;

/** Only times that lie ahead and within opening hours; never two for the same moment. */
export function quickTimes(now: number): QuickTime[] {
  const today = dayOf(now);
  const round = (at: number) => Math.ceil(at / QUARTER) * QUARTER;
  const toMonday = (MONDAY - weekdayOf(now) + 7) % 7 || 7;
  const all: QuickTime[] = [
    ...[1, 2].map((n) => ({
      name: `${n}h`,
      at: round(now + n * HOUR),
      label: (t: Catalogue) => t.record.quickHours(n),
    })),
    { name: "afternoon", at: atHour(today, 16), label: (t) => t.record.quickAfternoon },
    { name: "tomorrow", at: atHour(today + 1, 9), label: (t) => t.record.quickTomorrow },
    { name: "after-tomorrow", at: atHour(today + 2, 9), label: (t) => t.record.quickAfterTomorrow },
    { name: "monday", at: atHour(today + toMonday, 9), label: (t) => t.record.quickMonday },
  ];
  return all.filter(
    (one, n) =>
      one.at > now + QUARTER &&
      hourOf(one.at) < CLOSES &&
      hourOf(one.at) >= 7 &&
      all.findIndex((other) => other.at === one.at) === n,
  );
}
