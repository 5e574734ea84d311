//! A workspace's place in addresses.

use althing_backbone::Uuid;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longer names are cut.
const MOST: usize = 80;

/// Lower-case ASCII letters and digits of a name, accents dropped, the rest as single hyphens;
/// `None` if nothing is left, or if it could be mistaken for an id.
pub(crate) fn from_name(name: &str) -> Option<String> {
    let mut slug = String::new();
    let plain = name.nfkd().filter(|sign| !is_combining_mark(*sign));
    for sign in plain.flat_map(char::to_lowercase) {
        if sign.is_ascii_alphanumeric() {
            slug.push(sign);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= MOST {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    (!slug.is_empty() && Uuid::try_parse(slug).is_err()).then(|| slug.to_owned())
}

/// So many hexadecimal digits out of an id's random part.
pub(super) fn digits(id: Uuid, count: usize) -> String {
    let hash = crate::secret::sha256(id.as_bytes());
    hash[..count].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_digits_and_single_hyphens_are_left() {
        assert_eq!(
            from_name("  Analytical — Engines! ").as_deref(),
            Some("analytical-engines")
        );
        assert_eq!(from_name("R2-D2").as_deref(), Some("r2-d2"));
        assert_eq!(from_name("Café Zürich").as_deref(), Some("cafe-zurich"));
        assert_eq!(from_name("語語"), None);
        assert_eq!(from_name("0190a6c2-5d4e-7b3a-9c1f-2e6d8a4b7f01"), None);
        assert_eq!(
            from_name("0190A6C25D4E7B3A9C1F2E6D8A4B7F01"),
            None,
            "an id without hyphens too"
        );
        assert_eq!(from_name(&"a ".repeat(100)).unwrap().len(), 79);
    }

    #[test]
    fn digits_differ_from_id_to_id() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(digits(one, 6).len(), 6);
        assert_ne!(digits(one, 6), digits(two, 6));
        assert!(digits(one, 8).bytes().all(|digit| digit.is_ascii_hexdigit()));
    }
}
