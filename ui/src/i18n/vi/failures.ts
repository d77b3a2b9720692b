// Vietnamese words of what can fail anywhere: what happened, what is safe, what to do.
import type { Code } from "../../ipc/backend";
import type { Trouble } from "../vi";

export const failures = {
  keychainLocked: {
    title: "Kho khóa của máy đang khóa",
    safe: "Dữ liệu vẫn còn trên máy này.",
    todo: "Mở kho khóa rồi thử lại.",
  },
  keychainMissing: {
    title: "Không tìm thấy chìa khóa của dữ liệu",
    safe: "Dữ liệu vẫn còn trên máy này.",
    todo: "Dùng 24 từ trên tờ khôi phục.",
  },
  keychainWrong: {
    title: "Chìa khóa không khớp với dữ liệu",
    safe: "Dữ liệu vẫn còn trên máy này.",
    todo: "Dùng 24 từ trên tờ khôi phục.",
  },
  keychainUnavailable: {
    title: "Không gọi được kho khóa",
    safe: "Dữ liệu vẫn còn trên máy này.",
    todo: "Khởi động lại máy rồi thử lại.",
  },
  databaseInUse: {
    title: "Lễ Tân đang mở ở cửa sổ khác",
    safe: "Dữ liệu an toàn.",
    todo: "Đóng cửa sổ kia rồi thử lại.",
  },
  databaseDamaged: {
    title: "Tệp dữ liệu có chỗ hỏng",
    safe: "Tệp gốc được giữ nguyên.",
    todo: "Khởi động lại Lễ Tân để dựng lại từ nhật ký.",
  },
  databaseForeign: {
    title: "Dữ liệu này thuộc phòng khám khác",
    safe: "Không có gì bị sửa.",
    todo: "Trả lại đúng thư mục dữ liệu.",
  },
  databaseTooNew: {
    title: "Dữ liệu do bản mới hơn tạo ra",
    safe: "Dữ liệu vẫn còn nguyên.",
    todo: "Cài bản Lễ Tân mới nhất.",
  },
  staleCopy: {
    title: "Đây là bản dữ liệu cũ",
    safe: "Phần mềm dừng lại để không mất phần mới.",
    todo: "Trả lại thư mục dữ liệu mới nhất.",
  },
  diskFull: {
    title: "Ổ đĩa đã đầy",
    safe: "Mọi việc đã lưu vẫn còn; việc vừa làm chưa được lưu.",
    todo: "Dọn bớt tệp rồi làm lại việc vừa rồi.",
  },
  io: {
    title: "Không ghi được lên ổ đĩa",
    safe: "Mọi việc đã lưu vẫn còn; việc vừa làm chưa được lưu.",
    todo: "Kiểm tra ổ đĩa rồi làm lại.",
  },
  locked: {
    title: "Màn hình đang khóa",
    safe: "Dữ liệu vẫn còn trên máy này.",
    todo: "Mở khóa rồi làm lại.",
  },
  notReady: {
    title: "Phần mềm đang mở dữ liệu",
    safe: "Chưa có gì bị thay đổi.",
    todo: "Chờ một chút rồi làm lại.",
  },
  alreadyFounded: {
    title: "Máy này đã có phòng khám",
    safe: "Dữ liệu đang có được giữ nguyên.",
    todo: "Khởi động lại Lễ Tân để vào.",
  },
  notFound: {
    title: "Không còn thấy hồ sơ này",
    safe: "Các hồ sơ khác không bị ảnh hưởng.",
    todo: "Tìm lại theo tên hoặc số; có thể nó đã được gộp.",
  },
  emptyLead: {
    title: "Chưa có thông tin nào của khách",
    safe: "Chưa lưu gì.",
    todo: "Điền tên, số điện thoại hoặc câu hỏi.",
  },
  basisNoteMissing: {
    title: "Thiếu căn cứ giữ thông tin",
    safe: "Chưa lưu gì.",
    todo: "Ghi ngắn gọn khách đồng ý thế nào.",
  },
  badInput: {
    title: "Có ô chưa đúng",
    safe: "Những gì bạn gõ vẫn còn ở đây.",
    todo: "Xem lại rồi lưu lần nữa.",
  },
  tooLong: {
    title: "Nội dung quá dài",
    safe: "Những gì bạn gõ vẫn còn ở đây.",
    todo: "Rút ngắn rồi lưu lại.",
  },
  undoTooLate: {
    title: "Không hoàn tác được nữa",
    safe: "Hồ sơ giữ như hiện tại.",
    todo: "Sửa lại bằng tay; diễn biến ghi đủ các bước.",
  },
  alreadyUndone: {
    title: "Việc này đã được hoàn tác",
    safe: "Hồ sơ giữ như hiện tại.",
    todo: "Không cần làm gì thêm.",
  },
  cannotMerge: {
    title: "Không gộp được hai hồ sơ này",
    safe: "Cả hai hồ sơ được giữ nguyên.",
    todo: "Mở lại từng hồ sơ và xem đã gộp với nhau chưa.",
  },
  phoneUnreadable: {
    title: "Số này chưa gọi được",
    safe: "Số khách gõ vẫn được giữ nguyên.",
    todo: "Bấm Sửa và nhập lại số đúng.",
  },
  serverUnreachable: {
    title: "Không tới được máy chủ",
    safe: "Mọi việc vẫn lưu trên máy này và sẽ tự gửi khi có mạng.",
    todo: "Kiểm tra mạng và địa chỉ, rồi thử lại.",
  },
  serverRefused: {
    title: "Máy chủ không nhận",
    safe: "Mọi việc vẫn lưu trên máy này.",
    todo: "Xem cảnh báo trong Cài đặt hoặc gọi người quản trị.",
  },
  serverTooOld: {
    title: "Máy chủ dùng phiên bản khác",
    safe: "Mọi việc vẫn lưu trên máy này.",
    todo: "Nhờ người quản trị nâng cấp máy chủ.",
  },
  badAddress: {
    title: "Địa chỉ chưa đúng",
    safe: "Chưa gửi gì đi.",
    todo: "Gõ đủ địa chỉ, ví dụ https://form.nhakhoa.vn",
  },
  insecureAddress: {
    title: "Địa chỉ này không được bảo vệ",
    safe: "Chưa gửi gì đi.",
    todo: "Dùng địa chỉ bắt đầu bằng https://",
  },
  wrongSetupCode: {
    title: "Mã dùng một lần không đúng",
    safe: "Chưa gửi gì đi.",
    todo: "Xem lại mã trên màn hình máy chủ rồi gõ lại.",
  },
  alreadyClaimed: {
    title: "Máy chủ này đã thuộc phòng khám khác",
    safe: "Dữ liệu của bạn không bị gửi đi.",
    todo: "Kiểm tra lại địa chỉ, hoặc dùng máy chủ khác.",
  },
  notClaimed: {
    title: "Chưa nối máy chủ",
    safe: "Mọi việc vẫn lưu trên máy này.",
    todo: "Nối máy chủ trong Cài đặt.",
  },
  clockSkew: {
    title: "Đồng hồ máy này lệch nhiều",
    safe: "Mọi việc vẫn lưu trên máy này.",
    todo: "Chỉnh lại ngày giờ của máy rồi thử lại.",
  },
  revoked: {
    title: "Máy này không còn được phép đồng bộ",
    safe: "Dữ liệu đã có vẫn còn trên máy này.",
    todo: "Gọi chủ phòng khám để thêm lại máy.",
  },
  wrongWords: {
    title: "24 từ này không mở được dữ liệu",
    safe: "Dữ liệu vẫn còn nguyên.",
    todo: "Kiểm tra có đúng tờ của phòng khám này, đủ 24 từ và đúng thứ tự.",
  },
  wordsTypo: {
    title: "Có một từ gõ sai",
    safe: "Dữ liệu vẫn còn nguyên.",
    todo: "Xem lại chính tả của từ được báo.",
  },
  kitAnswersWrong: {
    title: "Có từ chưa khớp với tờ giấy",
    safe: "Chưa có gì thay đổi.",
    todo: "Xem lại số thứ tự của từ và gõ lại.",
  },
  openerFailed: {
    title: "Không mở được ứng dụng gọi",
    safe: "Số đã được ghi vào nhật ký là đã mở.",
    todo: "Bấm Hiện số và bấm gọi bằng điện thoại bàn.",
  },
  clipboardFailed: {
    title: "Không chép được vào bộ nhớ tạm",
    safe: "Hồ sơ không thay đổi.",
    todo: "Bấm Hiện số và gõ tay.",
  },
  internal: {
    title: "Có lỗi ngoài dự tính",
    safe: "Dữ liệu đã lưu vẫn còn trên máy này.",
    todo: "Làm lại lần nữa. Nếu vẫn lỗi, khởi động lại Lễ Tân.",
  },
} satisfies Partial<Record<Code, Trouble>>;
