// Just enough of the rules for the fake: reading, masking and folding.
import type { PhoneKind, PhoneWarning } from "../backend";

export function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase();
}

export function mask(digits: string): string {
  if (!digits) return "";
  if (digits.length < 7) return "•".repeat(digits.length);
  return `${digits.slice(0, 2)}•• ••• ${digits.slice(-3)}`;
}

export interface FakeReading {
  digits: string;
  display: string;
  kind: PhoneKind;
  warnings: PhoneWarning[];
}

export function readPhone(text: string): FakeReading {
  const warnings: PhoneWarning[] = [];
  let digits = text.replace(/[\s.()-]/g, "");
  if (!digits) return { digits: "", display: "", kind: "none", warnings };
  digits = digits.replace(/^(\+84|0084)/, "0");
  if (/^84\d{9}$/.test(digits)) digits = `0${digits.slice(2)}`;
  if (/^[35789]\d{8}$/.test(digits)) {
    digits = `0${digits}`;
    warnings.push("excelZeroRestored");
  }
  const bad = (warning: PhoneWarning): FakeReading => ({
    digits: "",
    display: "",
    kind: "unreadable",
    warnings: [...warnings, warning],
  });
  if (!/^\d+$/.test(digits)) return { digits: "", display: "", kind: "unreadable", warnings };
  if (/^1[89]00/.test(digits)) return { digits, display: digits, kind: "hotline", warnings: ["notAPerson"] };
  if (digits.length < 10) return bad("tooShort");
  if (digits.length > 11) return bad("tooLong");
  if (/^0838/.test(digits)) warnings.push("maybeOldLandline");
  const display = `${digits.slice(0, 4)} ${digits.slice(4, 7)} ${digits.slice(7)}`;
  return { digits, display, kind: digits.startsWith("02") ? "landline" : "mobile", warnings };
}
