//! Header, the nine sections with their tables, footer, and the rules about totals.

use super::super::fixture::{facts, input, outputs, rated, ratings};
use super::super::{BranchFacts, Scope, checksum, render_html, render_markdown, render_section};
use crate::outputs::{ComponentStatus as Status, ComponentType as Type, Outputs};

fn assert_says(document: &str, lines: &[&str]) {
    for line in lines {
        assert!(document.contains(line), "{line}\n\n{document}");
    }
}

#[test]
fn the_header_names_the_decision_and_the_footer_its_version() {
    let (outputs, facts) = (outputs(), facts(Status::Complete));
    let document = render_markdown(&input(&outputs, &facts));
    let head = "# Wohin ziehen wir? 🏠\n\n**Wo wohnen wir ab 2030?**\n\n- Status: Active\n- Decision quality: 65 of 100\n\
                - Last changed: 2030-03-17 17:46 UTC by Hoa Nguyễn\n- Cycle: erster Anlauf\n\n## 1. Issue Raising\n\n*Complete*\n";
    assert!(document.starts_with(head), "{document}");
    assert!(
        document
            .ends_with("---\n\n- Document version: 42\n- Weakest element: Commitment to Follow Through\n"),
        "{document}"
    );
}

#[test]
fn every_table_is_there() {
    let (outputs, facts) = (outputs(), facts(Status::Complete));
    let document = render_markdown(&input(&outputs, &facts));
    assert_says(
        &document,
        &[
            "| Wo wohnen? | High | Yes | bald |",
            "- Zeit *(AI)*\n",
            "| Bahn? | Streik |",
            "- Decision maker: Hoa, Mutter\n",
            "- In scope: Stadt; Umland\n- Out of scope: Ausland\n- Trigger: Der Vertrag endet\n- Deadline: 2030-08-01 (cannot move)\n- Ultimate aim: Ein gutes Leben *(AI)*\n",
            "| Financial | höchstens 1.500 € |",
            "| Already made | In der Region bleiben | ja |\n| Focal | **Wo wohnen wir ab 2030?** |  |\n| Deferred | Haus kaufen |  |",
            "| Großeltern *(AI)* | Affected party | hoch | Nähe<br>Ruhe |",
            "| Depends on | Schule |",
            "| 1 | **Zeit** | mit den Kindern | Stunden (h) | Maximize |  | 0.5 |  |",
            "| 2 | **Ruhe** |  | Lärm | Target 35 |  | 0.3 | Großeltern |",
            "| Kurzer Weg | Zeit, Kosten |",
            "| **A** | Bleiben | Status quo | Bleiben eben | Miete bleibt |\n| **B** | Köln |  |",
            "| Fahrt | Bahn<br>Rad |",
            "| B. Köln | Rad |",
            "| Objective | A. Bleiben (status quo) | B. Köln | C. Dorf |",
            "| Zeit | 0 | +2 *(AI)* | +1 |\n| Ruhe | 0 | −1 | −1 |\n| Kosten | 0 | +1 | 0 |",
            "| **Total** | **0** | **+2** | **0** |",
            "| **Rank** | **2** | **1** | **2** |",
            "| **Weighted total (secondary)** | **0** | **0.9** | **0.2** |",
            "| Zeit | B. Köln | +2 | näher \\| am Büro | High | die Bahn |",
            "| Kosten | 900 € (rank 2) | 1100.50 € (rank 3) | 700 € (rank 1) |",
            "- This covers the measured objectives only.",
            "| Steigt die Miete? | Markt | Yes | No |",
            "| C. Dorf | B. Köln | schlechter | wegen Oma |",
            "| B. Köln | Zeit | Ruhe | +2 | die Bahn |",
            "- Stands out: C. Dorf\n- Why: Oma\n",
            "| Hort? | groß | anrufen |",
            "| 7 | Commitment to Follow Through | 65 | geschätzt | fragen | Medium |",
            "- Overall: 65 of 100, the lowest of the seven\n",
            "| anrufen | Ben | 2030-02-01 | Planned |",
            "### Look again when\n\n- Miete steigt\n",
            "### Affirmation\n\nSo machen wir es.\n",
        ],
    );
    for (place, component) in Type::ALL.iter().enumerate() {
        assert!(document.contains(&format!("## {}. {}\n", place + 1, component.title())));
    }
}

#[test]
fn verdict_margin_and_flip_stand_next_to_the_totals() {
    let (outputs, facts) = (outputs(), facts(Status::Complete));
    let section = render_section(&input(&outputs, &facts), Type::Consequences);
    assert_says(
        &section,
        &[
            "- Verdict: B. Köln leads by a margin of 33.33 %, with tradeoffs: other alternatives remain viable.\n- Margin: 33.33 %\n\
             - Smallest flip: 2 rating steps in a single rating would change the leader, for example B. Köln on Zeit from +2 to 0; ",
        ],
    );
}

#[test]
fn a_dominated_standout_shows_its_contradiction() {
    let (outputs, facts) = (outputs(), facts(Status::Complete));
    let section = render_section(&input(&outputs, &facts), Type::Recommendation);
    assert_says(
        &section,
        &[
            "> Contradiction: C. Dorf stands out, yet B. Köln dominates it. Worse than Köln on Zeit and Kosten, and better on none.",
        ],
    );
}

#[test]
fn a_small_difference_is_no_victory() {
    let narrow = rated(&[
        [Some(0), Some(0), Some(0)],
        [Some(0), Some(0), Some(0)],
        [Some(0), Some(0), Some(0)],
    ]);
    let facts = facts(Status::Complete);
    let section = render_section(&input(&narrow, &facts), Type::Consequences);
    assert_says(
        &section,
        &[
            "- Verdict: No clear winner: A. Bleiben, B. Köln and C. Dorf have the same total.",
            "- Smallest flip: 1 rating step ",
        ],
    );
}

#[test]
fn while_ratings_are_missing_everything_is_provisional() {
    let mut some = ratings();
    some[1][2] = None;
    let (outputs, facts) = (rated(&some), facts(Status::InProgress));
    let document = render_markdown(&input(&outputs, &facts));
    assert_says(
        &document,
        &[
            "| Ruhe | 0 | −1 | not rated |",
            "| **Total (provisional)** |",
            "- Verdict: Provisional: 1 rating is still missing, so no alternative leads yet.\n- Smallest flip: 1 rating step, provisional while ratings are missing.",
            "> Provisional: ratings are missing.",
        ],
    );
    assert!(
        !document.contains("**Rank**") && !document.contains("Margin") && !document.contains("Contradiction")
    );
}

#[test]
fn a_branch_names_its_parent_and_marks_what_it_inherited() {
    let outputs = outputs();
    let mut facts = facts(Status::Complete);
    facts[0].inherited = true;
    facts[4].based_on_older_input = true;
    let mut input = input(&outputs, &facts);
    input.cycle.branch = Some(BranchFacts {
        parent: "Haupt*weg",
        branch_point: Type::Alternatives,
    });
    let document = render_markdown(&input);
    assert_says(
        &document,
        &[
            "- Branch: from Haupt\\*weg, at Alternatives",
            "*Complete · Inherited from Haupt\\*weg*",
            "*Complete · Based on older input*",
        ],
    );
    assert!(render_html(&input).contains("<span>Based on older input</span>"));
}

#[test]
fn an_empty_cycle_has_nine_empty_sections() {
    let (outputs, facts) = (Outputs::default(), facts(Status::NotStarted));
    let document = render_markdown(&input(&outputs, &facts));
    assert_eq!(
        document
            .matches("*Not started*\n\n> Nothing has been written here yet.")
            .count(),
        9
    );
    assert!(document.contains("- Decision quality: not rated yet\n") && !document.contains("Weakest"));
}

#[test]
fn a_plan_without_decision_quality_shows_no_score() {
    let (outputs, facts) = (outputs(), facts(Status::Complete));
    let mut input = input(&outputs, &facts);
    input.scope = Scope {
        has_decision_quality: false,
        has_full_analysis: false,
    };
    let document = render_markdown(&input);
    assert!(!document.contains("65") && !document.contains("Weakest") && !document.contains("**Tensions**"));
    assert_says(&document, &["## 8. Decision Quality\n\n> Not part of this plan."]);
}

#[test]
fn equal_input_gives_equal_bytes_and_the_checksum_tells_a_change() {
    let (outputs, facts) = (outputs(), facts(Status::Complete));
    let document = render_markdown(&input(&outputs, &facts));
    assert_eq!(document, render_markdown(&input(&outputs, &facts)));
    let mut later = input(&outputs, &facts);
    later.version = 43;
    assert_ne!(checksum(&document), checksum(&render_markdown(&later)));
    assert_eq!(
        checksum("abc"),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}
