//! The forms of one line: bullet, heading, `name: description`, `means -> objective`, `alternative / objective: …`.

/// A list entry: `- text`, `* text`, `• text`, `1. text` or `1) text`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bullet<'a> {
    pub number: Option<usize>,
    pub text: &'a str,
}

/// The lines that say something: trimmed, without blank ones.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r', '\u{2028}', '\u{2029}'])
        .map(str::trim)
        .filter(|line| !line.is_empty())
}

/// Reads a list entry; the sign and the text are separated by a space.
pub fn bullet(line: &str) -> Option<Bullet<'_>> {
    let (sign, text) = line.trim().split_once(char::is_whitespace)?;
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if matches!(sign, "-" | "*" | "•") {
        return Some(Bullet { number: None, text });
    }
    let digits = sign.strip_suffix(['.', ')'])?;
    let only_digits = !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|b| b.is_ascii_digit());
    if !only_digits {
        return None;
    }
    Some(Bullet {
        number: digits.parse().ok(),
        text,
    })
}

/// The text of a line without its bullet, if it has one.
pub fn item_text(line: &str) -> &str {
    bullet(line).map_or(line.trim(), |bullet| bullet.text)
}

/// Reads `heading:` alone on its line.
pub fn heading(line: &str) -> Option<&str> {
    let name = line.trim().strip_suffix([':', '：'])?.trim();
    is_name(name).then_some(name)
}

/// Reads `name: description`; the name has 1 to 100 characters and a space follows the colon.
/// The full-width colon of East Asian text needs no space.
pub fn named(text: &str) -> Option<(&str, &str)> {
    let (name, description) = colons(text).next()?;
    (is_name(name) && !description.is_empty()).then_some((name, description))
}

/// Every place where the text may be split at a colon, from the left.
pub fn colons(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let text = text.trim();
    text.char_indices().filter_map(move |(at, c)| {
        let behind = &text[at + c.len_utf8()..];
        let is_split = match c {
            ':' => behind.starts_with(char::is_whitespace),
            '：' => true,
            _ => false,
        };
        is_split.then(|| (text[..at].trim(), behind.trim()))
    })
}

/// Every place where the text may be split at a slash, from the left.
pub fn slashes(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let text = text.trim();
    text.char_indices()
        .filter(|(_, c)| matches!(c, '/' | '／'))
        .map(move |(at, c)| (text[..at].trim(), text[at + c.len_utf8()..].trim()))
        .filter(|(left, right)| !left.is_empty() && !right.is_empty())
}

/// Reads `left -> right`; the arrow may also be `→`. The last arrow counts, so the left side may hold one.
pub fn arrow(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let ascii = text.rfind("->").map(|at| (at, 2));
    let drawn = text.rfind('→').map(|at| (at, '→'.len_utf8()));
    let (at, width) = ascii.into_iter().chain(drawn).max()?;
    let (left, right) = (text[..at].trim(), text[at + width..].trim());
    (!left.is_empty() && !right.is_empty()).then_some((left, right))
}

/// A keyword ignoring case, spaces, hyphens and underscores: `In scope` is `in_scope`.
pub fn keyword(text: &str) -> String {
    text.trim()
        .to_lowercase()
        .split([' ', '-', '_'])
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("_")
}

/// Whether the message only says that there is nothing to add.
pub fn is_none(text: &str) -> bool {
    let mut all = lines(text);
    let first = all
        .next()
        .map(|line| line.trim_end_matches(['.', '!']).to_lowercase());
    all.next().is_none()
        && matches!(
            first.as_deref(),
            Some("none" | "no" | "nothing" | "skip" | "no one" | "nobody")
        )
}

fn is_name(name: &str) -> bool {
    (1..=100).contains(&name.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bullet_is_read() {
        for (line, number) in [
            ("- 東京 wohnen", None),
            ("* 東京 wohnen", None),
            ("• 東京 wohnen", None),
            ("1. 東京 wohnen", Some(1)),
            ("12) 東京 wohnen", Some(12)),
        ] {
            assert_eq!(
                bullet(line),
                Some(Bullet {
                    number,
                    text: "東京 wohnen"
                }),
                "{line}"
            );
        }
        for line in ["-x", "1.x", "x. y", "-", "1)", "12345. x", "plain text"] {
            assert_eq!(bullet(line), None, "{line}");
        }
    }

    #[test]
    fn a_heading_stands_alone() {
        assert_eq!(heading("Decisions:"), Some("Decisions"));
        assert_eq!(heading("  später ： "), Some("später"));
        assert_eq!(heading(":"), None);
        assert_eq!(heading("name: text"), None);
    }

    #[test]
    fn a_name_has_at_most_one_hundred_characters_and_a_space_follows_the_colon() {
        assert_eq!(named("Größe: in m²"), Some(("Größe", "in m²")));
        assert_eq!(named("費用：毎月"), Some(("費用", "毎月")));
        assert_eq!(named("see https://example.org"), None);
        assert_eq!(named("at 10:30 sharp"), None);
        let hundred = "ä".repeat(100);
        let line = format!("{hundred}: d");
        assert_eq!(named(&line), Some((hundred.as_str(), "d")));
        assert_eq!(named(&format!("{hundred}ä: d")), None);
    }

    #[test]
    fn arrows_and_slashes_split_on_character_boundaries() {
        assert_eq!(
            arrow("Nähe -> Zeit für Familie"),
            Some(("Nähe", "Zeit für Familie"))
        );
        assert_eq!(arrow("近い→時間"), Some(("近い", "時間")));
        assert_eq!(arrow("a -> b -> c"), Some(("a -> b", "c")));
        assert_eq!(arrow("-> c"), None);
        assert_eq!(
            slashes("a/b / c").collect::<Vec<_>>(),
            [("a", "b / c"), ("a/b", "c")]
        );
    }

    #[test]
    fn lines_are_trimmed_and_blank_ones_skipped() {
        assert_eq!(
            lines("  a \r\n\n\u{3000}\n b\rc").collect::<Vec<_>>(),
            ["a", "b", "c"]
        );
    }

    #[test]
    fn only_a_message_that_says_nothing_else_is_none() {
        assert!(is_none(" None. \n"));
        assert!(!is_none("none\nof it"));
        assert!(!is_none("none of it"));
    }
}
