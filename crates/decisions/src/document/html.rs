//! The document as one HTML file: styles inside, no scripts, nothing loaded from elsewhere.

use super::blocks::{Block, Cell, Column, Document, Field, Section, Table, Text};
use super::escape;

const STYLE: &str = include_str!("document.css");

/// Renders the whole page; it reads well on screen in light and dark, and on paper.
pub fn render(document: &Document) -> String {
    let title = escape::html(&document.title.replace(['\n', '\r'], " "));
    let mut out = String::with_capacity(16 * 1024);
    out.push_str("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    out.push_str(&format!("<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<header>\n<h1>{title}</h1>\n"));
    if let Some(statement) = &document.statement {
        out.push_str(&format!(
            "<p class=\"statement\">{}</p>\n",
            escape::html(statement)
        ));
    }
    fields(&mut out, &document.header);
    out.push_str("</header>\n");
    for section in &document.sections {
        render_section(&mut out, section);
    }
    out.push_str("<footer>\n");
    fields(&mut out, &document.footer);
    out.push_str("</footer>\n</main>\n</body>\n</html>\n");
    out
}

fn render_section(out: &mut String, section: &Section) {
    let number = section.number;
    out.push_str(&format!(
        "<section aria-labelledby=\"section-{number}\">\n<h2 id=\"section-{number}\">{number}. {}</h2>\n",
        section.title
    ));
    if !section.marks.is_empty() {
        let marks: Vec<String> = section
            .marks
            .iter()
            .map(|mark| format!("<span>{}</span>", escape::html(mark)))
            .collect();
        out.push_str(&format!("<p class=\"marks\">{}</p>\n", marks.join(" ")));
    }
    for block in &section.blocks {
        render_block(out, block);
    }
    out.push_str("</section>\n");
}

fn render_block(out: &mut String, block: &Block) {
    match block {
        Block::Heading(title) => out.push_str(&format!("<h3>{title}</h3>\n")),
        Block::Paragraph(text) => out.push_str(&format!("<p>{}</p>\n", inline(text))),
        Block::Note(text) => out.push_str(&format!("<p class=\"note\">{}</p>\n", escape::html(text))),
        Block::Fields(list) => fields(out, list),
        Block::List(items) => {
            out.push_str("<ul>\n");
            for item in items {
                out.push_str(&format!("<li>{}</li>\n", inline(item)));
            }
            out.push_str("</ul>\n");
        }
        Block::Table(table) => render_table(out, table),
    }
}

fn render_table(out: &mut String, table: &Table) {
    out.push_str(&format!(
        "<div class=\"table\" tabindex=\"0\">\n<table>\n<caption>{}</caption>\n<thead><tr>",
        table.caption
    ));
    for column in &table.columns {
        out.push_str(&format!(
            "<th scope=\"col\"{}>{}</th>",
            number_class(column),
            escape::html(&column.title)
        ));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for (cell, column) in row.iter().zip(&table.columns) {
            render_cell(out, cell, column);
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
}

fn render_cell(out: &mut String, cell: &Cell, column: &Column) {
    let class = match cell.heat {
        Some(rating) => format!(" class=\"heat {}\"", heat_class(rating)),
        None => number_class(column).to_owned(),
    };
    let text = inline(&cell.text);
    if cell.is_strong {
        out.push_str(&format!("<td{class}><strong>{text}</strong></td>"));
    } else {
        out.push_str(&format!("<td{class}>{text}</td>"));
    }
}

/// The five colours of the matrix, from best to worst: dark blue, blue, neutral, orange, red.
fn heat_class(rating: i64) -> &'static str {
    match rating {
        2.. => "dark-blue",
        1 => "blue",
        0 => "neutral",
        -1 => "orange",
        _ => "red",
    }
}

fn number_class(column: &Column) -> &'static str {
    if column.is_number { " class=\"number\"" } else { "" }
}

fn fields(out: &mut String, list: &[Field]) {
    if list.is_empty() {
        return;
    }
    out.push_str("<dl>\n");
    for field in list {
        out.push_str(&format!(
            "<div><dt>{}</dt><dd>{}</dd></div>\n",
            field.label,
            inline(&field.value)
        ));
    }
    out.push_str("</dl>\n");
}

fn inline(text: &Text) -> String {
    let escaped = escape::html(&text.text);
    if text.by_ai {
        format!("{escaped} <span class=\"ai\" title=\"Added by AI\">AI</span>")
    } else {
        escaped
    }
}
