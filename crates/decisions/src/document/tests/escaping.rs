//! Text that tries to be markup, and tables as large as they may be.

use serde_json::json;

use super::super::fixture::{facts, id, input};
use super::super::{render_html, render_markdown};
use crate::outputs::{Cell, ComponentStatus as Status, ComponentType as Type, Output, Outputs};

const NASTY: &str = "<script>alert(\"x\")</script> | a\nb & `c` ![i](http://x/y.png) \u{0}";

fn nasty() -> Outputs {
    let load = |component, value| Output::load(component, &value).unwrap();
    Outputs::from_iter([
        load(
            Type::IssueRaising,
            json!({ "considerations": [{ "id": id(1), "text": NASTY }] }),
        ),
        load(
            Type::Objectives,
            json!({ "fundamental_objectives": [{ "id": id(2), "name": NASTY, "description": NASTY }] }),
        ),
        load(
            Type::Alternatives,
            json!({ "alternatives": [{ "id": id(3), "name": NASTY, "is_status_quo": true, "assumptions": [NASTY] }] }),
        ),
        load(
            Type::Consequences,
            json!({ "table": { "alternative_ids": [id(3)], "objective_ids": [id(2)], "cells": {} } }),
        ),
        load(Type::Recommendation, json!({ "synthesis": NASTY })),
    ])
}

#[test]
fn nothing_people_write_becomes_markup() {
    let (outputs, facts) = (nasty(), facts(Status::InProgress));
    let mut input = input(&outputs, &facts);
    input.title = NASTY;
    input.last_changed_by = Some(NASTY);
    let (markdown, html) = (render_markdown(&input), render_html(&input));
    assert!(!markdown.contains("<script") && !markdown.contains("![i]"));
    assert!(markdown.contains("&lt;script&gt;alert(\"x\")&lt;/script&gt; \\|"));
    assert!(!html.contains("<script") && !html.contains("src=") && !html.contains("href="));
    assert!(html.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; | a<br>b &amp; `c`"));
    for row in markdown.lines().filter(|line| line.starts_with('|')) {
        let bars = row.replace("\\|", "").matches('|').count();
        assert!(bars >= 3 && row.ends_with('|'), "{row}");
    }
}

#[test]
fn html_is_one_file_with_its_colours_inside() {
    let (outputs, facts) = (super::super::fixture::outputs(), facts(Status::Complete));
    let html = render_html(&input(&outputs, &facts));
    assert!(html.starts_with("<!doctype html>") && html.trim_end().ends_with("</html>"));
    for external in ["<link", "@import", "url(", "<img", "http:", "https:"] {
        assert!(!html.contains(external), "{external}");
    }
    assert!(html.contains("prefers-color-scheme: dark") && html.contains("@media print"));
    assert!(
        html.contains(
            "<td class=\"heat dark-blue\">+2 <span class=\"ai\" title=\"Added by AI\">AI</span></td>"
        )
    );
    assert!(
        html.contains("<td class=\"heat orange\">−1</td>")
            && html.contains("<td class=\"heat neutral\">0</td>")
    );
    assert_eq!(html.matches("<table>").count(), html.matches("</table>").count());
    assert_eq!(html.matches("<section").count(), 9);
}

#[test]
fn the_largest_table_renders_in_both_formats() {
    let many = |base: u128| (0..50).map(|place| id(base + place)).collect::<Vec<_>>();
    let (columns, rows) = (many(1_000), many(2_000));
    let mut cells = serde_json::Map::new();
    for (o, objective) in rows.iter().enumerate() {
        for (a, alternative) in columns.iter().enumerate() {
            let rating = if a == 0 {
                0
            } else {
                i64::try_from((a + o) % 5).unwrap() - 2
            };
            let cell = json!({ "alternative_id": alternative, "objective_id": objective, "rating": rating, "rationale": "理由" });
            cells.insert(Cell::key(*alternative, *objective), cell);
        }
    }
    let alternatives: Vec<_> = columns
        .iter()
        .enumerate()
        .map(|(place, id)| json!({ "id": id, "name": format!("案 {place}"), "is_status_quo": place == 0 }))
        .collect();
    let objectives: Vec<_> = rows
        .iter()
        .enumerate()
        .map(|(place, id)| json!({ "id": id, "name": format!("目的 {place}") }))
        .collect();
    let load = |component, value| Output::load(component, &value).unwrap();
    let outputs = Outputs::from_iter([
        load(Type::Objectives, json!({ "fundamental_objectives": objectives })),
        load(Type::Alternatives, json!({ "alternatives": alternatives })),
        load(
            Type::Consequences,
            json!({ "table": { "alternative_ids": columns, "objective_ids": rows, "cells": cells } }),
        ),
    ]);
    let facts = facts(Status::Complete);
    let (markdown, html) = (
        render_markdown(&input(&outputs, &facts)),
        render_html(&input(&outputs, &facts)),
    );
    assert!(markdown.contains("AX. 案 49"));
    assert_eq!(html.matches("class=\"heat ").count(), 2_500);
    let reasons = markdown.lines().filter(|line| line.contains("| 理由 |")).count();
    assert_eq!(reasons, 2_500);
}
