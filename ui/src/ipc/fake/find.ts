// How the invented list is searched and put in order.
import type { LeadSort } from "../backend";
import type { Inquiry } from "./clinic";
import { fold } from "./phone";

export function search(list: Inquiry[], text: string): Inquiry[] {
  const digits = text.replace(/[\s.+-]/g, "");
  if (/^\d+$/.test(digits)) {
    const national = digits.startsWith("84") && digits.length > 4 ? digits.slice(2) : digits;
    return list.filter((one) => one.digits.includes(national));
  }
  const words = fold(text).split(/\s+/);
  const hits = list.filter((one) => {
    const all = fold(`${one.name} ${one.question}`);
    return words.every((word) => all.includes(word));
  });
  const exact = (one: Inquiry) =>
    Number(!`${one.name} ${one.question}`.toLowerCase().includes(text.toLowerCase()));
  return hits.sort((a, b) => exact(a) - exact(b));
}

export function sorted(list: Inquiry[], sort: LeadSort): Inquiry[] {
  const given = (one: Inquiry) => one.name.split(" ").reverse().join(" ");
  const far = Number.MAX_SAFE_INTEGER;
  const by: Record<LeadSort, (a: Inquiry, b: Inquiry) => number> = {
    work: (a, b) =>
      Number(a.state !== "new") - Number(b.state !== "new") ||
      (a.state === "new" ? a.receivedAt - b.receivedAt : b.receivedAt - a.receivedAt),
    newest: (a, b) => b.receivedAt - a.receivedAt,
    name: (a, b) => given(a).localeCompare(given(b), "vi"),
    nextCall: (a, b) => (a.nextCallAt ?? far) - (b.nextCallAt ?? far),
  };
  return [...list].sort(by[sort]);
}
