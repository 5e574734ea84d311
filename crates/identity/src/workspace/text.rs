//! Colours and descriptions, parsed at the door.

use althing_web::FieldProblem;

const DESCRIPTION_MOST: usize = 5_000;

/// `#RRGGBB`, in capitals; an empty text is no colour.
pub(super) fn color(field: &str, text: &str) -> Result<Option<String>, FieldProblem> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
    if !digits.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit())) {
        return Err(FieldProblem::new(
            field,
            "invalid",
            "must be a colour like #1F6FEB",
        ));
    }
    Ok(Some(text.to_ascii_uppercase()))
}

/// At most 5,000 characters; an empty text is no description.
pub(super) fn description(field: &str, text: &str) -> Result<Option<String>, FieldProblem> {
    let text = text.trim();
    if text.chars().count() > DESCRIPTION_MOST {
        return Err(FieldProblem::new(
            field,
            "too_long",
            format!("must have at most {DESCRIPTION_MOST} characters"),
        ));
    }
    if text.contains('\0') {
        return Err(FieldProblem::new(
            field,
            "invalid",
            "contains characters that cannot be stored",
        ));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_has_six_digits() {
        assert_eq!(color("/c", " #1f6feb ").unwrap().as_deref(), Some("#1F6FEB"));
        assert_eq!(color("/c", " ").unwrap(), None);
        for wrong in ["1f6feb", "#1f6fe", "#1f6febb", "#1f6fég", "red"] {
            assert_eq!(color("/c", wrong).unwrap_err().code, "invalid", "{wrong}");
        }
    }

    #[test]
    fn a_description_is_counted_in_characters() {
        assert!(description("/d", &"語".repeat(5_000)).is_ok());
        assert_eq!(
            description("/d", &"語".repeat(5_001)).unwrap_err().code,
            "too_long"
        );
        assert_eq!(description("/d", " \n").unwrap(), None);
        assert_eq!(description("/d", "a\0b").unwrap_err().code, "invalid");
    }
}
