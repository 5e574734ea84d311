//! From a setting's text to its value; the error says what it must be.

use std::net::IpAddr;

use super::LogFormat;

type Parsed<T> = Result<T, String>;

pub(super) fn optional<T>(inner: impl Fn(&str) -> Parsed<T>) -> impl Fn(&str) -> Parsed<Option<T>> {
    move |text| {
        if text.is_empty() {
            Ok(None)
        } else {
            inner(text).map(Some)
        }
    }
}

pub(super) fn list<T>(inner: impl Fn(&str) -> Parsed<T>) -> impl Fn(&str) -> Parsed<Vec<T>> {
    move |text| {
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(&inner)
            .collect()
    }
}

pub(super) fn listen(text: &str) -> Parsed<String> {
    let port = text
        .rsplit_once(':')
        .filter(|(host, _)| !host.is_empty())
        .map(|(_, port)| port.parse::<u16>());
    match port {
        Some(Ok(_)) => Ok(text.to_owned()),
        _ => Err("must be an address and a port, such as 127.0.0.1:8080".into()),
    }
}

/// Scheme, host and port; a path makes no sense here.
pub(super) fn url(text: &str) -> Parsed<String> {
    let text = text.trim_end_matches('/');
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let whole = host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', ' ']));
    if whole {
        Ok(text.to_lowercase())
    } else {
        Err("must be a URL without a path, such as https://althing.example.org".into())
    }
}

pub(super) fn address(text: &str) -> Parsed<IpAddr> {
    text.parse().map_err(|_| "must be a list of IP addresses".into())
}

pub(super) fn threads(text: &str) -> Parsed<usize> {
    if text == "auto" {
        return Ok(std::thread::available_parallelism()
            .map_or(2, usize::from)
            .clamp(2, 4));
    }
    text.parse()
        .ok()
        .filter(|threads| (1..=64).contains(threads))
        .ok_or_else(|| "must be a whole number from 1 to 64".into())
}

pub(super) fn log_format(text: &str) -> Parsed<LogFormat> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("must be text or json".into()),
    }
}

pub(super) fn log_level(text: &str) -> Parsed<String> {
    match tracing_subscriber::EnvFilter::try_new(text) {
        Ok(_) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(
            "must be error, warn, info, debug, trace, or a filter such as info,althing_backbone=debug".into(),
        ),
    }
}

pub(super) fn secret(text: &str) -> Parsed<String> {
    if text.chars().count() >= 16 {
        Ok(text.to_owned())
    } else {
        Err("must have at least 16 characters".into())
    }
}

pub(super) fn adapter(text: &str) -> Parsed<String> {
    match text {
        "off" | "guide" => Ok(text.to_owned()),
        _ => Err("must be off or guide".into()),
    }
}

pub(super) fn count(text: &str) -> Parsed<i64> {
    text.parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| "must be a whole number above zero".into())
}
