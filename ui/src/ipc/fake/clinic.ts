// An invented clinic, the same one at every start: names and numbers belong to nobody.
import type { LeadState, Outcome, PhoneWarning, Source, TimelineItem } from "../backend";

/** Monday 16 March 2026, 09:42 in Việt Nam. */
export const MORNING = Date.UTC(2026, 2, 16, 2, 42);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface Inquiry {
  id: string;
  name: string;
  raw: string;
  /** National digits, `0912345678`; empty when unreadable. */
  digits: string;
  warnings: PhoneWarning[];
  question: string;
  source: Source;
  branch: string | null;
  state: LeadState;
  receivedAt: number;
  nextCallAt: number | null;
  owner: string | null;
  attempts: number;
  order: string | null;
  suspect: boolean;
  mergedInto: string | null;
  nameRivals: boolean;
  phoneRivals: string[];
  draft: string | null;
  unsent: boolean;
  promo: boolean;
  basisNote: string;
  timeline: TimelineItem[];
}

export const BRANCHES = ["CN Quận 1", "CN Quận 7", "CN Thủ Đức", "CN Gò Vấp", "CN Biên Hòa"];
export const PEOPLE = ["Trần Thị Mai", "Lê Ngọc Ánh", "Phạm Hoàng Yến", "Đỗ Minh Thư"];

const FAMILY = [
  "Nguyễn",
  "Trần",
  "Lê",
  "Phạm",
  "Hoàng",
  "Huỳnh",
  "Phan",
  "Vũ",
  "Võ",
  "Đặng",
  "Bùi",
  "Đỗ",
  "Hồ",
  "Ngô",
  "Dương",
  "Lý",
  "Đinh",
  "Trịnh",
];
const MIDDLE = [
  "Thị",
  "Văn",
  "Ngọc",
  "Minh",
  "Thị Thu",
  "Thị Ánh",
  "Hoàng",
  "Đức",
  "Quốc",
  "Thanh",
  "Gia",
  "Khánh",
  "Bảo",
  "Xuân",
  "Thị Mỹ",
  "Hữu",
];
const GIVEN = [
  "An",
  "Hương",
  "Hường",
  "Đức",
  "Hà",
  "Linh",
  "Trang",
  "Tuấn",
  "Phượng",
  "Quỳnh",
  "Vũ",
  "Lê",
  "Ngân",
  "Khoa",
  "Thảo",
  "Dũng",
  "Yến",
  "Nhi",
  "Hưng",
  "Hùng",
  "Thúy",
  "Giang",
  "Đạt",
  "Tâm",
  "Uyên",
  "Vy",
  "Ỷ Lan",
  "Phúc",
];
const QUESTIONS = [
  "Em muốn hỏi giá niềng răng trong suốt cho người lớn, răng hơi hô nhẹ. Có trả góp không ạ?",
  "Con tôi 7 tuổi bị sâu răng hàm, đau từ tối qua. Sáng nay có bác sĩ nhi không?",
  "Cho hỏi trồng một cây Implant Hàn Quốc hết khoảng bao nhiêu, làm mấy lần là xong?",
  "Tôi bị mẻ răng cửa, thứ Bảy này phòng khám có làm việc không?",
  "Muốn tẩy trắng răng trước đám cưới ngày 28/3, có kịp không ạ?",
  "Nhổ răng khôn mọc lệch có đau lắm không, có được bảo hiểm chi trả không?",
  "Răng sứ cũ bị đen viền nướu, em muốn làm lại 6 răng trên.",
  "Lấy cao răng và khám tổng quát cho hai vợ chồng, chiều thứ Sáu sau 17 giờ.",
  "Mẹ tôi 68 tuổi muốn làm hàm tháo lắp, nhà ở Biên Hòa thì tới chi nhánh nào gần nhất?",
  "Em đang niềng ở chỗ khác, muốn chuyển sang bên mình thì chi phí tính thế nào?",
  "Chảy máu chân răng cả tuần nay, có cần đặt lịch trước không?",
  "Hỏi chương trình khám răng miễn phí cho học sinh còn áp dụng không ạ?",
  "Cần xuất hóa đơn cho công ty, liên hệ ai?",
  "Tôi cần dán sứ Veneer 4 răng cửa, muốn xem mẫu và tư vấn màu răng.",
  "Gọi lại giúp em sau 18 giờ nhé, ban ngày em đi làm không nghe máy được.",
  "Đau răng hàm dưới bên trái khi nhai, uống thuốc không đỡ.",
];
const NOTES = [
  "Khách hỏi kỹ về trả góp, gửi bảng giá qua Zalo.",
  "Máy bận, chưa nghe. Thử lại sau giờ trưa.",
  "Khách hẹn thứ Bảy 10:00, đi cùng mẹ. Nhắc mang phim X-quang cũ.",
  "Khách so sánh với chỗ khác, chưa quyết. Gọi lại tuần sau.",
  "Người nhà nghe máy, báo chiều gọi lại.",
];
const PREFIXES = [
  "090",
  "091",
  "093",
  "096",
  "097",
  "098",
  "086",
  "088",
  "032",
  "035",
  "038",
  "070",
  "077",
  "079",
  "081",
  "083",
  "056",
  "089",
];
const CLOSED: LeadState[] = ["booked", "visited", "declined", "wrongNumber"];

/** Small, fast, repeatable. */
export function dice(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const idOf = (n: number): string => n.toString(16).padStart(32, "0");

function outcomeFor(state: LeadState): Outcome {
  switch (state) {
    case "booked":
    case "visited":
      return "booked";
    case "declined":
      return "declined";
    case "wrongNumber":
      return "wrongNumber";
    case "callback":
      return "callback";
    default:
      return "noAnswer";
  }
}

/** Everything that happened to an inquiry of that age and state, newest first. */
function story(of: Inquiry, roll: () => number): TimelineItem[] {
  const items: TimelineItem[] = [];
  const desk = `Quầy 1 · ${of.branch ?? BRANCHES[0]}`;
  const by = of.owner ?? PEOPLE[Math.floor(roll() * PEOPLE.length)] ?? "";
  const add = (at: number, who: string, where: string, happening: TimelineItem["happening"]) =>
    items.unshift({ key: `${of.id}:${items.length}`, at, by: who, desk: where, happening, undone: false });
  if (of.source === "web") add(of.receivedAt, "", "", { what: "received" });
  else add(of.receivedAt, by, desk, { what: "created", source: of.source, basis: "consent" });
  if (of.state === "new") return items;
  let at = of.receivedAt + (12 + Math.floor(roll() * 50)) * MINUTE;
  if (of.owner) add(at, of.owner, desk, { what: "assigned", to: of.owner });
  add((at += MINUTE), by, desk, { what: "revealed", purpose: "call" });
  for (let n = 0; n < of.attempts; n++) {
    const outcome = n === of.attempts - 1 ? outcomeFor(of.state) : "noAnswer";
    add((at += 3 * MINUTE), by, desk, { what: "called", outcome });
    if (n === 0) add(at, by, desk, { what: "stateChanged", from: "new", to: of.state });
    if (roll() < 0.7)
      add((at += MINUTE), by, desk, { what: "noted", text: NOTES[Math.floor(roll() * NOTES.length)] ?? "" });
    at = Math.min(at + (2 + Math.floor(roll() * 20)) * HOUR, MORNING - MINUTE);
  }
  if (of.nextCallAt) add(at, by, desk, { what: "nextCallSet", at: of.nextCallAt });
  return items;
}

function stateFor(age: number, roll: () => number): LeadState {
  if (age < 14 * HOUR) return roll() < 0.8 ? "new" : "contacting";
  if (age < 3 * DAY)
    return (
      (["contacting", "callback", "booked", "callback", "declined"] as const)[Math.floor(roll() * 5)] ?? "new"
    );
  return (
    (["visited", "booked", "declined", "wrongNumber", "callback", "visited", "visited"] as const)[
      Math.floor(roll() * 7)
    ] ?? "visited"
  );
}

function nextCall(state: LeadState, roll: () => number): number | null {
  if (state !== "contacting" && state !== "callback") return null;
  const hours = [-20, -1, -0.25, 0.5, 1.5, 3, 5, 6.5, 23, 25, 48, 71][Math.floor(roll() * 12)] ?? 2;
  const quarter = 15 * MINUTE;
  return Math.round((MORNING + hours * HOUR) / quarter) * quarter;
}

/** Hundreds of inquiries, newest first, some of one number, some disputed, some doubtful. */
export function makeInquiries(count: number): Inquiry[] {
  const roll = dice(20260316);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(roll() * from.length)] as T;
  const all: Inquiry[] = [];
  let age = 4 * MINUTE;
  for (let n = 0; n < count; n++) {
    age +=
      n < 9 ? (6 + roll() * 90) * MINUTE : n < 60 ? (20 + roll() * 160) * MINUTE : (2 + roll() * 20) * HOUR;
    const state = stateFor(age, roll);
    const again = n > 12 && roll() < 0.09 ? all[Math.floor(roll() * all.length)] : undefined;
    const digits = again?.digits || pick(PREFIXES) + String(Math.floor(roll() * 10_000_000)).padStart(7, "0");
    const worked = state !== "new";
    const inquiry: Inquiry = {
      id: idOf(n + 1),
      name: again?.name ?? `${pick(FAMILY)} ${pick(MIDDLE)} ${pick(GIVEN)}`,
      raw: roll() < 0.3 ? `+84 ${digits.slice(1)}` : digits,
      digits,
      warnings: [],
      question: pick(QUESTIONS),
      source: roll() < 0.72 ? "web" : pick(["walkIn", "phone", "zalo", "facebook"] as const),
      branch: roll() < 0.86 ? pick(BRANCHES) : null,
      state,
      receivedAt: Math.round(MORNING - age),
      nextCallAt: nextCall(state, roll),
      owner: worked && roll() < 0.75 ? pick(PEOPLE) : null,
      attempts: worked ? 1 + Math.floor(roll() * 3) : 0,
      order: state === "visited" && roll() < 0.6 ? `DH-${2000 + n}` : null,
      suspect: false,
      mergedInto: null,
      nameRivals: false,
      phoneRivals: [],
      draft: null,
      unsent: false,
      promo: roll() < 0.3,
      basisNote: "",
      timeline: [],
    };
    if (inquiry.source !== "web") inquiry.basisNote = "Khách đọc số tại quầy và đồng ý cho gọi lại.";
    all.push(inquiry);
  }
  peculiar(all);
  for (const one of all) one.timeline = story(one, roll);
  return all;
}

/** The cases that every screen must survive. */
function peculiar(all: Inquiry[]): void {
  const set = (n: number, change: Partial<Inquiry>) => Object.assign(all[n] ?? {}, change);
  const web = { source: "web", state: "new", nextCallAt: null, owner: null, attempts: 0 } as const;
  set(0, { ...web, name: "Nguyễn Thị Ánh Hường", branch: "CN Quận 1", promo: true });
  set(2, { ...web, name: "Công Tằng Tôn Nữ Huỳnh Thị Phương Thảo Nguyên", branch: "CN Thủ Đức" });
  set(3, {
    ...web,
    name: "",
    question:
      "Chào phòng khám, em niềng răng bên mình năm 2023 ở chi nhánh Quận 7, nay hàm duy trì bị gãy.\n\nEm đang ở xa, cuối tháng mới về TP.HCM được. Cho em hỏi:\n1. Làm lại hàm duy trì hết bao nhiêu, có bảo hành không?\n2. Có cần chụp phim lại không ạ?\n3. Trong lúc chờ thì em nên giữ răng thế nào để không bị chạy?\n\nEm cảm ơn nhiều ạ. Nhắn Zalo cho em trước khi gọi nhé.",
  });
  set(5, {
    ...web,
    name: "Trần Đức",
    raw: "0838 123 456",
    digits: "0838123456",
    warnings: ["maybeOldLandline"],
  });
  set(6, {
    state: "callback",
    nextCallAt: MORNING - 42 * MINUTE,
    owner: PEOPLE[0],
    attempts: 2,
    nameRivals: true,
  });
  set(7, {
    state: "contacting",
    nextCallAt: MORNING + 18 * MINUTE,
    owner: PEOPLE[0],
    attempts: 1,
    unsent: true,
  });
  set(9, { ...web, name: "Vũ An", raw: "012", digits: "", warnings: ["tooShort"] });
  const family = all[0];
  if (family) {
    set(16, {
      name: "Nguyễn Thị Ánh Hường",
      digits: family.digits,
      raw: family.digits,
      branch: "CN Quận 1",
      state: "visited",
      receivedAt: Date.UTC(2025, 2, 3, 3, 5),
      nextCallAt: null,
    });
    set(30, {
      name: "Nguyễn Văn Hùng",
      digits: family.digits,
      raw: family.digits,
      state: "declined",
      nextCallAt: null,
    });
    set(41, { name: "Ng. T. Ánh Hường", digits: family.digits, raw: family.digits, mergedInto: family.id });
  }
  for (const n of [20, 44, 70])
    set(n, {
      ...web,
      suspect: true,
      name: "Seo Top Google Giá Rẻ",
      question: "Tăng traffic website chỉ từ 99k, liên hệ ngay http://…",
    });
  all.sort((a, b) => b.receivedAt - a.receivedAt);
  all.forEach((one) => {
    if (CLOSED.includes(one.state)) one.nextCallAt = null;
  });
}
