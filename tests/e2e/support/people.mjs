// A hundred visitors that nobody else in the world is called like: what a scan for remnants looks for.

const FAMILY = ["Nguyễn", "Trần", "Lê", "Phạm", "Đặng", "Vũ", "Bùi", "Đỗ", "Hồ", "Ngô"];
const MIDDLE = [
  "Thị Quỳnh",
  "Văn Đức",
  "Hoàng Ánh",
  "Ngọc Thuỷ",
  "Hữu Phước",
  "Minh Tuệ",
  "Thuý Hường",
  "Xuân Diễm",
  "Khánh Ỷ",
  "Bảo Trường",
];
const COMPLAINT = [
  "đau buốt khi uống nước đá",
  "chảy máu chân răng",
  "răng khôn mọc lệch",
  "muốn niềng răng",
  "rơi mão sứ",
];

/** Visitor number `n`: name, phone and question are each unlike any other's. */
export function person(n) {
  const mark = `${String.fromCharCode(65 + Math.floor(n / 26))}${String.fromCharCode(65 + (n % 26))}`;
  return {
    name: `${FAMILY[n % 10]} ${MIDDLE[Math.floor(n / 10) % 10]} Kẹ${mark.toLowerCase()}ỡng`,
    phone: `09${(13_570_000 + n * 7_919).toString().padStart(8, "0")}`,
    question: `${COMPLAINT[n % 5]}, hỏi lần thứ ${n + 1} mã Ỡ${mark}ợ`,
  };
}

/** The first `count` of them. */
export const people = (count) => Array.from({ length: count }, (_, n) => person(n));
