//! Escaping of people's text, so that it shows as typed and never becomes markup.

/// Escapes one line for Markdown; HTML inside it shows as text, and it does not become a heading, list or rule.
pub fn markdown_line(text: &str) -> String {
    let inline = markdown_inline(text);
    let mut letters = inline.chars();
    let is_block = match (letters.next(), letters.next()) {
        (Some('#' | '='), _) => true,
        (Some('-' | '+'), next) => next.is_none_or(|next| next.is_whitespace() || next == '-'),
        _ => false,
    };
    if is_block {
        return format!("\\{inline}");
    }
    escape_leading_number(inline)
}

/// Escapes one line where no block can begin, as in a table cell.
pub fn markdown_inline(text: &str) -> String {
    let text = text.trim();
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Escapes text of several lines for Markdown; `line_break` joins the lines.
pub fn markdown(text: &str, line_break: &str) -> String {
    joined(text, line_break, markdown_line)
}

/// Escapes text of several lines for one cell of a Markdown table.
pub fn markdown_cell(text: &str) -> String {
    joined(text, "<br>", markdown_inline)
}

fn joined(text: &str, line_break: &str, escape: fn(&str) -> String) -> String {
    let lines: Vec<String> = text
        .trim()
        .lines()
        .map(escape)
        .filter(|line| !line.is_empty())
        .collect();
    lines.join(line_break)
}

/// Escapes text for HTML elements and attribute values; line breaks stay visible.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.trim().chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push_str("<br>"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// `1. text` and `1) text` at the start would become a list.
fn escape_leading_number(line: String) -> String {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let behind = line[digits..].strip_prefix(['.', ')']);
    let is_list = digits > 0 && behind.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    if !is_list {
        return line;
    }
    format!("{}\\{}", &line[..digits], &line[digits..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        assert_eq!(
            markdown_line("<script>alert('x')</script> | *b* & [l](u)"),
            "&lt;script&gt;alert('x')&lt;/script&gt; \\| \\*b\\* &amp; \\[l\\](u)"
        );
        assert_eq!(
            html("<b a=\"1\">'&'</b>\nnext"),
            "&lt;b a=&quot;1&quot;&gt;&#39;&amp;&#39;&lt;/b&gt;<br>next"
        );
    }

    #[test]
    fn line_starts_that_would_become_blocks_are_escaped() {
        for (text, expected) in [
            ("# a", "\\# a"),
            ("- a", "\\- a"),
            ("---", "\\---"),
            ("+ a", "\\+ a"),
            ("+2", "+2"),
            ("-2", "-2"),
            ("=== a", "\\=== a"),
            ("1. a", "1\\. a"),
            ("12) a", "12\\) a"),
            ("1.5 a", "1.5 a"),
            ("a - b", "a - b"),
        ] {
            assert_eq!(markdown_line(text), expected);
        }
        assert_eq!(markdown_cell("- a\n1. b|"), "- a<br>1. b\\|");
    }

    #[test]
    fn lines_are_joined_and_other_scripts_stay_as_typed() {
        assert_eq!(markdown("東京\r\n\r\n  Größe 🏠\n", "<br>"), "東京<br>Größe 🏠");
    }
}
