//! Counting and cutting text by Unicode scalar values.

/// The longest free text a field may hold.
pub const FREE_TEXT_MAX: usize = 10_000;

/// The length that counts: scalar values after trimming.
pub fn trimmed_length(text: &str) -> usize {
    text.trim().chars().count()
}

/// Whether every store can keep the text: some cannot keep the character NUL.
pub fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}

/// What is said of a text that cannot be kept.
pub const NOT_STORABLE: &str = "contains a character that cannot be stored";

/// The first `limit` scalar values of a text; a character is never split.
pub fn cut_chars(text: &str, limit: usize) -> &str {
    match text.char_indices().nth(limit) {
        Some((offset, _)) => &text[..offset],
        None => text,
    }
}

/// The letter of an alternative by its place in the list: A to Z, then AA, AB and so on.
pub fn letter(index: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = index + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(
            b'A' + u8::try_from(rest % 26).expect("a remainder of 26 fits a byte"),
        ));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

/// A count with its noun, "1 objective" or "3 objectives".
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Names in a sentence: "a", "a and b", "a, b and c".
pub(crate) fn enumerated(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_count_characters_after_trimming() {
        assert_eq!(trimmed_length("  žluťoučký 🐎\n"), 11);
        assert_eq!(trimmed_length(" \t"), 0);
    }

    #[test]
    fn cutting_keeps_characters_whole() {
        assert_eq!(cut_chars("日本語", 2), "日本");
        assert_eq!(cut_chars("日本語", 9), "日本語");
        assert_eq!(cut_chars("a", 0), "");
    }

    #[test]
    fn letters_go_on_after_z() {
        assert_eq!(
            [letter(0), letter(25), letter(26), letter(51), letter(52)],
            ["A", "Z", "AA", "AZ", "BA"]
        );
    }

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        assert_eq!(enumerated(&["a", "b", "c"]), "a, b and c");
        assert_eq!(counted(1, "mouse", "mice"), "1 mouse");
    }
}
