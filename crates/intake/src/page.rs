//! The few pages that a visitor without script sees, in Vietnamese.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::problem::Problem;

/// The style of these pages; served from its own address because the policy allows no inline style.
pub(crate) const STYLE: &str = include_str!("page/page.css");

const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'";

/// Makes text safe between tags and inside quoted attributes.
#[must_use]
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // A document may not contain them, and browsers disagree on what they become.
            '\0' => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}

/// The page after a post that was stored.
#[must_use]
pub(crate) fn thanks(receipt: &str) -> Response {
    let body = format!(
        "<p>Phòng khám đã nhận được câu hỏi và sẽ liên hệ với anh/chị qua số điện thoại đã để lại.</p>\n\
         <p>Mã tiếp nhận: <strong>{}</strong></p>\n\
         <p>Anh/chị có thể đóng trang này.</p>",
        escape(receipt)
    );
    page(StatusCode::ACCEPTED, "Cảm ơn anh/chị", &body)
}

/// The page after a post that was not stored: what is safe, and what to do.
#[must_use]
pub(crate) fn trouble(problem: &Problem) -> Response {
    let body = format!(
        "<p role=\"alert\">{}</p>\n<p>{}</p>",
        reason(problem),
        "Câu hỏi chưa được lưu. Anh/chị bấm nút Quay lại của trình duyệt: những gì đã viết thường vẫn còn trên trang trước."
    );
    let mut response = page(problem.status(), "Chưa gửi được câu hỏi", &body);
    problem.mark(&mut response);
    response
}

/// What went wrong, for the visitor.
fn reason(problem: &Problem) -> &'static str {
    match problem {
        Problem::Unprocessable { field, .. } => field_reason(field),
        Problem::TooLarge => "Nội dung gửi quá dài. Anh/chị viết ngắn lại giúp.",
        Problem::RateLimited { .. } => {
            "Có quá nhiều lượt gửi từ mạng này. Anh/chị chờ một phút rồi gửi lại."
        }
        Problem::SubmissionConflict => {
            "Phòng khám đã nhận một câu hỏi từ trang này rồi. Để gửi câu khác, anh/chị mở lại trang đặt câu hỏi."
        }
        Problem::NotClaimed => {
            "Trang này chưa được phòng khám đưa vào sử dụng. Anh/chị gọi điện cho phòng khám giúp."
        }
        Problem::Timeout => "Đường truyền quá chậm nên nội dung chưa đến đủ. Anh/chị gửi lại giúp.",
        Problem::BadRequest(_) | Problem::UnsupportedMedia => {
            "Nội dung gửi không đọc được. Anh/chị mở lại trang đặt câu hỏi rồi gửi lại."
        }
        _ => {
            "Máy chủ đang bận hoặc gặp sự cố. Anh/chị chờ ít phút rồi gửi lại, hoặc gọi điện cho phòng khám."
        }
    }
}

fn field_reason(field: &str) -> &'static str {
    match field {
        "name" => "Họ tên còn trống, quá dài (tối đa 200 ký tự) hoặc có ký tự không đọc được.",
        "phone" => {
            "Số điện thoại còn trống, quá dài (tối đa 60 ký tự) hoặc có ký tự không đọc được."
        }
        "question" => "Câu hỏi quá dài (tối đa 4.000 ký tự) hoặc có ký tự không đọc được.",
        _ => "Một mục trong đơn không đọc được. Anh/chị mở lại trang đặt câu hỏi rồi gửi lại.",
    }
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"vi\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n\
         <link rel=\"stylesheet\" href=\"/v1/page.css\">\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}\n\
         </main>\n</body>\n</html>\n"
    );
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_text_stays_text() {
        assert_eq!(
            escape("<b a=\"1\" c='2'>&\0"),
            "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;\u{fffd}"
        );
        assert_eq!(escape("Nguyễn Thị Ánh"), "Nguyễn Thị Ánh");
    }
}
