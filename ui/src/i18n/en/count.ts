// Counted things as English writes them.
const thousands = new Intl.NumberFormat("en-GB");
const rules = new Intl.PluralRules("en");

export const num = (n: number): string => thousands.format(n);

export const s = (n: number, one: string, many = `${one}s`): string =>
  `${num(n)} ${rules.select(n) === "one" ? one : many}`;
