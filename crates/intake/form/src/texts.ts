// Every sentence that a visitor reads, in Vietnamese and English.

/** The sentences of one language; `{clinic}` and `{version}` are filled in. */
const vi = {
  title: "Gửi câu hỏi cho nha khoa",
  intro: "Chúng tôi gọi lại tư vấn miễn phí.",
  name: "Họ tên",
  phone: "Số điện thoại",
  question: "Anh/chị cần tư vấn điều gì?",
  optional: "không bắt buộc",
  required: "bắt buộc",
  promo: "Nhận tin khuyến mãi qua",
  promoHint: "Không chọn vẫn được tư vấn như thường, và anh/chị đổi ý lúc nào cũng được.",
  call: "Gọi điện",
  sms: "Tin nhắn SMS",
  zalo: "Zalo",
  email: "Email",
  notice: "Thông báo về dữ liệu cá nhân",
  version: "bản {version}",
  print: "Mở bản để in hoặc lưu",
  consent:
    "Khi bấm “Gửi câu hỏi”, anh/chị đồng ý để {clinic} dùng những điều viết ở trên vào việc gọi lại tư vấn, theo thông báo dưới đây. Tình trạng răng miệng là dữ liệu cá nhân nhạy cảm: anh/chị chỉ cần viết điều mình muốn nói.",
  send: "Gửi câu hỏi",
  sending: "Đang gửi…",
  trap: "Để trống ô này",
  thanks: "Cảm ơn anh/chị! Nha khoa đã nhận được câu hỏi và sẽ gọi lại.",
  another: "Gửi câu hỏi khác",
  needName: "Anh/chị cho biết tên để tiện xưng hô.",
  needPhone: "Anh/chị cho số điện thoại để nha khoa gọi lại.",
  oddPhone: "Số này có vẻ thiếu hoặc thừa chữ số. Anh/chị xem lại giúp; nếu đúng rồi thì bấm Gửi lần nữa.",
  loading: "Đang tải biểu mẫu…",
  unreachable: "Chưa tải được biểu mẫu. Anh/chị thử lại sau ít phút, hoặc gọi trực tiếp cho nha khoa.",
  retry: "Thử lại",
  unknown:
    "Đường truyền bị ngắt nên chưa chắc câu hỏi đã tới nơi. Những gì anh/chị viết vẫn còn ở đây: bấm Gửi lần nữa, câu hỏi không bị gửi trùng.",
  busy: "Máy chủ đang bận, câu hỏi chưa được gửi. Những gì anh/chị viết vẫn còn ở đây; xin thử lại sau ít phút.",
  invalid:
    "Máy chủ không nhận nội dung này, câu hỏi chưa được gửi. Anh/chị thử viết ngắn hơn, hoặc gọi trực tiếp cho nha khoa.",
  closed:
    "Biểu mẫu tạm thời chưa nhận câu hỏi. Những gì anh/chị viết vẫn còn ở đây; xin gọi trực tiếp cho nha khoa.",
};

/** The sentences of one language. */
export type Texts = typeof vi;

const en: Texts = {
  title: "Ask the dental clinic",
  intro: "We call you back. Advice is free.",
  name: "Full name",
  phone: "Phone number",
  question: "What would you like to know?",
  optional: "optional",
  required: "required",
  promo: "Receive offers by",
  promoHint: "You get advice all the same without it, and you can change your mind at any time.",
  call: "Phone call",
  sms: "SMS",
  zalo: "Zalo",
  email: "Email",
  notice: "Personal data notice",
  version: "version {version}",
  print: "Open a copy to print or keep",
  consent:
    "By pressing “Send” you agree that {clinic} uses what you wrote above to call you back with advice, as the notice below says. The state of your teeth is sensitive personal data: write only what you wish to tell.",
  send: "Send",
  sending: "Sending…",
  trap: "Leave this field empty",
  thanks: "Thank you! The clinic has received your question and will call you back.",
  another: "Ask another question",
  needName: "Please tell us your name.",
  needPhone: "Please give us a number to call back.",
  oddPhone:
    "This number seems to have too few or too many digits. Please check it; if it is right, press Send again.",
  loading: "Loading the form…",
  unreachable: "The form could not be loaded. Please try again in a few minutes, or call the clinic.",
  retry: "Try again",
  unknown:
    "The connection broke, so it is not certain that your question arrived. What you wrote is still here: press Send again, it will not be sent twice.",
  busy: "The server is busy and your question was not sent. What you wrote is still here; please try again in a few minutes.",
  invalid:
    "The server did not accept this and your question was not sent. Please write less, or call the clinic.",
  closed: "The form takes no questions at the moment. What you wrote is still here; please call the clinic.",
};

/** The catalogue for a language tag; Vietnamese unless it is English. */
export const textsFor = (language: string | undefined): Texts =>
  language?.toLowerCase().startsWith("en") ? en : vi;

/** Both catalogues, for tests. */
export const catalogues = { vi, en };
