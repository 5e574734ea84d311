//! Every setting: its name, its default, and what it does.

use serde::Serialize;

/// A setting.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Key {
    /// Its name in `althing.toml`; a dot is a table.
    pub name: &'static str,
    /// What it takes.
    pub kind: &'static str,
    /// Its value unless something is said; empty for none.
    pub default: &'static str,
    /// Whether its value is never shown.
    pub secret: bool,
    /// What it does.
    pub about: &'static str,
}

/// The list from which the reference of the configuration is generated.
pub const KEYS: &[Key] = &[
    Key {
        name: "listen",
        kind: "address:port",
        default: "127.0.0.1:8080",
        secret: false,
        about: "Where the server listens. Use 0.0.0.0:8080 to be reachable from other machines, behind a proxy that speaks https.",
    },
    Key {
        name: "public_url",
        kind: "URL",
        default: "",
        secret: false,
        about: "The address under which people reach the server, such as https://althing.example.org. With https, cookies are sent over https only and browsers are told to stay with it.",
    },
    Key {
        name: "trusted_proxies",
        kind: "list of IP addresses",
        default: "",
        secret: false,
        about: "Proxies whose X-Forwarded-For header is believed when the caller's address is looked for.",
    },
    Key {
        name: "allowed_origins",
        kind: "list of URLs",
        default: "",
        secret: false,
        about: "Further sites whose pages may send requests with a session. The server's own address and public_url are always allowed.",
    },
    Key {
        name: "worker_threads",
        kind: "whole number, 1 to 64, or auto",
        default: "auto",
        secret: false,
        about: "Threads that serve requests; auto takes the machine's processors, at least 2 and at most 4.",
    },
    Key {
        name: "log.format",
        kind: "text or json",
        default: "text",
        secret: false,
        about: "How log lines are written: for people, or one JSON object a line.",
    },
    Key {
        name: "log.level",
        kind: "error, warn, info, debug, trace, or a filter",
        default: "info",
        secret: false,
        about: "Which log lines are written, to standard error. A filter names parts: info,althing_backbone=debug.",
    },
    Key {
        name: "setup.token",
        kind: "text, at least 16 characters",
        default: "",
        secret: true,
        about: "If set, the first setup must carry it. For servers that can be reached by strangers before their owner has set them up.",
    },
    Key {
        name: "ai.chat.adapter",
        kind: "off or guide",
        default: "guide",
        secret: false,
        about: "Who replies in conversations: the built-in guide, or nobody. Without it everything can be done through forms.",
    },
    Key {
        name: "ai.extraction.adapter",
        kind: "off or guide",
        default: "guide",
        secret: false,
        about: "Who turns what people type into drafts: the built-in guide, or nobody.",
    },
    Key {
        name: "health.max_lag",
        kind: "whole number",
        default: "10000",
        secret: false,
        about: "How many events a subscription may lie behind before /health/ready answers 503.",
    },
];

/// Every setting, for generated references.
pub fn keys() -> &'static [Key] {
    KEYS
}

impl Key {
    /// `log.format` is `ALTHING_LOG_FORMAT`.
    pub fn environment_variable(&self) -> String {
        format!("ALTHING_{}", self.name.replace('.', "_").to_uppercase())
    }
}

pub(super) fn find(name: &'static str) -> &'static Key {
    KEYS.iter()
        .find(|key| key.name == name)
        .expect("settings are read by the names of this list")
}
