//! Outputs for forms: one decision with every field of the nine filled, and the one that [`crate::talk::SCRIPT`]
//! leads to. The texts hold several scripts, combining marks and emoji.

use serde_json::{Map, Value, json};

pub const STATUS_QUO: u32 = 41;
pub const KOELN: u32 = 42;
pub const TOKYO: u32 = 43;
pub const DORF: u32 = 44;
pub const TIME: u32 = 31;
pub const QUIET: u32 = 32;
pub const COST: u32 = 33;

pub fn id(number: u32) -> String {
    format!("0193d000-0000-7000-8000-{number:012x}")
}

pub const QUALITY: [&str; 7] = [
    "helpful_problem_frame",
    "clear_objectives",
    "creative_alternatives",
    "reliable_consequence_information",
    "logically_correct_reasoning",
    "clear_tradeoffs",
    "commitment_to_follow_through",
];

/// Ratings of status quo, Köln, 東京 and Dorf.
const RATINGS: [(u32, [i64; 4]); 3] = [
    (TIME, [0, 2, 1, -1]),
    (QUIET, [0, -1, 1, -1]),
    (COST, [0, 1, -2, 1]),
];
const ALTERNATIVES: [u32; 4] = [STATUS_QUO, KOELN, TOKYO, DORF];

/// Every field of a step's output, filled.
pub fn full(step: &str) -> Value {
    match step {
        "issue_raising" => json!({
            "potential_decisions": [
                {"id": id(11), "description": "Wo wohnen wir? 🏠👨‍👩‍👧", "priority": "high", "notes": "bald, ﷽"},
                {"id": id(12), "description": "Welche Schule für Zoë", "priority": "low", "notes": "später"}
            ],
            "focal_decision_id": id(11),
            "objectives": [{"id": id(13), "description": "静かさ"}],
            "uncertainties": [{"id": id(14), "description": "Mietspiegel", "driver": "Markt in Köln"}],
            "considerations": [{"id": id(15), "text": "Umzug im Jänner — nicht bei −10 °C"}]
        }),
        "problem_frame" => json!({
            "decision_maker": {"name": "Žofie Nguyễn", "role": "Mieterin"},
            "focal_decision": {
                "statement": "Wo wohnen wir ab dem nächsten Jahr? 住む場所",
                "scope": {"in": ["Städte in Europa", "日本"], "out": ["Kauf"]},
                "constraints": [{"id": id(21), "type": "financial", "description": "höchstens 1.500 €"}],
                "trigger": "Kündigung",
                "deadline": {"date": "2030-02-28", "hard": true}
            },
            "decision_hierarchy": {
                "already_made": [{"id": id(22), "statement": "Wir ziehen um", "outcome": "ja"}],
                "deferred": [{"id": id(23), "statement": "Möbel", "outcome": "offen"}]
            },
            "parties": [{"id": id(25), "name": "Kinder", "role": "affected_party", "influence": "groß",
                "concerns": ["Schulweg", "Freunde ❤️"]}],
            "ultimate_aim": "zufrieden wohnen",
            "linked_decisions": [{"id": id(24), "description": "Schule", "relationship": "depends_on"}]
        }),
        "objectives" => json!({
            "fundamental_objectives": [
                {"id": id(TIME), "name": "Zeit", "description": "gemeinsame Abende", "weight": 0.5, "affected_party_id": id(25),
                    "performance_measure": {"metric": "Stunden", "direction": "maximize", "units": "h", "tolerance": 0.5}},
                {"id": id(QUIET), "name": "静かさ", "description": "nachts", "weight": 0.3, "affected_party_id": id(25),
                    "performance_measure": {"metric": "Lärm", "direction": "target", "target": 30, "units": "dB", "tolerance": 2}},
                {"id": id(COST), "name": "Kosten", "description": "im Monat", "weight": 0.2, "affected_party_id": id(25),
                    "performance_measure": {"metric": "Miete", "direction": "minimize", "units": "€", "tolerance": 50}}
            ],
            "means_objectives": [{"id": id(34), "description": "Dicke Wände", "supports": [id(QUIET), id(COST)]}]
        }),
        "alternatives" => json!({
            "alternatives": [
                alternative(STATUS_QUO, "Bleiben", "wir mieten weiter", true),
                alternative(KOELN, "Köln", "am Rhein", false),
                alternative(TOKYO, "東京", "駅の近く", false),
                alternative(DORF, "Dörfchen", "mit Garten 🌳", false)
            ],
            "status_quo_id": id(STATUS_QUO),
            "strategy_table": {
                "decision_columns": [
                    {"id": id(45), "name": "Ort", "options": ["Stadt", "Land"]},
                    {"id": id(46), "name": "Größe", "options": ["klein", "groß"]}
                ],
                "strategies": [
                    {"alternative_id": id(KOELN), "selections": {id(45): "Stadt", id(46): "klein"}},
                    {"alternative_id": id(DORF), "selections": {id(45): "Land"}}
                ]
            }
        }),
        "consequences" => consequences(&RATINGS),
        "tradeoffs" => json!({
            "dominated_alternatives": [{"alternative_id": id(DORF), "dominated_by": [id(KOELN)],
                "explanation": "weniger Zeit", "cleared": {"reason": "der Garten"}}],
            "irrelevant_objectives": [{"objective_id": id(QUIET), "reason": "überall ähnlich"}],
            "tensions": [{"alternative_id": id(KOELN), "gains": [id(TIME), id(COST)], "losses": [id(QUIET)], "net_score": 2,
                "uncertainty_impact": "größer, als man denkt"}]
        }),
        "recommendation" => json!({
            "synthesis": "Köln gibt uns Zeit und kostet weniger; leiser wird es dort nicht. Wir können damit leben — できます。",
            "sensitivity_notes": "Zwei Schritte genügen.",
            "standout_option": {"alternative_id": id(KOELN), "rationale": "die kürzesten Wege"},
            "key_considerations": [{"id": id(71), "text": "Ruhe"}],
            "caveats": [{"id": id(72), "text": "Preis"}, {"id": id(74), "text": "Lärm"}],
            "remaining_uncertainties": [{"id": id(73), "description": "Nebenkosten", "impact": "mittel",
                "resolution_path": "fragen"}]
        }),
        "decision_quality" => json!({"elements": elements([85, 90, 75, 70, 85, 80, 65])}),
        "notes_next_steps" => json!({
            "notes": [{"id": id(91), "text": "merken ✍️"}],
            "open_questions": [{"id": id(92), "text": "Garage?"}],
            "revisit_triggers": [{"id": id(93), "text": "Mieterhöhung"}],
            "planned_actions": [{"id": id(94), "action": "unterschreiben", "owner": "Žofie", "due_date": "2030-01-31",
                "status": "in_progress"}],
            "decision_affirmation": "Wir stehen dazu.",
            "further_analysis_paths": [{"id": id(95), "text": "Sensitivität"}]
        }),
        other => panic!("there is no step {other}"),
    }
}

/// The full consequences with other ratings.
pub fn consequences(ratings: &[(u32, [i64; 4]); 3]) -> Value {
    let mut cells = Map::new();
    for (objective, row) in ratings {
        for (alternative, rating) in ALTERNATIVES.iter().zip(row) {
            cells.insert(
                format!("{}:{}", id(*alternative), id(*objective)),
                json!({"alternative_id": id(*alternative), "objective_id": id(*objective), "rating": rating,
                    "rationale": "weil es so ist — そうだから、五十文字より長い説明がここに続きます。まだ続きます。もう少しだけ続きます。",
                    "quantity": {"value": quantity(*objective, *alternative), "unit": unit(*objective), "source": "Besuch"},
                    "uncertainty": {"level": "medium", "driver": "Bahn"}}),
            );
        }
    }
    json!({
        "table": {
            "alternative_ids": ALTERNATIVES.map(id),
            "objective_ids": ratings.map(|(objective, _)| id(objective)),
            "cells": cells
        },
        "uncertainties": [{"id": id(51), "description": "Heizkosten", "driver": "Winter", "resolvable": true,
            "would_change_decision": false}]
    })
}

fn quantity(objective: u32, alternative: u32) -> &'static str {
    match (objective, alternative) {
        (TIME, STATUS_QUO) => "2",
        (TIME, KOELN) => "4",
        (TIME, TOKYO) => "3.5",
        (TIME, _) => "1.25",
        (QUIET, STATUS_QUO) => "35",
        (QUIET, KOELN) => "55",
        (QUIET, TOKYO) => "31",
        (QUIET, _) => "20",
        (_, STATUS_QUO) => "1200",
        (_, KOELN) => "1150",
        (_, TOKYO) => "1900.50",
        _ => "900",
    }
}

fn unit(objective: u32) -> &'static str {
    match objective {
        TIME => "h",
        QUIET => "dB",
        _ => "€",
    }
}

fn alternative(number: u32, name: &str, description: &str, is_status_quo: bool) -> Value {
    json!({"id": id(number), "name": name, "description": description, "is_status_quo": is_status_quo,
        "assumptions": ["die Miete bleibt gleich"]})
}

/// The seven elements in their order.
pub fn elements(scores: [i64; 7]) -> Vec<Value> {
    let one = |(name, score): (&str, i64)| json!({"name": name, "score": score, "rationale": "nach bestem Wissen", "improvement_path": "üben"});
    QUALITY.into_iter().zip(scores).map(one).collect()
}

/// What [`crate::talk::SCRIPT`] says, typed into forms.
pub fn spoken(step: &str) -> Value {
    match step {
        "issue_raising" => json!({
            "potential_decisions": [{"id": id(211), "description": "Wo wollen wir wohnen?", "priority": "medium"}],
            "objectives": [
                {"id": id(212), "description": "Zeit für die Kinder"},
                {"id": id(213), "description": "Ruhe"},
                {"id": id(214), "description": "Geld sparen"}
            ],
            "uncertainties": [{"id": id(215), "description": "Wird die Bahn pünktlicher?"}],
            "considerations": [
                {"id": id(216), "text": "Der Mietvertrag läuft aus 🏠"},
                {"id": id(217), "text": "新しい仕事は遠い"}
            ]
        }),
        "problem_frame" => json!({
            "decision_maker": {"name": "Nguyễn Thị Hoa", "role": "Mutter"},
            "focal_decision": {
                "statement": "Wo wohnt die Familie Nguyễn ab 2030?",
                "constraints": [
                    {"id": id(221), "type": "financial", "description": "höchstens 1.500 € im Monat"},
                    {"id": id(222), "type": "time", "description": "bis Schulbeginn"}
                ],
                "deadline": {"date": "2030-08-01", "hard": true}
            },
            "decision_hierarchy": {
                "already_made": [{"id": id(223), "statement": "Wir bleiben in der Region"}],
                "deferred": [{"id": id(224), "statement": "Haus kaufen"}]
            },
            "parties": [
                {"id": id(225), "name": "Großeltern", "role": "affected_party", "concerns": ["wollen nah wohnen"]},
                {"id": id(226), "name": "山田さん", "role": "advisor", "concerns": ["家賃"]}
            ]
        }),
        "objectives" => json!({
            "fundamental_objectives": [
                {"id": id(231), "name": "Zeit", "description": "gemeinsame Abende",
                    "performance_measure": {"metric": "Stunden am Tag", "direction": "maximize"}},
                {"id": id(232), "name": "Ruhe",
                    "performance_measure": {"metric": "Dezibel", "direction": "target", "target": "35.5"}},
                {"id": id(233), "name": "Kosten", "performance_measure": {"metric": "Euro im Monat", "direction": "minimize"}}
            ],
            "means_objectives": [
                {"id": id(234), "description": "Kurzer Weg", "supports": [id(231)]},
                {"id": id(235), "description": "近い駅", "supports": [id(231), id(232)]}
            ]
        }),
        "alternatives" => json!({
            "alternatives": [
                {"id": id(241), "name": "Bleiben", "description": "wir mieten weiter", "is_status_quo": true,
                    "assumptions": ["die Miete steigt nicht"]},
                {"id": id(242), "name": "Köln", "description": "nah am Büro", "is_status_quo": false, "assumptions": []},
                {"id": id(243), "name": "Dorf", "is_status_quo": false, "assumptions": []},
                {"id": id(244), "name": "東京", "is_status_quo": false, "assumptions": []}
            ],
            "status_quo_id": id(241)
        }),
        "consequences" => {
            let rows: [(u32, [(i64, &str); 4]); 3] = [
                (
                    231,
                    [(0, ""), (-1, "längerer Weg"), (0, "gleich weit"), (-2, "遠い")],
                ),
                (232, [(0, ""), (-1, ""), (2, "still"), (-1, "laut")]),
                (
                    233,
                    [(0, ""), (2, "billiger"), (1, "etwas billiger"), (-2, "teuer")],
                ),
            ];
            let mut cells = Map::new();
            for (objective, row) in rows {
                for (alternative, (rating, why)) in (241..).zip(row) {
                    let mut cell = json!({"alternative_id": id(alternative), "objective_id": id(objective), "rating": rating});
                    if !why.is_empty() {
                        cell["rationale"] = json!(why);
                    }
                    cells.insert(format!("{}:{}", id(alternative), id(objective)), cell);
                }
            }
            json!({
                "table": {
                    "alternative_ids": [id(241), id(242), id(243), id(244)],
                    "objective_ids": [id(231), id(232), id(233)],
                    "cells": cells
                },
                "uncertainties": []
            })
        }
        "tradeoffs" => json!({
            "dominated_alternatives": [
                {"alternative_id": id(241), "dominated_by": [id(243)],
                    "explanation": "Worse than Dorf on Ruhe and Kosten, and better on none.",
                    "cleared": {"reason": "the children know everyone"}},
                {"alternative_id": id(244), "dominated_by": [id(241), id(242), id(243)],
                    "explanation": "Worse than Köln on Zeit and Kosten, and better on none."}
            ],
            "irrelevant_objectives": [],
            "tensions": [
                {"alternative_id": id(242), "gains": [id(233)], "losses": [id(231), id(232)], "net_score": 0},
                {"alternative_id": id(243), "gains": [id(231), id(232)], "losses": [id(233)], "net_score": 3,
                    "uncertainty_impact": "ob es dort einen Bus gibt, weiß niemand"}
            ]
        }),
        "recommendation" => json!({
            "synthesis": "Das Dorf ist still und billiger, und niemand verliert Zeit.\nVieles spricht dafür.",
            "standout_option": {"alternative_id": id(244), "rationale": "仕事"},
            "key_considerations": [],
            "caveats": [],
            "remaining_uncertainties": [{"id": id(271), "description": "Wenn die Bahn ausfällt"}]
        }),
        "decision_quality" => {
            let mut elements: Vec<Value> = QUALITY
                .into_iter()
                .zip([85, 90, 75, 70, 85, 80, 65])
                .map(|(name, score)| json!({"name": name, "score": score}))
                .collect();
            for (place, field, said) in [
                (0, "rationale", "klarer Rahmen"),
                (0, "improvement_path", "noch jemanden fragen"),
                (2, "rationale", "wenige Ideen"),
                (2, "improvement_path", "zwei Abende nehmen"),
                (3, "rationale", "geschätzt"),
                (6, "improvement_path", "einen Plan schreiben"),
            ] {
                elements[place][field] = json!(said);
            }
            json!({"elements": elements})
        }
        "notes_next_steps" => json!({
            "notes": [],
            "open_questions": [{"id": id(291), "text": "Gibt es dort einen Hort?"}],
            "revisit_triggers": [{"id": id(292), "text": "Die Miete steigt um 10 %"}],
            "planned_actions": [
                {"id": id(293), "action": "Vermieter anrufen", "owner": "Hoa", "due_date": "2030-02-01", "status": "planned"},
                {"id": id(294), "action": "見学する", "due_date": "2030-03-01", "status": "planned"},
                {"id": id(295), "action": "Umzug planen", "owner": "Großeltern", "status": "planned"}
            ],
            "further_analysis_paths": []
        }),
        other => panic!("there is no step {other}"),
    }
}
