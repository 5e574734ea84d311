//! Topics follow from the envelope; patterns with `*` choose among them.

use crate::envelope::Envelope;
use crate::registry::EventRegistry;

/// The topics of an event: context, aggregate, workspace, and those that its
/// fields name (`events:session:{id}`, `events:user:{id}`); a list names one for each
/// of its ids.
pub fn topics_of(envelope: &Envelope, registry: &EventRegistry) -> Vec<String> {
    let Some(event) = registry.get(&envelope.event_type) else {
        return Vec::new();
    };
    let mut topics = vec![
        format!("events:{}", event.context),
        format!("events:{}:{}", event.context, event.aggregate.to_lowercase()),
    ];
    if let Some(workspace) = envelope.workspace_id {
        topics.push(format!("events:workspace:{workspace}"));
    }
    if !event.topics.is_empty() {
        let data: serde_json::Value = serde_json::from_str(&envelope.data).unwrap_or_default();
        for (word, field) in event.topics {
            let ids = match data.get(field) {
                Some(serde_json::Value::Array(several)) => several.as_slice(),
                one => one.map_or(&[][..], std::slice::from_ref),
            };
            for id in ids.iter().filter_map(serde_json::Value::as_str) {
                topics.push(format!("events:{word}:{id}"));
            }
        }
    }
    topics
}

/// Whether `pattern` covers `topic`: parts between colons are equal, `*` stands
/// for one part, and a final `*` for all that follow.
pub fn matches(pattern: &str, topic: &str) -> bool {
    let mut wanted = pattern.split(':').peekable();
    let mut given = topic.split(':');
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some("*"), Some(_)) if wanted.peek().is_none() => return true,
            (Some("*"), Some(_)) => {}
            (Some(a), Some(b)) if a == b => {}
            _ => return false,
        }
    }
}

/// Whether a pattern of types (`a.b`, `a.*`, `*`) covers a type.
pub(crate) fn covers_type(pattern: &str, event_type: &str) -> bool {
    matches(&pattern.replace('.', ":"), &event_type.replace('.', ":"))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_one_part_and_at_the_end_for_the_rest() {
        assert!(matches("events:*", "events:decisions:cycle"));
        assert!(matches("events:*:cycle", "events:decisions:cycle"));
        assert!(matches("events:decisions", "events:decisions"));
        assert!(!matches("events:decisions", "events:decisions:cycle"));
        assert!(!matches("events:*:cycle", "events:decisions:session"));
        assert!(!matches("events:decisions:*", "events:decisions"));
    }
}
