//! Background work: how far it is, what it gave up, and what holds old events back.

use althing_backbone::{Backbone, SubscriptionStatus};

use super::Finding;
use crate::config::Config;

pub(super) async fn look(config: &Config, backbone: &Backbone) -> Vec<Finding> {
    let all = match backbone.operator("doctor").subscriptions().await {
        Ok(all) => all,
        Err(error) => {
            return vec![Finding::fault(
                "lag",
                format!("subscriptions cannot be read: {error}"),
                "look into the database's own log",
            )];
        }
    };
    let ours: Vec<&str> = backbone
        .subscriptions()
        .iter()
        .map(|one| one.name())
        .chain(backbone.relays())
        .collect();
    let (ours, others): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|one| ours.contains(&one.name.as_str()) || one.kind == "relay");
    let mut findings = vec![lag(config, &ours)];
    findings.push(letters(&ours));
    findings.push(pins(&others));
    findings
}

fn names<'a>(some: impl Iterator<Item = &'a SubscriptionStatus>) -> Option<String> {
    let names: Vec<&str> = some.map(|one| one.name.as_str()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn lag(config: &Config, all: &[SubscriptionStatus]) -> Finding {
    const NAME: &str = "lag";
    if let Some(stopped) = names(all.iter().filter(|one| one.status == "stopped")) {
        return Finding::fault(
            NAME,
            format!("stopped by themselves: {stopped}"),
            "the log of the server says why; they go on at its next start",
        );
    }
    let is_late = |one: &&SubscriptionStatus| {
        one.status != "paused"
            && (one.lag > i64::from(config.max_lag_events)
                || one.lag_seconds > f64::from(config.max_lag_seconds))
    };
    if let Some(late) = names(all.iter().filter(is_late)) {
        return Finding::fault(
            NAME,
            format!("far behind: {late}"),
            "start the server if none runs; if one does, its log says what it waits for",
        );
    }
    if let Some(paused) = names(all.iter().filter(|one| one.status == "paused")) {
        return Finding::warning(
            NAME,
            format!("paused by an operator: {paused}"),
            "resume them on the page Installation",
        );
    }
    let most = all.iter().map(|one| one.lag).max().unwrap_or(0);
    Finding::ok(
        NAME,
        format!("{} subscriptions, at most {most} events behind", all.len()),
    )
}

fn letters(all: &[SubscriptionStatus]) -> Finding {
    const NAME: &str = "dead letters";
    let dead: i64 = all.iter().map(|one| one.dead_letters).sum();
    match names(all.iter().filter(|one| one.dead_letters > 0)) {
        None => Finding::ok(NAME, "none"),
        Some(names) => Finding::warning(
            NAME,
            format!("{dead} events could not be handled by {names}"),
            "althing events dead-letters shows why; then redeliver or skip them",
        ),
    }
}

/// Old events are kept until every subscription has seen them, also one that this
/// version does not have any more.
fn pins(others: &[SubscriptionStatus]) -> Finding {
    const NAME: &str = "pins";
    match names(others.iter().filter(|one| one.lag > 0)) {
        None => Finding::ok(NAME, "nothing holds old events back"),
        Some(names) => Finding::warning(
            NAME,
            format!("old events are kept for subscriptions that nobody runs here: {names}"),
            "run the program that they belong to, or drop them when it is gone for good",
        ),
    }
}
