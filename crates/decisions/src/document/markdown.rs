//! The document as Markdown (with GitHub tables).

use super::blocks::{Block, Cell, Column, Document, Field, Section, Table, Text};
use super::escape;

/// Renders the document; equal documents give equal bytes, so the checksum is taken from this.
pub fn render(document: &Document) -> String {
    let mut out = format!("# {}\n\n", escape::markdown(&document.title, " "));
    if let Some(statement) = &document.statement {
        out.push_str(&format!("**{}**\n\n", escape::markdown(statement, "<br>")));
    }
    fields(&mut out, &document.header);
    for section in &document.sections {
        out.push_str(&render_section(section));
    }
    out.push_str("---\n\n");
    fields(&mut out, &document.footer);
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// Renders one section, with a blank line at its end.
pub fn render_section(section: &Section) -> String {
    let mut out = format!("## {}. {}\n\n", section.number, section.title);
    if !section.marks.is_empty() {
        let marks: Vec<String> = section
            .marks
            .iter()
            .map(|mark| escape::markdown_line(mark))
            .collect();
        out.push_str(&format!("*{}*\n\n", marks.join(" · ")));
    }
    for block in &section.blocks {
        render_block(&mut out, block);
    }
    out
}

fn render_block(out: &mut String, block: &Block) {
    match block {
        Block::Heading(title) => out.push_str(&format!("### {title}\n\n")),
        Block::Paragraph(text) => out.push_str(&format!("{}\n\n", inline(text, "  \n"))),
        Block::Note(text) => out.push_str(&format!("> {}\n\n", escape::markdown(text, "<br>"))),
        Block::Fields(list) => fields(out, list),
        Block::List(items) => {
            for item in items {
                out.push_str(&format!("- {}\n", inline(item, "<br>")));
            }
            out.push('\n');
        }
        Block::Table(table) => render_table(out, table),
    }
}

fn render_table(out: &mut String, table: &Table) {
    out.push_str(&format!("**{}**\n\n", table.caption));
    let titles: Vec<String> = table
        .columns
        .iter()
        .map(|column| escape::markdown_inline(&column.title.replace(['\n', '\r'], " ")))
        .collect();
    out.push_str(&format!("| {} |\n", titles.join(" | ")));
    let rules: Vec<&str> = table.columns.iter().map(rule).collect();
    out.push_str(&format!("| {} |\n", rules.join(" | ")));
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(render_cell).collect();
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    out.push('\n');
}

fn rule(column: &Column) -> &'static str {
    if column.is_number { "---:" } else { "---" }
}

fn render_cell(cell: &Cell) -> String {
    let text = escape::markdown_cell(&cell.text.text);
    let text = if cell.is_strong && !text.is_empty() {
        format!("**{text}**")
    } else {
        text
    };
    labelled(text, cell.text.by_ai)
}

fn fields(out: &mut String, list: &[Field]) {
    for field in list {
        out.push_str(&format!("- {}: {}\n", field.label, inline(&field.value, "<br>")));
    }
    if !list.is_empty() {
        out.push('\n');
    }
}

fn inline(text: &Text, line_break: &str) -> String {
    labelled(escape::markdown(&text.text, line_break), text.by_ai)
}

fn labelled(text: String, by_ai: bool) -> String {
    match (by_ai, text.is_empty()) {
        (true, true) => "*(AI)*".to_owned(),
        (true, false) => format!("{text} *(AI)*"),
        (false, _) => text,
    }
}
