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
        name: "database.url",
        kind: "postgres://user:password@host:port/database",
        default: "",
        secret: true,
        about: "The PostgreSQL database to work with, version 15 or newer. Without it the data lies in a SQLite file in the data folder. User, password and options are never shown.",
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
        name: "registration.mode",
        kind: "invite, open or closed",
        default: "invite",
        secret: false,
        about: "Who may make an account: whoever was invited into a workspace, anybody, or nobody. Where nothing is set here, operators choose on their page of settings.",
    },
    Key {
        name: "workspace.purge_days",
        kind: "days, 0 to 365",
        default: "30",
        secret: false,
        about: "How long a deleted workspace can still be restored. Where nothing is set here, operators choose on their page of settings.",
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
        name: "health.max_lag_events",
        kind: "whole number",
        default: "10000",
        secret: false,
        about: "How many events a subscription may lie behind before /health/ready answers 503. One that was paused by an operator may lie behind.",
    },
    Key {
        name: "health.max_lag_seconds",
        kind: "whole number",
        default: "60",
        secret: false,
        about: "How long an event may wait for a subscription before /health/ready answers 503.",
    },
    Key {
        name: "metrics.token",
        kind: "text, at least 16 characters",
        default: "",
        secret: true,
        about: "What a caller of /metrics must send, as Authorization: Bearer and the token. Without it, and to everybody else, /metrics is not there (404).",
    },
    Key {
        name: "mail.smtp_url",
        kind: "smtp:// or smtps://user:password@host:port",
        default: "",
        secret: true,
        about: "The mail server. smtp:// encrypts with STARTTLS (port 587 unless said), smtps:// from the start (465); smtp://host?tls=none goes without (25), for a server on the same machine. Special characters in user and password are percent-encoded. Without it nothing is mailed, and all else works.",
    },
    Key {
        name: "mail.from",
        kind: "address, such as Althing <althing@example.org>",
        default: "",
        secret: false,
        about: "Who mails come from; needed with mail.smtp_url.",
    },
    Key {
        name: "mail.ca_file",
        kind: "path of a PEM file",
        default: "",
        secret: false,
        about: "Certificates of further authorities that are believed when the mail server speaks TLS, beside the usual ones.",
    },
    Key {
        name: "events.enabled",
        kind: "true or false",
        default: "true",
        secret: false,
        about: "Whether this process runs subscriptions and relays. Without them commands still record their events, which wait in the log until they are run again; what people see of others' work stands still meanwhile.",
    },
    Key {
        name: "events.delivery",
        kind: "background or inline",
        default: "background",
        secret: false,
        about: "With inline, the answer to a command waits until the subscriptions of its own process have handled its events, two seconds at most.",
    },
    Key {
        name: "events.transport",
        kind: "log, redis or nats",
        default: "log",
        secret: false,
        about: "What carries events to other programs: nothing but the log itself, or a copy of it in Redis Streams (stream althing:events) or NATS JetStream (stream ALTHING). While the broker is down events wait in the log.",
    },
    Key {
        name: "events.redis_url",
        kind: "redis:// or rediss://user:password@host:port/database",
        default: "",
        secret: true,
        about: "The Redis server where events.transport is redis; rediss:// speaks TLS.",
    },
    Key {
        name: "events.nats_url",
        kind: "nats:// or tls://user:password@host:port",
        default: "",
        secret: true,
        about: "The NATS server, with JetStream, where events.transport is nats; tls:// speaks TLS.",
    },
    Key {
        name: "events.ca_file",
        kind: "path of a PEM file",
        default: "",
        secret: false,
        about: "Certificates of the authorities that are believed when the broker speaks TLS, if they are not the system's.",
    },
    Key {
        name: "events.lease_seconds",
        kind: "whole number, 1 to 300",
        default: "5",
        secret: false,
        about: "On PostgreSQL: how long a process that gives no sign of life keeps the subscriptions it runs, by the database's clock. Then another process takes them over, or the same one once it is started again.",
    },
    Key {
        name: "events.keep_effects_days",
        kind: "whole number, 1 to 3650",
        default: "30",
        secret: false,
        about: "How long the results of outside calls of reactions are kept once their event is handled.",
    },
    Key {
        name: "membership.default_tier",
        kind: "none, free, monthly or annual",
        default: "annual",
        secret: false,
        about: "The tier of everybody who has none of their own: what they may do with decisions, and which of the three numbers below holds; none has those of free, and may do nothing.",
    },
    Key {
        name: "limits.requests_per_minute",
        kind: "three whole numbers: free, monthly, annual",
        default: "60,300,600",
        secret: false,
        about: "Requests to the API, for each person. Each process counts for itself.",
    },
    Key {
        name: "limits.session_operations_per_hour",
        kind: "three whole numbers: free, monthly, annual",
        default: "30,100,300",
        secret: false,
        about: "Requests that make, import or change decision sessions, for each person.",
    },
    Key {
        name: "limits.messages_per_minute",
        kind: "three whole numbers: free, monthly, annual",
        default: "10,30,60",
        secret: false,
        about: "Messages in conversations, for each person.",
    },
    Key {
        name: "limits.ai_completions_per_minute",
        kind: "three whole numbers: free, monthly, annual",
        default: "5,15,30",
        secret: false,
        about: "Replies of a language model, for each person. Those of the guide are not counted.",
    },
    Key {
        name: "limits.exports_per_hour",
        kind: "three whole numbers: free, monthly, annual",
        default: "0,10,50",
        secret: false,
        about: "Exports of decisions and documents, for each person. 0 is none at all.",
    },
    Key {
        name: "limits.live_connections",
        kind: "three whole numbers: free, monthly, annual",
        default: "1,3,10",
        secret: false,
        about: "Connections that stay open, for each person and each kind: decisions, conversations, notifications.",
    },
    Key {
        name: "limits.instance_requests_per_minute",
        kind: "whole number, zero or above",
        default: "10000",
        secret: false,
        about: "Requests to the API, all together.",
    },
    Key {
        name: "limits.address_requests_per_minute",
        kind: "whole number, zero or above",
        default: "100",
        secret: false,
        about: "Requests to the API without a user, share links included, for each address.",
    },
    Key {
        name: "limits.key_requests_per_minute",
        kind: "whole number, zero or above",
        default: "600",
        secret: false,
        about: "Requests to the API with a key, for each key; its person's limits hold too.",
    },
    Key {
        name: "limits.sign_in_attempts_per_hour",
        kind: "whole number, zero or above",
        default: "10",
        secret: false,
        about: "Attempts to sign in that may fail, for each address. One that succeeds is not counted.",
    },
    Key {
        name: "archive.dir",
        kind: "folder",
        default: "archive",
        secret: false,
        about: "The folder to which `althing events archive` moves old events and from which they are read. A relative one is in the data folder. Every process needs it.",
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
