// Vietnamese words about backups: making them, trying them out, coming back from one.
import type { BackupOutcome } from "../../ipc/backend";
import type { Trouble } from "../vi";
import { so } from "./count";

export const backups = {
  last: (when: string, entries: number) => `Bản sao gần nhất: ${when}, ${so(entries)} mục.`,
  lastGood: (when: string) => `Bản sao tốt gần nhất: ${when}.`,
  drillGood: (date: string) => `Đã thử mở lại ngày ${date}: tốt.`,
  drillNever: "Chưa thử mở lại lần nào.",
  drillFailed: (date: string, why: string) => `Thử mở lại ngày ${date} không được: ${why}.`,
  lastFailed: (when: string, why: string) => `Lần sao lưu ${when} không được: ${why}.`,
  neverHint: "Nếu máy này hỏng hoặc bị mất, những gì chỉ có ở đây sẽ mất theo.",
  outcome: {
    good: "tốt",
    folderMissing: "không thấy nơi cất (ổ chưa cắm hoặc ổ mạng đang tắt)",
    noRoom: "nơi cất đã đầy",
    damaged: "tệp bị hỏng hoặc không mở được",
    failed: "hệ điều hành không cho ghi",
  } satisfies Record<BackupOutcome, string>,
  outcomeTodo: {
    good: "Không cần làm gì.",
    folderMissing: "Cắm lại ổ đó, hoặc chọn nơi khác, rồi bấm Sao lưu ngay.",
    noRoom: "Dọn bớt chỗ hoặc chọn nơi khác, rồi bấm Sao lưu ngay.",
    damaged: "Bấm Sao lưu ngay để có bản mới. Nếu lại hỏng, hãy đổi ổ khác.",
    failed: "Chọn nơi khác mà máy này được phép ghi, rồi bấm Sao lưu ngay.",
  } satisfies Record<BackupOutcome, string>,
  overdueTitle: "Đã quá hai ngày chưa có bản sao tốt",
  overdueNever: "Dữ liệu của phòng khám chưa có bản sao nào",
  overdueSafe: "Công việc vẫn chạy bình thường, dữ liệu trên máy này vẫn còn.",
  open: "Mở Sao lưu",
  place: "Nơi cất bản sao",
  placeAt: (place: string, kept: number) => `${place} – đang giữ ${so(kept)} bản`,
  placeNone: "Chưa chọn nơi cất.",
  placeHint: "Tốt nhất là ổ cứng cắm ngoài hoặc ổ mạng, để máy này hỏng thì bản sao vẫn còn.",
  choose: "Chọn nơi cất",
  change: "Đổi nơi cất",
  otherFolder: "Thư mục khác…",
  drives: "Các ổ đang cắm",
  now: "Sao lưu ngay",
  drill: "Thử mở lại ngay",
  drillHint:
    "Mở bản sao mới nhất ở một chỗ riêng, kiểm tra từng mục rồi bỏ đi. Dữ liệu đang dùng không bị đụng tới.",
  running: "Đang làm, khoảng một phút. Bạn cứ làm việc tiếp.",
  done: (entries: number) => `Đã sao lưu ${so(entries)} mục`,
  drilled: (leads: number) => `Bản sao mở lại tốt: ${so(leads)} khách`,
  placed: "Đã chọn nơi cất bản sao",
  automatic:
    "Khi nơi cất đang cắm, máy tự sao lưu mỗi ngày và tự thử mở lại mỗi tuần. Mỗi bản được giữ 35 ngày rồi tự xóa.",
  protects: "Bản sao cứu được gì",
  protectsList: [
    "Máy hỏng, ổ cứng hỏng, máy bị mất hoặc cháy",
    "Virus khóa tệp, nếu ổ chứa bản sao lúc đó không cắm vào máy",
    "Mất cả máy chủ lẫn mọi máy khác",
  ].join("\n"),
  not: "Không cứu được gì",
  notList: [
    "Mất tờ 24 từ: không có 24 từ thì không ai mở được bản sao, kể cả chúng tôi",
    "Những gì ghi sau bản sao gần nhất mà chưa gửi đi đâu",
    "Ổ chứa bản sao mất cùng lúc với máy",
  ].join("\n"),
  sealed: "Bản sao được mã hóa. Ai nhặt được ổ cũng không đọc được nếu không có 24 từ.",
  restore: {
    title: "Lấy lại từ bản sao",
    startHint: "Có ổ cứng hoặc USB chứa bản sao, và tờ giấy có 24 từ. Không có mạng cũng làm được.",
    hint: "Cắm ổ có bản sao vào máy này, và chuẩn bị tờ 24 từ.",
    driveTitle: "Bản sao nằm ở ổ nào?",
    looking: "Đang tìm bản sao…",
    fileTitle: "Chọn bản sao",
    fileHint: "Mới nhất ở trên cùng. Thường thì chọn bản đầu tiên.",
    newest: "Mới nhất",
    file: (clinic: string, desk: string) => `${clinic} – từ máy ${desk}`,
    made: (when: string, size: string) => `${when} · ${size}`,
    none: "Không thấy bản sao nào trên ổ này",
    noneHint: "Thử ổ khác. Bản sao nằm trong thư mục “LeTan”.",
    otherDrive: "Ổ khác",
    wordsTitle: "24 từ và máy này",
    wordsHint: (when: string) =>
      `Mở bản sao ${when}. Máy này sẽ được ghi là một máy mới. Nếu đang có mạng, những gì ghi sau bản sao cũng được lấy về từ máy chủ.`,
    do: "Lấy lại dữ liệu",
    working: "Đang mở và kiểm tra từng mục. Có thể mất vài phút, xin đừng rút ổ.",
    doneTitle: "Đã lấy lại dữ liệu",
    doneHint: "Mọi mục lấy về đều đã được kiểm tra chữ ký.",
    lost: "Những phần không có trong bản sao:",
    all: "Không thiếu gì so với lúc sao lưu.",
    start: "Bắt đầu làm việc",
  },
};

export const backupsFailure = {
  backupPlaceMissing: {
    title: "Không thấy nơi cất bản sao",
    safe: "Dữ liệu trên máy này vẫn còn nguyên.",
    todo: "Cắm lại ổ đó hoặc chọn nơi khác, rồi làm lại.",
  },
  backupDamaged: {
    title: "Bản sao này bị hỏng",
    safe: "Chưa có gì thay đổi trên máy này, tệp bản sao vẫn giữ nguyên.",
    todo: "Chọn một bản sao khác, của ngày trước hoặc của máy khác.",
  },
} satisfies Record<string, Trouble>;
