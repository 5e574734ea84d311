//! Finding what a person means by a name, a letter or a number. Nothing is guessed: two candidates are a question.

use crate::outputs::Named;
use crate::outputs::text::letter;

/// What a written name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The place in the list.
    One(usize),
    Unknown,
    Ambiguous,
}

/// By name ignoring case, else by letter (A, B, …), else by number.
pub fn find_alternative(list: &[Named], written: &str) -> Found {
    by_name(list, written).unwrap_or_else(|| {
        let by_letter = (0..list.len()).find(|&index| letter(index).eq_ignore_ascii_case(written.trim()));
        by_letter.map_or_else(|| by_number(list, written), Found::One)
    })
}

/// By name ignoring case, else by number (1, 2, …).
pub fn find_objective(list: &[Named], written: &str) -> Found {
    by_name(list, written).unwrap_or_else(|| by_number(list, written))
}

/// Whether two names are the same to a reader: case and extra spaces do not count.
pub fn is_same_name(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

fn by_name(list: &[Named], written: &str) -> Option<Found> {
    let wanted = plain(written);
    let mut places = list
        .iter()
        .enumerate()
        .filter(|(_, named)| plain(&named.name) == wanted)
        .map(|(index, _)| index);
    let first = places.next()?;
    Some(if places.next().is_some() {
        Found::Ambiguous
    } else {
        Found::One(first)
    })
}

fn by_number(list: &[Named], written: &str) -> Found {
    match written.trim().parse::<usize>() {
        Ok(number) if (1..=list.len()).contains(&number) => Found::One(number - 1),
        _ => Found::Unknown,
    }
}

fn plain(name: &str) -> String {
    name.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn list(names: &[&str]) -> Vec<Named> {
        names
            .iter()
            .enumerate()
            .map(|(index, name)| Named {
                id: Uuid::from_u128(index as u128),
                name: (*name).to_owned(),
            })
            .collect()
    }

    #[test]
    fn names_match_ignoring_case_and_then_letters_and_numbers() {
        let alternatives = list(&["Stay", "ÉCOLE à Lyon", "東京"]);
        for (written, expected) in [
            ("stay", 0),
            ("école  À lyon", 1),
            ("東京", 2),
            ("b", 1),
            ("C", 2),
            ("1", 0),
            (" 3 ", 2),
        ] {
            assert_eq!(
                find_alternative(&alternatives, written),
                Found::One(expected),
                "{written}"
            );
        }
        for written in ["D", "4", "0", "sta", ""] {
            assert_eq!(
                find_alternative(&alternatives, written),
                Found::Unknown,
                "{written}"
            );
        }
        assert_eq!(find_objective(&alternatives, "b"), Found::Unknown);
        assert_eq!(find_objective(&alternatives, "2"), Found::One(1));
    }

    #[test]
    fn a_name_goes_before_a_letter_and_equal_names_are_ambiguous() {
        assert_eq!(find_alternative(&list(&["SQ", "A", "B"]), "a"), Found::One(1));
        assert_eq!(find_objective(&list(&["Cost", "cost"]), "COST"), Found::Ambiguous);
        assert_eq!(find_objective(&list(&["Cost", "cost"]), "2"), Found::One(1));
    }
}
