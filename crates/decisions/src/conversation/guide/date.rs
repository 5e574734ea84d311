//! Dates as people type them, as far as they can be read in one way only.

use chrono::NaiveDate;

/// Reads `2026-12-01`, `2026/12/01`, `1.12.2026` and `2026年12月1日`; day and month never change places.
pub fn read_date(text: &str) -> Option<NaiveDate> {
    let text = text.trim().trim_end_matches('.');
    let formats = ["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%Y年%m月%d日"];
    let date = formats
        .iter()
        .find_map(|format| NaiveDate::parse_from_str(text, format).ok())?;
    (1000..=9999)
        .contains(&chrono::Datelike::year(&date))
        .then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_with_one_reading_are_read() {
        let expected = NaiveDate::from_ymd_opt(2026, 12, 1);
        for text in [
            "2026-12-01",
            "2026/12/1",
            "1.12.2026",
            "01.12.2026",
            "2026年12月1日",
        ] {
            assert_eq!(read_date(text), expected, "{text}");
        }
        for text in ["12/01/2026", "next week", "2026-13-01", "1.12.26", ""] {
            assert_eq!(read_date(text), None, "{text}");
        }
    }
}
