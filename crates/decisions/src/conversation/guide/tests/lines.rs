//! Lines that fit, lines that do not, and what is asked about them.

use serde_json::json;

use super::super::talk::{Talk, cycle};
use super::super::{GuideContext, GuideState, respond};
use crate::outputs::{ComponentType as Type, DraftOp, Outputs, References, validate_strict};
use uuid::Uuid;

fn alone(component: Type) -> Talk {
    Talk::about(component, Outputs::default())
}

#[test]
fn nothing_is_proposed_before_the_user_speaks() {
    for component in Type::ALL {
        let talk = alone(*component);
        assert!(
            talk.opening().contains('?') || talk.opening().contains("first"),
            "{component}"
        );
        assert_eq!(talk.opening(), talk.opening());
    }
}

#[test]
fn a_heading_sets_the_bucket_and_an_unknown_one_is_asked_about() {
    let mut talk = alone(Type::IssueRaising);
    let reply = talk.say("Objectives:\n- Ruhe\nSonstiges:\n- Hund\nUncertainties:\n- Wetter");
    assert_eq!(reply.unknown_lines, ["Sonstiges:", "- Hund"]);
    assert_eq!(talk.content["objectives"][0]["description"], "Ruhe");
    assert_eq!(talk.content["uncertainties"][0]["description"], "Wetter");
    assert_eq!(talk.content.get("considerations"), None);
}

#[test]
fn a_heading_at_the_end_waits_for_the_next_message() {
    let mut talk = alone(Type::IssueRaising);
    let reply = talk.say("Decisions:");
    assert_eq!(reply.pending_questions, ["What belongs under “Decisions”?"]);
    let reply = talk.say("Wohin ziehen wir?");
    assert_eq!(
        talk.content["potential_decisions"][0]["description"],
        "Wohin ziehen wir?"
    );
    assert_eq!(reply.state.heading, None);
}

#[test]
fn none_leaves_an_optional_question_and_not_a_required_one() {
    let mut talk = alone(Type::IssueRaising);
    assert!(talk.say("none").reply_text.contains("What has to be decided?"));
    let reply = talk.say("None.");
    assert_eq!((reply.unknown_lines.len(), reply.questions_left), (1, 3));
    assert!(reply.reply_text.contains("needed to go on"));
}

#[test]
fn what_is_answered_already_is_skipped() {
    let content = json!({
        "potential_decisions": [{ "id": Uuid::from_u128(1), "description": "x" }], "considerations": [{ "id": Uuid::from_u128(2), "text": "y" }]
    });
    let mut talk = alone(Type::IssueRaising);
    talk.content = content;
    assert!(talk.opening().contains("achieve or avoid"));
}

#[test]
fn a_line_said_twice_is_noted_once() {
    let mut talk = alone(Type::IssueRaising);
    let reply = talk.say("Lärm\nLärm");
    assert_eq!(reply.draft_items.len(), 1);
    assert!(reply.reply_text.contains("already there"));
}

#[test]
fn when_all_is_asked_a_bare_line_belongs_nowhere_and_a_prefixed_one_does() {
    let mut talk = alone(Type::NotesNextSteps);
    for _ in 0..3 {
        talk.say("none");
    }
    assert!(talk.state.is_done);
    let reply = talk.say("noch etwas");
    assert_eq!(reply.unknown_lines, ["noch etwas"]);
    let reply = talk.say("question: Wer zahlt?");
    assert_eq!((reply.unknown_lines.len(), reply.questions_left), (0, 0));
    assert_eq!(talk.content["open_questions"][0]["text"], "Wer zahlt?");
}

#[test]
fn a_limit_needs_a_known_type_and_a_date_one_reading() {
    let mut talk = alone(Type::ProblemFrame);
    assert_eq!(talk.say("kurz").unknown_lines, ["kurz"]);
    talk.say("Wohin ziehen wir um?");
    talk.say("Hoa");
    let reply = talk.say("höchstens 1.500 €\nwetter: kein Regen");
    assert_eq!(reply.unknown_lines.len(), 2);
    talk.say("Financial:\n- höchstens 1.500 €");
    assert_eq!(
        talk.content["focal_decision"]["constraints"][0]["type"],
        "financial"
    );
    talk.say("none");
    assert_eq!(talk.say("Haus kaufen").unknown_lines, ["Haus kaufen"]);
    talk.say("none");
    assert_eq!(talk.say("03/04/2030").unknown_lines, ["03/04/2030"]);
    assert_eq!(talk.say("3.4.2030").questions_left, 0);
    assert_eq!(
        talk.content["focal_decision"]["deadline"],
        json!({ "date": "2030-04-03", "hard": false })
    );
}

#[test]
fn a_means_objective_names_what_it_helps() {
    let mut talk = alone(Type::Objectives);
    talk.say("Ruhe\nruhe\nobjective: Kosten");
    assert_eq!(
        talk.content["fundamental_objectives"].as_array().unwrap().len(),
        2
    );
    let reply = talk.say("Auto verkaufen -> Miete\nFahrrad\nRuhe -> ruhe");
    assert_eq!(reply.unknown_lines.len(), 3);
    assert!(reply.reply_text.contains("I do not know the objective “Miete”"));
    let reply = talk.say("Auto verkaufen -> 2");
    assert!(reply.reply_text.contains("How would you know"));
    assert_eq!(
        talk.content["means_objectives"][0]["supports"],
        json!([talk.content["fundamental_objectives"][1]["id"]])
    );
    let reply = talk.say("Lärm: dB, minimize\nRuhe: dB, minimize\nKosten: Euro, target viel");
    assert_eq!(
        reply.unknown_lines,
        ["Lärm: dB, minimize", "Kosten: Euro, target viel"]
    );
}

#[test]
fn names_of_alternatives_are_unique_and_short() {
    let mut talk = alone(Type::Alternatives);
    let long = "ä".repeat(101);
    assert_eq!(talk.say(&long).unknown_lines, [long.as_str()]);
    talk.say("Bleiben");
    let reply = talk.say("BLEIBEN: doch\nUmzug\nstatus quo: Umzug");
    assert_eq!(reply.unknown_lines, ["BLEIBEN: doch", "status quo: Umzug"]);
    assert!(reply.reply_text.contains("The status quo is “Bleiben”"));
    let references = References::default();
    assert!(validate_strict(Type::Alternatives, &talk.content, &references).is_ok());
}

#[test]
fn a_named_alternative_can_become_the_status_quo() {
    let mut talk = alone(Type::Alternatives);
    talk.content = json!({ "alternatives": [{ "id": Uuid::from_u128(5), "name": "Bleiben", "is_status_quo": false, "assumptions": [] }] });
    talk.say("bleiben");
    assert_eq!(talk.content["alternatives"].as_array().unwrap().len(), 1);
    assert_eq!(talk.content["status_quo_id"], json!(Uuid::from_u128(5)));
}

#[test]
fn ratings_go_to_the_cell_asked_about_and_the_status_quo_stays_at_zero() {
    let mut talk = Talk::about(
        Type::Consequences,
        cycle(&["Kosten", "Ruhe"], &["Bleiben", "Umzug"]),
    );
    let reply = talk.say("+1 billiger\n+2 stiller");
    assert_eq!(reply.unknown_lines, ["+2 stiller"]);
    assert!(reply.reply_text.contains("**Ruhe — B. Umzug:**"));
    let reply = talk.say("A / 1: -1 schlecht");
    assert_eq!((reply.unknown_lines.len(), reply.draft_items.len()), (1, 0));
    assert!(reply.reply_text.contains("always 0"));
    let reply = talk.say("Umzug / Kosten: \u{2212}\u{2212} doch teuer");
    assert_eq!(reply.draft_items.len(), 1);
    talk.say("0");
    let key = format!("{}:{}", Uuid::from_u128(201), Uuid::from_u128(100));
    assert_eq!(talk.content["table"]["cells"][&key]["rating"], -2);
    assert_eq!(talk.content["table"]["cells"][&key]["rationale"], "doch teuer");
    let stored = talk.complete(Type::Tradeoffs);
    assert_eq!(stored["table"]["cells"].as_object().unwrap().len(), 4);
}

#[test]
fn a_quantity_beside_a_rating_stays_and_cells_of_removed_things_leave() {
    let (alternative, objective, gone) = (Uuid::from_u128(201), Uuid::from_u128(100), Uuid::from_u128(999));
    let mut talk = Talk::about(Type::Consequences, cycle(&["Kosten"], &["Bleiben", "Umzug"]));
    let cell = |alternative: Uuid| {
        json!({ "alternative_id": alternative, "objective_id": objective, "rating": 1, "rationale": "alt",
        "quantity": { "value": "10", "unit": "€" } })
    };
    talk.content = json!({ "table": { "alternative_ids": [gone], "objective_ids": [objective],
        "cells": { format!("{alternative}:{objective}"): cell(alternative), format!("{gone}:{objective}"): cell(gone) } } });
    let reply = talk.say("B / 1: -1");
    assert!(reply.draft_items.iter().any(|item| item.op == DraftOp::Remove));
    let cells = &talk.content["table"]["cells"];
    assert_eq!(
        cells[format!("{alternative}:{objective}")],
        json!({ "alternative_id": alternative, "objective_id": objective, "rating": -1,
        "quantity": { "value": "10", "unit": "€" } })
    );
    assert_eq!(cells.as_object().unwrap().len(), 2);
    talk.complete(Type::Tradeoffs);
}

#[test]
fn a_large_table_can_be_typed_in() {
    let objectives: Vec<String> = (1..=50).map(|number| format!("目的 {number}")).collect();
    let alternatives: Vec<String> = (1..=20).map(|number| format!("案 {number}")).collect();
    let texts = |list: &'static [String]| list.iter().map(String::as_str).collect::<Vec<_>>();
    let outputs = cycle(&texts(objectives.leak()), &texts(alternatives.leak()));
    let mut talk = Talk::about(Type::Consequences, outputs);
    for column in 2..=20 {
        let text: Vec<String> = (1..=50)
            .map(|row| {
                format!(
                    "{column} / {row}: {}",
                    ["-2", "-", "0", "+", "++"][(column + row) % 5]
                )
            })
            .collect();
        assert_eq!(talk.say(&text.join("\n")).questions_left, (20 - column) * 50);
    }
    talk.complete(Type::Tradeoffs);
}

#[test]
fn an_incomplete_table_has_no_tradeoffs_yet() {
    let mut talk = Talk::about(Type::Tradeoffs, cycle(&["Kosten"], &["Bleiben", "Umzug"]));
    assert!(talk.opening().contains("not complete yet"));
    let reply = talk.say("Umzug: besser");
    assert_eq!((reply.draft_items.len(), reply.unknown_lines.len()), (0, 1));
}

fn rated() -> Outputs {
    let mut talk = Talk::about(
        Type::Consequences,
        cycle(&["Kosten"], &["Bleiben", "Umzug", "Zelt"]),
    );
    talk.say("B / 1: +1\nC / 1: -2");
    talk.complete(Type::Tradeoffs);
    talk.outputs
}

#[test]
fn the_analysis_is_noted_even_when_nothing_is_asked() {
    let mut talk = Talk::about(Type::Tradeoffs, rated());
    let reply = talk.say("B: weil\nD: weil\nZelt");
    assert_eq!(reply.unknown_lines, ["B: weil", "D: weil", "Zelt"]);
    assert!(reply.reply_text.contains("Nothing dominates this alternative"));
    assert_eq!(
        talk.content["dominated_alternatives"].as_array().unwrap().len(),
        2
    );
    let mut talk = Talk::about(Type::Tradeoffs, rated());
    let reply = talk.that_is_all();
    assert_eq!((reply.draft_items.len(), reply.questions_left), (3, 0));
    assert_eq!(talk.that_is_all().draft_items.len(), 0);
    talk.complete(Type::Recommendation);
}

#[test]
fn that_is_all_says_what_is_still_needed() {
    let mut talk = alone(Type::IssueRaising);
    talk.say("Lärm");
    let reply = talk.that_is_all();
    assert_eq!((reply.questions_left, reply.draft_items.len()), (1, 0));
    assert!(reply.reply_text.contains("still needed"));
    talk.say("Wohin?");
    let reply = talk.that_is_all();
    assert!(reply.reply_text.ends_with("Look the draft over and confirm it."));
}

#[test]
fn no_alternative_may_stand_out() {
    let mut talk = Talk::about(Type::Recommendation, rated());
    talk.say("conclusion: Wir warten noch ein Jahr, denn die Unterschiede sind klein.");
    let reply = talk.say("Zelt");
    assert_eq!(reply.unknown_lines, ["Zelt"]);
    assert!(talk.say("none").reply_text.contains("change your mind"));
    assert_eq!(
        talk.content.get("standout_option"),
        Some(&serde_json::Value::Null)
    );
    talk.say("none");
    assert!(talk.state.is_done);
    talk.complete(Type::DecisionQuality);
}

#[test]
fn an_element_is_named_or_it_is_the_one_asked_about() {
    let mut talk = alone(Type::DecisionQuality);
    let reply = talk.say("90\n80 dann\nQuality: 70 naja\nsehr gut\n8: 50");
    assert_eq!(
        reply.unknown_lines,
        ["80 dann", "Quality: 70 naja", "sehr gut", "8: 50"]
    );
    talk.say("raise: mehr fragen");
    let reply = talk.say("70");
    assert!(reply.reply_text.contains("**3. Creative Alternatives:**"));
    assert_eq!(
        talk.content["elements"][1],
        json!({ "name": "clear_objectives", "score": 70, "improvement_path": "mehr fragen" })
    );
    talk.say("clear objectives: 75");
    assert_eq!(talk.content["elements"][1]["score"], 75);
}

#[test]
fn markup_is_shown_back_as_text() {
    let mut talk = alone(Type::IssueRaising);
    let reply = talk.say("<script>alert(1)</script> *fett*");
    assert!(
        reply
            .reply_text
            .contains("&lt;script&gt;alert(1)&lt;/script&gt; \\*fett\\*")
    );
    assert_eq!(
        talk.content["considerations"][0]["text"],
        "<script>alert(1)</script> *fett*"
    );
}

#[test]
fn equal_input_gives_equal_replies_apart_from_new_ids() {
    let outputs = cycle(&["Kosten"], &["Bleiben", "Umzug"]);
    let content = json!({});
    let context = GuideContext {
        component: Type::Consequences,
        content: &content,
        outputs: &outputs,
    };
    let reply = |first: u128| {
        let mut next = first;
        let mut reply = respond(
            &context,
            &GuideState::default(),
            "+1 näher\nX / 1: 0",
            &mut || {
                next += 1;
                Uuid::from_u128(next)
            },
        );
        reply
            .draft_items
            .iter_mut()
            .for_each(|item| item.id = Uuid::nil());
        reply
    };
    assert_eq!(reply(1), reply(500));
}

#[test]
fn the_longest_message_is_read_line_by_line() {
    let mut talk = alone(Type::IssueRaising);
    let text: Vec<String> = (0..2_000).map(|number| number.to_string()).collect();
    assert_eq!(talk.say(&text.join("\n")).draft_items.len(), 2_000);
    assert_eq!(talk.content["considerations"].as_array().unwrap().len(), 2_000);
}
