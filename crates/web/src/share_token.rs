//! How a request shows a share link: in a header, or in the cookie that the link was
//! exchanged for. What it is worth knows the context that made it.

use axum::http::{HeaderMap, header};

/// The header that carries a link's token, for clients that are no browsers.
pub const SHARE_TOKEN: &str = "x-share-token";
/// How the names of the cookies begin that links are exchanged for; the session's id follows.
pub const SHARE_COOKIE: &str = "althing_share_";
/// More cookies of links than this are not looked at.
const MANY: usize = 16;

/// The values of the cookies that links were exchanged for.
pub fn share_cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .filter(|(name, _)| name.starts_with(SHARE_COOKIE))
        .map(|(_, value)| value)
        .take(MANY)
}

/// The token in the header.
pub fn share_token(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(SHARE_TOKEN)
        .map(|token| token.to_str().unwrap_or_default())
}

/// Whether a request shows a link at all.
pub(crate) fn carries_share_token(headers: &HeaderMap) -> bool {
    share_token(headers).is_some() || share_cookies(headers).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_in_their_header_and_among_other_cookies() {
        let mut headers = HeaderMap::new();
        assert!(!carries_share_token(&headers));
        headers.insert(
            header::COOKIE,
            "theme=dark; althing_share_7=abc;althing_share_8=def"
                .parse()
                .unwrap(),
        );
        assert_eq!(share_cookies(&headers).collect::<Vec<_>>(), ["abc", "def"]);
        assert_eq!(share_token(&headers), None);
        assert!(carries_share_token(&headers));
        headers.clear();
        headers.insert(SHARE_TOKEN, "xyz".parse().unwrap());
        assert_eq!(share_token(&headers), Some("xyz"));
        assert!(carries_share_token(&headers));
    }
}
