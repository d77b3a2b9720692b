// Dates, times, ages and numbers, by Intl, in the clinic's time zone whatever the PC's is.
import type { Catalogue } from "./vi";

const ZONE = "Asia/Ho_Chi_Minh";
/** Việt Nam has had one offset without summer time since 1975. */
const OFFSET = 7 * 3_600_000;
const DAY = 86_400_000;
const MINUTE = 60_000;

/** Days since the epoch on the clinic's calendar. */
export const dayOf = (at: number): number => Math.floor((at + OFFSET) / DAY);

/** The instant at which the clinic's clocks show `hour:minute` on that day. */
export const atHour = (day: number, hour: number, minute = 0): number =>
  day * DAY - OFFSET + hour * 3_600_000 + minute * MINUTE;

/** Hour of the clinic's day, 0–23. */
export const hourOf = (at: number): number => Math.floor((at + OFFSET - dayOf(at) * DAY) / 3_600_000);

/** 0 Sunday … 6 Saturday. */
export const weekdayOf = (at: number): number => (dayOf(at) + 4) % 7;

/** `yyyy-MM-dd` and `HH:mm`, for native date and time inputs. */
export function toInputs(at: number): { date: string; time: string } {
  const iso = new Date(at + OFFSET).toISOString();
  return { date: iso.slice(0, 10), time: iso.slice(11, 16) };
}

/** The instant that native date and time inputs name; `null` while incomplete. */
export function fromInputs(date: string, time: string): number | null {
  const at = Date.parse(`${date}T${time || "09:00"}:00Z`);
  return Number.isNaN(at) ? null : at - OFFSET;
}

export interface Formats {
  time(at: number): string;
  date(at: number): string;
  dateTime(at: number): string;
  month(at: number): string;
  /** A day of the coming weeks: "Thứ 3 17/03". */
  day(at: number): string;
  /** Nearest way a person would say it: "hôm nay 14:00", "Th 2 16/03 09:00". */
  near(at: number, now: number): string;
  /** How long ago, in one unit. */
  age(at: number, now: number): string;
  number(n: number): string;
  /** Minutes and seconds that are left: "14:32". */
  left(ms: number): string;
  /** Size of a file or of free room, in the unit people read on the package. */
  size(bytes: number): string;
}

export function makeFormats(language: "vi" | "en", t: Catalogue): Formats {
  // en-GB because day/month order must not change with the language
  const locale = language === "vi" ? "vi-VN" : "en-GB";
  const of = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { timeZone: ZONE, ...options });
  const time = of({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const date = of({ day: "2-digit", month: "2-digit", year: "numeric" });
  // Intl's own Vietnamese short forms ("16-03", "tháng 03, 2026") are not what a clinic writes
  const short = (at: number) => date.format(at).slice(0, 5);
  const weekday = of({ weekday: language === "vi" ? "narrow" : "short" });
  const number = new Intl.NumberFormat(locale);
  const short1 = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const units = Object.fromEntries(
    (["minute", "hour", "day"] as const).map((unit) => [
      unit,
      new Intl.NumberFormat(locale, {
        style: "unit",
        unit,
        unitDisplay: unit === "day" || language === "vi" ? "long" : "short",
      }),
    ]),
  ) as Record<"minute" | "hour" | "day", Intl.NumberFormat>;

  const self: Formats = {
    time: (at) => time.format(at),
    date: (at) => date.format(at),
    dateTime: (at) => `${date.format(at)} ${time.format(at)}`,
    month: (at) => date.format(at).slice(3),
    day: (at) => `${weekday.format(at)} ${short(at)}`,
    near(at, now) {
      const days = dayOf(at) - dayOf(now);
      if (days === 0) return t.time.today(self.time(at));
      if (days === 1) return t.time.tomorrow(self.time(at));
      if (days === -1) return t.time.yesterday(self.time(at));
      if (Math.abs(days) < 7) return `${weekday.format(at)} ${short(at)} ${self.time(at)}`;
      if (Math.abs(days) < 300) return `${short(at)} ${self.time(at)}`;
      return self.date(at);
    },
    age(at, now) {
      const minutes = Math.max(0, Math.floor((now - at) / MINUTE));
      if (minutes < 1) return t.time.now;
      if (minutes < 60) return units.minute.format(minutes);
      if (minutes < 24 * 60) return units.hour.format(Math.floor(minutes / 60));
      const days = Math.floor(minutes / 1440);
      return days < 100 ? units.day.format(days) : self.month(at);
    },
    number: (n) => number.format(n),
    left(ms) {
      const seconds = Math.max(0, Math.ceil(ms / 1000));
      return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    },
    size(bytes) {
      const [unit, of] = bytes >= 1e9 ? (["GB", 1e9] as const) : (["MB", 1e6] as const);
      return `${short1.format(bytes / of)} ${unit}`;
    },
  };
  return self;
}
