//! From a setting's text to its value; the error says what it must be.

use std::net::IpAddr;
use std::time::Duration;

use althing_identity::Registration;

use super::LogFormat;
use super::events::{Delivery, Transport};

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

pub(super) fn registration(text: &str) -> Parsed<Registration> {
    Registration::parse(text).ok_or_else(|| "must be invite, open or closed".into())
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

pub(super) fn up_to_a_year(text: &str) -> Parsed<Duration> {
    match text.parse::<u64>() {
        Ok(days) if days <= 365 => Ok(Duration::from_secs(days * 24 * 60 * 60)),
        _ => Err("must be a whole number of days, 0 to 365".into()),
    }
}

pub(super) fn folder(text: &str) -> Parsed<String> {
    if text.is_empty() {
        Err("must be a folder".into())
    } else {
        Ok(text.to_owned())
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

pub(super) fn count(text: &str) -> Parsed<u32> {
    text.parse()
        .map_err(|_| "must be a whole number, zero or above".into())
}

pub(super) fn days(text: &str) -> Parsed<Duration> {
    text.parse()
        .ok()
        .filter(|days| (1..=3650).contains(days))
        .map(|days: u64| Duration::from_secs(days * 24 * 60 * 60))
        .ok_or_else(|| "must be a whole number from 1 to 3650".into())
}

pub(super) fn lease(text: &str) -> Parsed<Duration> {
    text.parse()
        .ok()
        .filter(|seconds| (1..=300).contains(seconds))
        .map(Duration::from_secs)
        .ok_or_else(|| "must be a whole number from 1 to 300".into())
}

pub(super) fn yes_or_no(text: &str) -> Parsed<bool> {
    text.parse().map_err(|_| "must be true or false".into())
}

pub(super) fn delivery(text: &str) -> Parsed<Delivery> {
    match text {
        "background" => Ok(Delivery::Background),
        "inline" => Ok(Delivery::Inline),
        _ => Err("must be background or inline".into()),
    }
}

pub(super) fn transport(text: &str) -> Parsed<Transport> {
    match text {
        "log" => Ok(Transport::Log),
        "redis" => Ok(Transport::Redis),
        "nats" => Ok(Transport::Nats),
        _ => Err("must be log, redis or nats".into()),
    }
}

/// An address that begins with one of these; it is never quoted.
pub(super) fn broker(schemes: &'static [&'static str]) -> impl Fn(&str) -> Parsed<String> {
    move |text| {
        if schemes.iter().any(|scheme| text.starts_with(scheme)) {
            Ok(text.to_owned())
        } else {
            Err(format!("must begin with {}", schemes.join(" or ")))
        }
    }
}

/// What is looked at where it is used.
pub(super) fn any(text: &str) -> Parsed<String> {
    Ok(text.to_owned())
}

pub(super) fn path(text: &str) -> Parsed<std::path::PathBuf> {
    Ok(text.into())
}
