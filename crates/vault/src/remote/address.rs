//! What a person typed as the server's address, and whether data may go there.
use std::net::IpAddr;

use reqwest::Url;

use super::RemoteError;

/// Reads an address. Without a scheme it is `https`, or `http` on this machine.
pub(super) fn parse(typed: &str) -> Result<Url, RemoteError> {
    let typed = typed.trim();
    let url = if typed.contains("://") {
        Url::parse(typed)
    } else {
        Url::parse(&format!("https://{typed}")).and_then(|url| {
            if is_loopback(&url) {
                Url::parse(&format!("http://{typed}"))
            } else {
                Ok(url)
            }
        })
    };
    let url = url.map_err(|_| RemoteError::BadAddress)?;
    let bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && url.host_str().is_some();
    match url.scheme() {
        _ if !bare => Err(RemoteError::BadAddress),
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(RemoteError::InsecureAddress),
        _ => Err(RemoteError::BadAddress),
    }
}

/// An address that can't leave this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> Result<String, RemoteError> {
        parse(typed).map(String::from)
    }

    #[test]
    fn an_address_is_taken_as_people_type_it() {
        assert_eq!(
            read(" form.nhakhoa.vn ").as_deref(),
            Ok("https://form.nhakhoa.vn/")
        );
        assert_eq!(
            read("https://form.nhakhoa.vn:8443").as_deref(),
            Ok("https://form.nhakhoa.vn:8443/")
        );
        assert_eq!(
            read("127.0.0.1:8787").as_deref(),
            Ok("http://127.0.0.1:8787/")
        );
        assert_eq!(
            read("http://[::1]:8787/").as_deref(),
            Ok("http://[::1]:8787/")
        );
        assert_eq!(
            read("localhost:8787").as_deref(),
            Ok("http://localhost:8787/")
        );
    }

    #[test]
    fn nothing_goes_unencrypted_to_another_machine() {
        for typed in [
            "http://form.nhakhoa.vn",
            "http://192.168.1.5:8787",
            "http://localhost.evil.vn",
            "http://0.0.0.0",
        ] {
            assert_eq!(read(typed), Err(RemoteError::InsecureAddress), "{typed}");
        }
    }

    #[test]
    fn what_is_no_bare_address_is_refused() {
        for typed in [
            "",
            "https://",
            "ftp://a.vn",
            "https://a.vn/path",
            "https://a.vn?x=1",
            "https://a.vn/#x",
            "https://user:secret@a.vn",
            "a b",
            "file:///etc/passwd",
            "javascript://x",
            "https://a.vn@b.vn",
        ] {
            assert_eq!(read(typed), Err(RemoteError::BadAddress), "{typed}");
        }
    }
}
