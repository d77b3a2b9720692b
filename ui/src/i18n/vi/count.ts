// Numbers as Vietnamese writes them.
const thousands = new Intl.NumberFormat("vi-VN");

export const so = (n: number): string => thousands.format(n);
