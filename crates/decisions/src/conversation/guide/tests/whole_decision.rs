//! A decision from its first thought to its last note, by the guide alone.

use serde_json::json;

use super::super::talk::Talk;
use crate::analysis::{Verdict, analyse};
use crate::outputs::{ComponentType as Type, Outputs};

/// Walks through all nine components; the texts hold several scripts.
fn decide() -> Talk {
    let mut talk = Talk::about(Type::IssueRaising, Outputs::default());
    assert!(talk.opening().contains("What is on your mind?"));
    raise_issues(&mut talk);
    frame_the_problem(&mut talk);
    find_objectives(&mut talk);
    find_alternatives(&mut talk);
    rate(&mut talk);
    weigh(&mut talk);
    recommend(&mut talk);
    assess_quality(&mut talk);
    note_next_steps(&mut talk);
    talk
}

fn raise_issues(talk: &mut Talk) {
    let reply =
        talk.say("Der Mietvertrag läuft aus 🏠\nuncertainty: Wird die Bahn pünktlicher?\n• 新しい仕事は遠い");
    assert_eq!(
        (
            reply.draft_items.len(),
            reply.unknown_lines.len(),
            reply.questions_left
        ),
        (3, 0, 2)
    );
    assert!(reply.reply_text.contains("- Consideration: 新しい仕事は遠い"));
    let reply = talk.say("- Wo wollen wir wohnen?");
    assert!(reply.reply_text.contains("achieve or avoid"));
    let reply = talk.say("* Zeit für die Kinder\n1. Ruhe\n2) Geld sparen");
    assert_eq!(reply.questions_left, 0);
    assert!(reply.reply_text.ends_with("Look the draft over and confirm it."));
    let stored = talk.complete(Type::ProblemFrame);
    assert_eq!(
        stored["potential_decisions"][0]["description"],
        "Wo wollen wir wohnen?"
    );
    assert_eq!(stored["objectives"][2]["description"], "Geld sparen");
    assert_eq!(
        stored["uncertainties"][0]["description"],
        "Wird die Bahn pünktlicher?"
    );
    assert_eq!(stored["considerations"].as_array().unwrap().len(), 2);
}

fn frame_the_problem(talk: &mut Talk) {
    assert!(talk.opening().contains("- Wo wollen wir wohnen?"));
    talk.say("Wo wohnt die Familie Nguyễn ab 2030?");
    talk.say("Nguyễn Thị Hoa: Mutter");
    talk.say("financial: höchstens 1.500 € im Monat\nZEIT: bald");
    talk.say("time: bis Schulbeginn");
    talk.say("- Großeltern: wollen nah wohnen\n- 山田さん: advisor: 家賃");
    talk.say("already: Wir bleiben in der Region\nlater: Haus kaufen");
    let reply = talk.say("2030-08-01 hard");
    assert_eq!(reply.questions_left, 0);
    let stored = talk.complete(Type::Objectives);
    assert_eq!(
        stored["decision_maker"],
        json!({ "name": "Nguyễn Thị Hoa", "role": "Mutter" })
    );
    let focal = &stored["focal_decision"];
    assert_eq!(focal["statement"], "Wo wohnt die Familie Nguyễn ab 2030?");
    assert_eq!(focal["constraints"][1]["type"], "time");
    assert_eq!(focal["deadline"], json!({ "date": "2030-08-01", "hard": true }));
    assert_eq!(stored["parties"][0]["role"], "affected_party");
    assert_eq!(
        (
            &stored["parties"][1]["role"],
            &stored["parties"][1]["concerns"][0]
        ),
        (&json!("advisor"), &json!("家賃"))
    );
    assert_eq!(
        stored["decision_hierarchy"]["deferred"][0]["statement"],
        "Haus kaufen"
    );
}

fn find_objectives(talk: &mut Talk) {
    talk.say("Zeit: gemeinsame Abende\nRuhe\nKosten\nKurzer Weg");
    let reply = talk.say("Kurzer Weg -> zeit\n近い駅 → 1, Ruhe");
    assert_eq!(reply.unknown_lines, [""; 0]);
    let reply = talk.say("Zeit: Stunden am Tag, maximize\nKosten: Euro im Monat");
    assert_eq!(reply.unknown_lines, ["Kosten: Euro im Monat"]);
    let reply = talk.say("minimize");
    assert!(reply.reply_text.contains("- Ruhe"));
    let reply = talk.say("ruhe: Dezibel, target 35.5");
    assert_eq!(reply.questions_left, 0);
    let stored = talk.complete(Type::Alternatives);
    let names: Vec<_> = stored["fundamental_objectives"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Zeit", "Ruhe", "Kosten"]);
    assert_eq!(
        stored["fundamental_objectives"][0]["description"],
        "gemeinsame Abende"
    );
    let ids: Vec<_> = stored["fundamental_objectives"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].clone())
        .collect();
    assert_eq!(stored["means_objectives"][0]["description"], "Kurzer Weg");
    assert_eq!(stored["means_objectives"][0]["supports"], json!([ids[0]]));
    assert_eq!(stored["means_objectives"][1]["supports"], json!([ids[0], ids[1]]));
    let measure = |place: usize| &stored["fundamental_objectives"][place]["performance_measure"];
    assert_eq!(
        measure(1),
        &json!({ "metric": "Dezibel", "direction": "target", "target": "35.5" })
    );
    assert_eq!(
        measure(2),
        &json!({ "metric": "Euro im Monat", "direction": "minimize" })
    );
}

fn find_alternatives(talk: &mut Talk) {
    assert!(talk.opening().contains("change nothing"));
    let reply = talk.say("Bleiben: wir mieten weiter\nassumption: die Miete steigt nicht");
    assert_eq!(reply.questions_left, 2);
    let reply = talk.say("Köln: nah am Büro\nDorf");
    assert!(reply.reply_text.contains("sees it differently"));
    talk.say("- 東京\n- köln");
    let reply = talk.say("none");
    assert_eq!(reply.questions_left, 0);
    let stored = talk.complete(Type::Consequences);
    let all = stored["alternatives"].as_array().unwrap();
    assert_eq!(
        all.iter()
            .map(|one| one["name"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ["Bleiben", "Köln", "Dorf", "東京"]
    );
    assert_eq!(
        (&all[0]["is_status_quo"], &all[0]["assumptions"]),
        (&json!(true), &json!(["die Miete steigt nicht"]))
    );
    assert_eq!(stored["status_quo_id"], all[0]["id"]);
}

fn rate(talk: &mut Talk) {
    let opening = talk.opening();
    assert!(
        opening.contains("Alternatives: A. Bleiben, B. Köln, C. Dorf, D. 東京."),
        "{opening}"
    );
    assert!(opening.contains("**Zeit — B. Köln:**"), "{opening}");
    let reply = talk.say("\u{2212}1 längerer Weg");
    assert!(reply.reply_text.contains("**Zeit — C. Dorf:**"));
    assert_eq!((reply.questions_left, reply.draft_items.len()), (8, 6));
    talk.say("= gleich weit");
    talk.say("東京 / zeit: -- 遠い\nB / Ruhe: -1\n2 / Kosten: ++ billiger");
    let reply = talk.say("++ still");
    assert!(
        reply.reply_text.contains("**Ruhe — D. 東京:**"),
        "{}",
        reply.reply_text
    );
    talk.say("- laut");
    talk.say("Kosten:\n- C: +1 etwas billiger\n- D: -2 teuer");
    let stored = talk.complete(Type::Tradeoffs);
    let cells = stored["table"]["cells"].as_object().unwrap();
    assert_eq!(cells.len(), 12);
    let analysis = analyse(&talk.outputs);
    let scores: Vec<i32> = analysis.pugh.scores.iter().map(|one| one.score).collect();
    assert_eq!(scores, [0, 0, 3, -5]);
    assert_eq!(analysis.pugh.verdict, Verdict::LeadsWithTradeoffs);
    assert!(
        cells
            .values()
            .any(|cell| cell["rationale"] == "遠い" && cell["rating"] == -2)
    );
}

fn weigh(talk: &mut Talk) {
    let opening = talk.opening();
    assert!(
        opening.contains("C. Dorf leads by a margin of 50 %, with tradeoffs"),
        "{opening}"
    );
    assert!(opening.contains("Smallest flip: 3 rating steps in a single rating would change the leader, for example B. Köln on Zeit from −1 to +2;"), "{opening}");
    assert!(
        opening.contains("Dominated: A. Bleiben: Worse than Dorf on Ruhe and Kosten, and better on none."),
        "{opening}"
    );
    let reply = talk.say("keep Bleiben because the children know everyone");
    assert!(reply.reply_text.contains("Which tension matters most"));
    let reply = talk.say("Dorf: ob es dort einen Bus gibt, weiß niemand");
    assert_eq!(reply.questions_left, 0);
    let stored = talk.complete(Type::Recommendation);
    assert_eq!(stored["dominated_alternatives"].as_array().unwrap().len(), 2);
    assert_eq!(
        stored["dominated_alternatives"][0]["cleared"],
        json!({ "reason": "the children know everyone" })
    );
    let impact = stored["tensions"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|one| one["uncertainty_impact"].as_str());
    assert_eq!(impact, Some("ob es dort einen Bus gibt, weiß niemand"));
}

fn recommend(talk: &mut Talk) {
    assert!(talk.opening().contains("the choice is yours"));
    let reply = talk.say("Dorf.");
    assert!(reply.reply_text.contains("at least 50"));
    talk.say("Das Dorf ist still und billiger, und niemand verliert Zeit.\nVieles spricht dafür.");
    let reply = talk.say("東京: 仕事");
    assert!(
        reply
            .reply_text
            .contains("Contradiction: D. 東京 stands out, yet"),
        "{}",
        reply.reply_text
    );
    talk.say("Wenn die Bahn ausfällt");
    let stored = talk.complete(Type::DecisionQuality);
    assert_eq!(stored["standout_option"]["rationale"], "仕事");
    assert_eq!(
        stored["remaining_uncertainties"][0]["description"],
        "Wenn die Bahn ausfällt"
    );
    assert!(
        stored["synthesis"]
            .as_str()
            .unwrap()
            .ends_with("Zeit.\nVieles spricht dafür.")
    );
}

fn assess_quality(talk: &mut Talk) {
    let reply = talk.say("85 klarer Rahmen -> noch jemanden fragen");
    assert!(reply.reply_text.contains("**2. Clear Objectives:**"));
    talk.say("2: 90\ncreative alternatives: 75% wenige Ideen\nraise: zwei Abende nehmen");
    let reply =
        talk.say("4. 70/100 geschätzt\n5) 85\nClear Tradeoffs: 101 viel\n7: 65 → einen Plan schreiben");
    assert_eq!(reply.unknown_lines, ["Clear Tradeoffs: 101 viel"]);
    let reply = talk.say("80");
    assert_eq!(reply.questions_left, 0);
    let stored = talk.complete(Type::NotesNextSteps);
    assert_eq!(stored["overall_score"], 65);
    let element = |name: &str| {
        stored["elements"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["name"] == name)
            .unwrap()
    };
    assert_eq!(
        element("helpful_problem_frame")["improvement_path"],
        "noch jemanden fragen"
    );
    assert_eq!(
        element("creative_alternatives")["improvement_path"],
        "zwei Abende nehmen"
    );
    assert_eq!(
        element("commitment_to_follow_through")["improvement_path"],
        "einen Plan schreiben"
    );
    assert_eq!(element("clear_tradeoffs")["score"], 80);
}

fn note_next_steps(talk: &mut Talk) {
    talk.say("Gibt es dort einen Hort?");
    let reply = talk.say("Vermieter anrufen: Hoa, 2030-02-01\nBus testen: Ben, bald\n見学する: 2030年3月1日\nUmzug planen: Großeltern");
    assert_eq!(reply.unknown_lines, ["Bus testen: Ben, bald"]);
    talk.say("none");
    let reply = talk.say("Die Miete steigt um 10 %");
    assert_eq!(reply.questions_left, 0);
    let stored = talk.complete(Type::NotesNextSteps);
    let actions = stored["planned_actions"].as_array().unwrap();
    assert_eq!(
        (&actions[0]["owner"], &actions[0]["due_date"]),
        (&json!("Hoa"), &json!("2030-02-01"))
    );
    assert_eq!(
        (actions[1]["owner"].as_str(), &actions[1]["due_date"]),
        (None, &json!("2030-03-01"))
    );
    assert_eq!((&actions[2]["owner"], actions.len()), (&json!("Großeltern"), 3));
    assert_eq!(stored["revisit_triggers"][0]["text"], "Die Miete steigt um 10 %");
}

#[test]
fn a_whole_decision_needs_nothing_but_the_guide() {
    let talk = decide();
    assert_eq!(talk.outputs.iter().count(), 9);
    let labels = talk
        .outputs
        .iter()
        .map(|output| output.to_value().to_string())
        .filter(|text| text.contains("added_by"));
    assert_eq!(labels.count(), 0, "what people type is theirs");
}

#[test]
fn the_same_words_give_the_same_decision() {
    let (one, other) = (decide(), decide());
    assert_eq!(one.outputs, other.outputs);
}
