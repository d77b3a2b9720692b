//! What the invented leads are made of.

pub const BRANCHES: &[&str] = &[
    "Quận 1", "Quận 3", "Quận 7", "Gò Vấp", "Thủ Đức", "Tân Bình", "Bình Thạnh", "Cầu Giấy", "Đống Đa", "Hải Châu",
    "Ninh Kiều", "Biên Hòa",
];

pub const FAMILY: &[&str] = &[
    "Nguyễn", "Nguyễn", "Nguyễn", "Nguyễn", "Nguyễn", "Trần", "Trần", "Trần", "Lê", "Lê", "Phạm", "Phạm", "Hoàng",
    "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Đinh", "Mai", "Trịnh", "Đoàn",
    "Lâm", "Cao", "Tạ", "Châu", "Tô", "Hà", "Trương", "Lương", "Thái", "Kiều", "Quách", "Vương", "Đào", "La", "Từ",
    "Ông", "Mạc", "Khổng", "Nghiêm", "Tôn", "Phùng", "Chu",
];

pub const MIDDLE: &[&str] = &[
    "Minh", "Ngọc", "Thanh", "Đức", "Hoàng", "Quốc", "Hữu", "Xuân", "Thu", "Kim", "Mỹ", "Bảo", "Gia", "Anh", "Tuấn",
    "Công", "Đình", "Hồng", "Phương", "Khánh", "Như", "Quỳnh", "Diệu", "Bích", "Trọng", "Chí", "Nhật", "Thiên",
    "Tường", "Cẩm", "Ánh", "Hải", "Mạnh", "Duy", "Tiến", "Phúc", "Thùy", "Trúc", "Yến", "Vân", "Lệ", "Mộng", "Ái",
    "Tú", "Uyên", "Viết", "Bá", "Thế", "Quang", "Huy",
];

pub const GIVEN_F: &[&str] = &[
    "Linh", "Hương", "Trang", "Lan", "Hoa", "Mai", "Hạnh", "Thảo", "Ngọc", "Anh", "Hằng", "Thu", "Hà", "Phương",
    "Nhung", "Yến", "Vân", "Loan", "Thủy", "Nga", "Dung", "Hiền", "Oanh", "Trinh", "Quyên", "Tuyết", "Châu", "Ly",
    "My", "Vy", "Ngân", "Diễm", "Hường", "Huyền", "Giang", "Trâm", "Uyên", "Nhi", "Như", "Thư", "Tiên", "Cúc", "Đào",
    "Liên", "Sen", "Bích", "Xuân", "Thắm", "Tâm", "Ánh", "Chi", "Khanh", "Thương", "Thoa", "Hậu", "Duyên", "Phượng",
    "Trúc", "Quỳnh", "Diệp", "Kiều", "Lệ", "Nguyệt", "Mận", "Lý", "Gấm", "Hồng", "Ân", "Tú", "Hân", "Bảo Trân",
    "Tường Vy", "Khánh Ngân", "Ái Nhi", "Mỹ Duyên",
];

pub const GIVEN_M: &[&str] = &[
    "Hùng", "Dũng", "Tuấn", "Nam", "Long", "Minh", "Hải", "Sơn", "Thành", "Đức", "Hưng", "Bình", "Cường", "Khánh",
    "Phúc", "Quân", "Tùng", "Huy", "Khoa", "Phong", "Trung", "Kiên", "Tài", "Thắng", "Vinh", "Việt", "Hiếu", "Đạt",
    "Lộc", "Toàn", "An", "Hoàng", "Quang", "Tiến", "Duy", "Nghĩa", "Thịnh", "Trí", "Tín", "Nhân", "Lâm", "Bảo",
    "Khang", "Thiện", "Vũ", "Phát", "Sang", "Hòa", "Hậu", "Đông", "Giang", "Lực", "Mạnh", "Ninh", "Quý", "Rin",
    "Sỹ", "Tâm", "Ước", "Vượng", "Xuân", "Ý", "Chiến", "Công", "Dương", "Được", "Hào", "Hiệp", "Khôi", "Luân",
];

pub const PREFIXES: &[&str] = &[
    "090", "091", "098", "097", "093", "094", "096", "086", "088", "089", "092", "032", "033", "034", "035", "036",
    "037", "038", "039", "070", "076", "077", "078", "079", "081", "082", "083", "084", "085", "056", "058", "059",
    "099", "052", "055", "087",
];

pub const HELLO: &[&str] = &[
    "Cho em hỏi", "Chào bác sĩ,", "Nha khoa ơi,", "Dạ cho mình hỏi", "Em chào anh chị,", "Tư vấn giúp em", "Xin chào,",
    "Bác sĩ ơi cho con hỏi", "Hi shop", "Alo,", "Ad ơi", "Kính gửi nha khoa,", "Cháu chào cô chú,", "Mình muốn hỏi",
    "Anh chị cho em hỏi chút", "Quý nha khoa vui lòng tư vấn", "Làm ơn cho tôi biết", "Hello ad",
];

pub const END: &[&str] = &[
    " ạ?", " ạ", "?", "", ". Em cảm ơn", ". Cảm ơn bác sĩ", " vậy ạ", ". Gọi lại giúp em", ". Nhắn Zalo giúp mình nhé",
    " được không ạ?", "!", ". Mong tư vấn sớm", " với ạ", " hả bác", "...", ". Thanks",
];

pub const PATTERNS: &[&str] = &[
    "{service} giá bao nhiêu", "{who} bị {trouble} thì có {service} được không", "{who} {age} tuổi muốn {service}",
    "{trouble} đã {n} ngày rồi", "bên mình có {service} trả góp không", "chi nhánh {place} có làm {service} không",
    "muốn đặt lịch {when} lúc {hour}", "{service} có đau không", "làm {n} cái răng hết khoảng {tr} đúng không",
    "trước đây làm ở {place} nay bị {trouble}", "nhà ở đường {syllable} {syllable}, {place}",
    "bác sĩ {syllable} còn làm ở {place} không", "{who} được bạn {syllable} giới thiệu {service}",
    "bảo hành {service} bao lâu", "{trouble} mỗi khi {other}", "có khuyến mãi {service} dịp {date} không",
    "{who} đang {other}, {service} có ảnh hưởng gì không", "thời gian {service} mất mấy buổi",
    "hãng {syllable}{syllable} với hãng {syllable} cái nào tốt", "{when} em qua {place} được không",
    "{service} xong có phải kiêng gì không", "chụp phim ở {place} ngày {date} rồi", "răng số {n} bị {trouble}",
    "em thấy quảng cáo {service} {tr}", "có nhận bảo hiểm {syllable} {syllable} không", "{other} thì nên {service} hay thôi",
    "công ty {syllable} {syllable} có ưu đãi nhân viên không", "{who} sợ đau nên hỏi trước {service} có gây mê không",
];

pub const SERVICES: &[&str] = &[
    "niềng răng", "cấy ghép implant", "tẩy trắng răng", "bọc răng sứ", "nhổ răng khôn", "cạo vôi răng", "trám răng",
    "dán sứ veneer", "niềng răng trong suốt Invisalign", "trồng răng sứ cả hàm", "điều trị tủy", "chữa cười hở lợi",
    "niềng răng mắc cài sứ", "implant All-on-4", "nâng xoang ghép xương", "hàm tháo lắp", "cầu răng sứ",
    "răng sứ Zirconia", "răng sứ Cercon HT", "mặt dán Emax", "cắt lợi thẩm mỹ", "làm răng giả", "khám tổng quát",
    "niềng răng cho trẻ em", "tiền chỉnh nha", "hàm duy trì", "chỉnh nha mặt trong", "phẫu thuật hàm móm",
    "đính đá răng", "bôi flour cho bé", "trám bít hố rãnh", "chữa hôi miệng", "điều trị nha chu", "nạo túi nướu",
    "trị thâm nướu", "ghép nướu", "máng chống nghiến", "chụp CT Conebeam", "nhổ răng sữa", "implant Straumann",
    "implant Nobel", "implant Hàn Quốc Osstem", "tháo răng sứ cũ", "làm lại răng sứ", "mài chỉnh khớp cắn",
    "đánh bóng răng", "cắm vít nâng khớp", "nong hàm", "nhổ răng số tám mọc lệch", "lấy cao răng siêu âm",
];

pub const TROUBLES: &[&str] = &[
    "sâu răng", "đau nhức", "hô", "móm", "thưa răng cửa", "ê buốt", "chảy máu chân răng", "mất răng lâu năm",
    "viêm lợi", "sưng má", "răng lung lay", "ố vàng", "lệch khớp cắn", "mẻ răng", "vỡ răng", "áp xe", "tụt nướu",
    "răng mọc chen chúc", "khớp hàm kêu lục cục", "hôi miệng", "tiêu xương hàm", "đen viền nướu", "lòi chân vít",
    "rớt mắc cài", "răng khểnh", "nghiến răng ban đêm", "nhiễm màu tetracycline", "nứt dọc thân răng", "viêm tủy",
    "viêm quanh chóp", "khó nhai", "mòn cổ răng", "mủ chân răng", "cười lệch", "nói ngọng", "răng ngầm", "cộm khi cắn",
    "lợi trùm", "nhiệt miệng hoài không hết", "tê môi sau nhổ răng", "sút chỉ khâu", "bong miếng trám", "gãy chốt",
    "khô miệng", "đau lan lên thái dương", "hạch dưới hàm", "vẩu", "sún răng",
];

pub const PLACES: &[&str] = &[
    "Quận 1", "Quận 3", "Quận 7", "Gò Vấp", "Thủ Đức", "Tân Bình", "Bình Thạnh", "Hà Nội", "Đà Nẵng", "Cần Thơ",
    "Biên Hòa", "Vũng Tàu", "Bình Dương", "Long An", "Mỹ Tho", "Bến Tre", "Nha Trang", "Huế", "Vinh", "Hải Phòng",
    "Đà Lạt", "Buôn Ma Thuột", "Pleiku", "Quy Nhơn", "Phan Thiết", "Tây Ninh", "Cà Mau", "Rạch Giá", "Sóc Trăng",
    "Thái Nguyên", "Bắc Ninh", "Nam Định", "Ninh Bình", "Thanh Hóa", "Hà Tĩnh", "Đồng Hới", "Tam Kỳ", "Quảng Ngãi",
    "Tuy Hòa", "Phú Quốc", "Việt Trì", "Lào Cai", "Móng Cái", "Hạ Long", "Củ Chi", "Hóc Môn", "Nhà Bè", "Dĩ An",
    "Thuận An", "Long Khánh", "California", "Sydney", "Nhật Bản", "Đài Loan",
];

pub const WHO: &[&str] = &[
    "em", "mình", "con", "bé nhà em", "mẹ em", "ba em", "chồng em", "vợ tôi", "bà ngoại", "tôi", "bạn em",
    "con gái tôi", "con trai chị", "ông nội", "chị gái em", "cháu", "đứa em", "anh hai", "mẹ chồng", "cả nhà",
];

pub const WHEN: &[&str] = &[
    "sáng mai", "chiều nay", "thứ bảy", "chủ nhật", "tuần sau", "cuối tháng", "sau Tết", "tối nay", "trưa thứ hai",
    "giờ nghỉ trưa", "đầu năm học", "trước đám cưới", "dịp lễ 30/4", "khi về nước", "mùng sáu", "cuối tuần này",
    "trong tháng này", "sau giờ làm", "khi nào trống lịch", "ngày mốt",
];

pub const OTHER: &[&str] = &[
    "uống nước lạnh", "ăn đồ cứng", "mang thai sáu tháng", "cho con bú", "bị tiểu đường", "cao huyết áp",
    "dùng thuốc chống đông", "niềng được hai năm", "ngủ dậy", "trời lạnh", "nhai kẹo", "hút thuốc nhiều năm",
    "bị dị ứng thuốc tê", "mới mổ tim", "đeo máy trợ tim", "xạ trị vùng cổ", "uống cà phê mỗi ngày", "chơi thể thao",
    "đi nghĩa vụ quân sự", "chuẩn bị đi du học", "định cư nước ngoài", "làm ca đêm", "đi công tác xa", "thi đại học",
    "bị hen suyễn", "viêm xoang mãn tính", "loãng xương", "thiếu máu", "sốt nhẹ về chiều", "đánh răng",
    "dùng chỉ nha khoa", "súc miệng nước muối", "uống kháng sinh", "bấm khuyên môi", "tập gym",
];

pub const ONSETS: &[&str] = &[
    "b", "c", "ch", "d", "đ", "g", "gi", "h", "kh", "l", "m", "n", "ng", "nh", "ph", "qu", "r", "s", "t", "th", "tr",
    "v", "x", "Đ", "L", "Th", "Ph", "M", "V", "",
];

pub const RIMES: &[&str] = &[
    "a", "à", "á", "ả", "ai", "ài", "ái", "am", "àm", "ám", "an", "àn", "án", "ản", "ạn", "ang", "àng", "áng", "anh",
    "ành", "ánh", "ao", "ào", "áo", "ay", "ày", "áy", "ăm", "ằm", "ắm", "ăn", "ằn", "ắn", "ăng", "ằng", "ắng", "ặng",
    "âm", "ầm", "ấm", "ân", "ần", "ấn", "ận", "âng", "ầng", "âu", "ầu", "ấu", "ậu", "ây", "ầy", "ấy", "e", "è", "é",
    "em", "èm", "ém", "en", "èn", "én", "eo", "èo", "éo", "ê", "ề", "ế", "êm", "ềm", "ên", "ền", "ến", "ênh", "ệnh",
    "i", "ì", "í", "ị", "iêm", "iềm", "iếm", "iên", "iền", "iến", "iện", "iêu", "iều", "iếu", "im", "ìm", "in", "ìn",
    "ính", "o", "ò", "ó", "oan", "oàn", "oán", "oang", "oàng", "oi", "òi", "ói", "om", "on", "òn", "ong", "òng", "óng",
    "ô", "ồ", "ố", "ộ", "ôi", "ồi", "ối", "ội", "ôm", "ôn", "ồn", "ốn", "ông", "ồng", "ống", "ộng", "ơ", "ờ", "ớ",
    "ơi", "ời", "ới", "ơm", "ơn", "ờn", "ớn", "u", "ù", "ú", "ụ", "ui", "ùi", "um", "un", "ung", "ùng", "úng", "ụng",
    "uôi", "uồi", "uôn", "uồn", "uông", "uyên", "uyền", "uyến", "uyết", "ư", "ừ", "ứ", "ưa", "ừa", "ứa", "ưng", "ừng",
    "ước", "ườn", "ương", "ường", "ướng", "ượng", "ưu", "ứu",
];
