//! Rating tokens: how people write −2..+2 in a chat line.

/// What a line says about a rating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RatingLine<'a> {
    /// One token, then the reason (which may be empty).
    Rated { rating: i8, reason: &'a str },
    /// Two tokens in a row, such as `- +2 cheaper`: a bullet or a rating? The user decides.
    Ambiguous,
    /// The line does not begin with a token.
    None,
}

/// The rating a whole word stands for. The minus may be U+2212; nothing is clamped.
pub fn rating_token(word: &str) -> Option<i8> {
    let word = word.replace('\u{2212}', "-");
    match word.as_str() {
        "-2" | "--" => Some(-2),
        "-1" | "-" => Some(-1),
        "0" | "=" => Some(0),
        "+1" | "1" | "+" => Some(1),
        "+2" | "2" | "++" => Some(2),
        _ => None,
    }
}

/// Reads `rating reason`. A separator between the two (`+1: cheaper`, `+1 – cheaper`) is not part of the reason.
pub fn read_rating(text: &str) -> RatingLine<'_> {
    let text = text.trim();
    let (word, rest) = first_word(text);
    let bare = word.trim_end_matches([',', ';', ':', '：']);
    let Some(rating) = rating_token(bare) else {
        return RatingLine::None;
    };
    let (next, behind) = first_word(rest);
    // A lone sign can also be a bullet, so a second token behind it leaves two readings.
    let lone_sign = !bare.chars().any(|c| c.is_ascii_digit()) && bare.chars().count() == 1;
    if bare == word && lone_sign && rating_token(next).is_some() {
        return RatingLine::Ambiguous;
    }
    if matches!(next, "-" | "–" | "—" | "\u{2212}") {
        return RatingLine::Rated {
            rating,
            reason: behind,
        };
    }
    if bare == word && rating_token(next).is_some() {
        return RatingLine::Ambiguous;
    }
    RatingLine::Rated { rating, reason: rest }
}

fn first_word(text: &str) -> (&str, &str) {
    match text.split_once(char::is_whitespace) {
        Some((word, rest)) => (word, rest.trim()),
        None => (text, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rating_token_is_read() {
        let expected = [
            ("-2", -2),
            ("--", -2),
            ("\u{2212}2", -2),
            ("\u{2212}\u{2212}", -2),
            ("-1", -1),
            ("-", -1),
            ("\u{2212}1", -1),
            ("\u{2212}", -1),
            ("0", 0),
            ("=", 0),
            ("+1", 1),
            ("1", 1),
            ("+", 1),
            ("+2", 2),
            ("2", 2),
            ("++", 2),
        ];
        for (token, rating) in expected {
            assert_eq!(rating_token(token), Some(rating), "{token}");
            assert_eq!(
                read_rating(token),
                RatingLine::Rated { rating, reason: "" },
                "{token}"
            );
            let line = format!("{token} weil es näher ist");
            assert_eq!(
                read_rating(&line),
                RatingLine::Rated {
                    rating,
                    reason: "weil es näher ist"
                },
                "{line}"
            );
        }
    }

    #[test]
    fn what_is_out_of_range_is_no_rating() {
        for token in [
            "3", "-3", "+3", "254", "256", "300", "1.5", "---", "+++", "", "x", "00", "==", "+-",
        ] {
            assert_eq!(rating_token(token), None, "{token}");
            assert_eq!(read_rating(token), RatingLine::None, "{token}");
        }
    }

    #[test]
    fn separators_are_not_part_of_the_reason() {
        for line in [
            "+1: cheaper",
            "+1, cheaper",
            "+1 – cheaper",
            "+1 - cheaper",
            "+ — cheaper",
            "1; cheaper",
        ] {
            assert_eq!(
                read_rating(line),
                RatingLine::Rated {
                    rating: 1,
                    reason: "cheaper"
                },
                "{line}"
            );
        }
    }

    #[test]
    fn a_dash_before_words_is_a_rating_and_two_tokens_are_a_question() {
        assert_eq!(
            read_rating("- too slow"),
            RatingLine::Rated {
                rating: -1,
                reason: "too slow"
            }
        );
        for line in ["- +2 cheaper", "- -1 slow", "1 2 rooms", "- - slow"] {
            assert_eq!(read_rating(line), RatingLine::Ambiguous, "{line}");
        }
        assert_eq!(read_rating("-slow"), RatingLine::None);
    }
}
