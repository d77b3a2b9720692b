// Vietnamese words of what keeps the window from opening, and the ways back in.
import type { Trouble } from "../vi";

export const trouble = {
  trouble: {
    keychain: {
      locked: {
        title: "Kho khóa của máy đang khóa",
        safe: "Dữ liệu vẫn còn nguyên trên máy này, vẫn được mã hóa.",
        todo: "Hãy đăng nhập lại hệ điều hành hoặc mở kho khóa (trên Linux: “Mật khẩu và khóa”), rồi bấm Thử lại.",
      },
      missing: {
        title: "Không tìm thấy chìa khóa của dữ liệu",
        safe: "Dữ liệu vẫn còn nguyên trên máy này. Không có gì bị xóa, cũng không có gì được tạo đè lên.",
        todo: "Thường do cài lại Windows hoặc đổi tài khoản. Đăng nhập đúng tài khoản rồi Thử lại, hoặc dùng 24 từ trên tờ khôi phục.",
      },
      wrong: {
        title: "Chìa khóa không khớp với dữ liệu",
        safe: "Dữ liệu vẫn còn nguyên. Phần mềm không thử ghi gì lên đó.",
        todo: "Có thể thư mục dữ liệu được chép từ máy khác. Trả lại thư mục cũ rồi Thử lại, hoặc dùng 24 từ trên tờ khôi phục.",
      },
      unavailable: {
        title: "Không gọi được kho khóa của hệ điều hành",
        safe: "Dữ liệu vẫn còn nguyên trên máy này, vẫn được mã hóa.",
        todo: "Khởi động lại máy rồi thử lại. Trên Linux cần có dịch vụ Secret Service (ví dụ gnome-keyring) đang chạy.",
      },
    } satisfies Record<string, Trouble>,
    database: {
      inUse: {
        title: "Lễ Tân đang mở ở một cửa sổ khác",
        safe: "Dữ liệu an toàn: mỗi lúc chỉ một cửa sổ được ghi.",
        todo: "Tìm biểu tượng Lễ Tân cạnh đồng hồ, hoặc đóng cửa sổ kia rồi bấm Thử lại.",
      },
      damaged: {
        title: "Tệp dữ liệu có chỗ hỏng",
        safe: "Tệp gốc được giữ nguyên, không bị ghi đè. Những gì đã lên máy chủ vẫn còn ở đó.",
        todo: "Bấm Sửa dữ liệu: phần mềm chép bản gốc sang một bên, rồi lấy lại mọi thứ còn nguyên vẹn và cho bạn biết thiếu gì.",
      },
      foreign: {
        title: "Dữ liệu này thuộc phòng khám khác",
        safe: "Không có gì bị đọc hay sửa.",
        todo: "Có thể thư mục dữ liệu bị chép nhầm. Trả lại thư mục đúng rồi bấm Thử lại.",
      },
      tooNew: {
        title: "Dữ liệu do bản Lễ Tân mới hơn tạo ra",
        safe: "Dữ liệu vẫn còn nguyên. Bản cũ này không đụng vào để khỏi làm hỏng.",
        todo: "Hãy cài bản Lễ Tân mới nhất rồi mở lại.",
      },
      diskFull: {
        title: "Ổ đĩa đã đầy",
        safe: "Mọi việc đã lưu vẫn còn. Việc chưa lưu thì chưa được ghi.",
        todo: "Xóa bớt tệp không cần hoặc dọn thùng rác, rồi bấm Thử lại.",
      },
      staleCopy: {
        title: "Đây là bản dữ liệu cũ",
        safe: "Máy này đã từng ghi nhiều hơn thế. Phần mềm dừng lại để không làm mất phần mới.",
        todo: "Nếu bạn vừa phục hồi một bản sao, hãy trả lại thư mục mới nhất, hoặc dùng 24 từ để nối lại máy này.",
      },
      io: {
        title: "Không đọc được ổ đĩa",
        safe: "Những gì đã lưu trước đó không bị sửa.",
        todo: "Kiểm tra ổ đĩa và quyền của thư mục dữ liệu, rồi bấm Thử lại.",
      },
    } satisfies Record<string, Trouble>,
    what: "Điều gì được an toàn",
    todo: "Cần làm gì",
    recover: "Dùng 24 từ khôi phục",
    still: "Vẫn chưa được. Tình trạng như trước.",
    quit: "Đóng phần mềm",
  },
  repair: {
    do: "Sửa dữ liệu",
    title: "Đã dựng lại dữ liệu. Bản gốc vẫn được giữ bên cạnh.",
    recovered: "Đã mở lại bằng 24 từ. Khách và lịch sử còn đủ.",
    all: "Mọi thứ đã trở lại đủ.",
    lost: "Những phần chưa lấy lại được:",
    what: {
      drafts: "Ghi chú đang gõ dở trên máy này",
      views: "Các danh sách đã lưu",
      profile: "Tên người trực và kết quả kiểm tra bộ khôi phục",
      serverLink: "Kết nối máy chủ: hãy nối lại trong Cài đặt",
    },
    entries: (author: string, seq: string) =>
      `Các mục của ${author} sau mục số ${seq}; máy chủ hoặc máy khác có thể vẫn còn`,
  },
  recover: {
    title: "Mở lại bằng 24 từ",
    hint: "Gõ 24 từ trên tờ khôi phục, cách nhau bằng dấu cách. Máy này sẽ được ghi là một máy mới; dữ liệu cũ giữ nguyên.",
    words: "24 từ khôi phục",
    count: (n: number) => `${n} / 24 từ`,
    typo: (n: number) => `Từ số ${n} không có trong danh sách. Hãy xem lại chính tả của từ này.`,
    order: "Đủ từ nhưng chưa khớp nhau. Hãy so lại từng từ và thứ tự với tờ giấy.",
    do: "Mở lại dữ liệu",
  },
};
