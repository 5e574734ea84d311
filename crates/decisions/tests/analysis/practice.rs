//! Rating tables from practice.

use althing_decisions::analysis::{Table, tensions, totals};

use crate::tables::*;

fn a1() -> Table {
    table(
        &["A", "B", "C"],
        Some("A"),
        &[
            ("independence", "3", &[0, 2, 2]),
            ("parallel dispatch", "2", &[0, 1, 1]),
            ("faithful to platform", "2", &[0, 1, -1]),
            ("cost", "2", &[0, 0, -2]),
            ("traceless removal", "1", &[0, 0, -1]),
            ("guardrail inheritance", "2", &[0, 1, 0]),
        ],
    )
}

fn a2() -> Table {
    table(
        &["A", "B", "C", "D"],
        Some("A"),
        &[
            ("CLI independence", "3", &[0, 1, -1, 1]),
            ("single source", "3", &[0, 1, -2, 1]),
            ("resumability", "3", &[0, 1, -1, 0]),
            ("migration cost", "2", &[0, -1, -1, -2]),
            ("preserves other concerns", "1", &[0, 1, 0, -1]),
        ],
    )
}

#[test]
fn a1_has_a_clear_winner_that_no_single_rating_changes() {
    let table = a1();
    assert_eq!(scores(&table), [0, 5, -1]);
    assert_eq!(weighted(&table), ["0", "12", "1"]);
    assert_eq!(dominated(&table), ["A<B/B", "C<B/B"]);
    assert_eq!(viable(&table), "B");
    assert_eq!(tension_lines(&table), ["B +[] -[] =5"]);
    assert_eq!(tensions(&table).count, 1);
    assert_eq!(
        verdict(&table),
        ("41.67".to_owned(), "clear_winner", "B".to_owned())
    );
    assert_eq!(flip(&table), (5, "A".to_owned(), vec![]));
}

#[test]
fn a2_weights_reorder_the_rest_and_decide_nothing() {
    let table = a2();
    assert_eq!(scores(&table), [0, 3, -5, -1]);
    assert_eq!(weighted(&table), ["0", "8", "-14", "1"]);
    assert_eq!(ranks(&table), [2, 1, 4, 3]);
    assert_eq!(dominated(&table), ["C<A B/A", "D<B/B"]);
    assert_eq!(viable(&table), "A B");
    let others = "CLI_independence single_source resumability preserves_other_concerns";
    let expected = [
        format!("A +[migration_cost] -[{others}] =0"),
        format!("B +[{others}] -[migration_cost] =3"),
    ];
    assert_eq!(tension_lines(&table), expected);
    assert_eq!(
        verdict(&table),
        ("30".to_owned(), "leads_with_tradeoffs", String::new())
    );
    let cells = [
        "B:CLI independence 1→-2",
        "B:single source 1→-2",
        "B:resumability 1→-2",
        "B:preserves other concerns 1→-2",
    ];
    assert_eq!(
        flip(&table),
        (3, "A".to_owned(), cells.map(str::to_owned).to_vec())
    );
}

#[test]
fn a3_the_dispatcher_wins() {
    let table = table(
        &["baseline", "dispatcher", "CI"],
        Some("baseline"),
        &[
            ("1", "3", &[0, 1, 1]),
            ("2", "2", &[0, 1, 1]),
            ("3", "3", &[0, 1, 1]),
            ("4", "2", &[0, 0, -1]),
            ("5", "2", &[0, 1, 1]),
            ("6", "1", &[0, 1, -1]),
        ],
    );
    assert_eq!(scores(&table), [0, 5, 2]);
    assert_eq!(weighted(&table), ["0", "11", "7"]);
    assert_eq!(
        dominated(&table),
        ["baseline<dispatcher/dispatcher", "CI<dispatcher/dispatcher"]
    );
    assert_eq!(
        verdict(&table),
        ("25".to_owned(), "clear_winner", "dispatcher".to_owned())
    );
    let (steps, rivals, cells) = flip(&table);
    assert_eq!((steps, rivals.as_str(), cells.len()), (3, "CI", 7));
}

#[test]
fn a6_the_status_quo_can_win() {
    let table = table(
        &["keep", "change"],
        Some("keep"),
        &[
            ("1", "3", &[0, -1]),
            ("2", "3", &[0, -1]),
            ("3", "3", &[0, -1]),
            ("4", "2", &[0, 0]),
            ("5", "2", &[0, -1]),
            ("6", "2", &[0, -1]),
        ],
    );
    assert_eq!(scores(&table), [0, -5]);
    assert_eq!(weighted(&table), ["0", "-13"]);
    assert_eq!(dominated(&table), ["change<keep/keep"]);
    assert_eq!(irrelevant(&table), [("4".to_owned(), 0)]);
    assert_eq!(totals(&table).relevant_objectives, 5);
    assert_eq!(
        verdict(&table),
        ("50".to_owned(), "clear_winner", "keep".to_owned())
    );
    assert_eq!(flip(&table), (5, "change".to_owned(), vec![]));
}

#[test]
fn a8_raw_input_without_a_status_quo() {
    let table = table(
        &["build", "buy", "license"],
        None,
        &[
            ("cost", "0.25", &[1, -1, -2]),
            ("time", "0.20", &[-2, 2, 1]),
            ("IP risk", "0.20", &[-2, 0, 2]),
            ("customisation", "0.15", &[2, -1, 0]),
            ("quality", "0.10", &[1, -1, 1]),
            ("scalability", "0.10", &[1, 2, 2]),
        ],
    );
    assert_eq!(scores(&table), [1, 1, 4]);
    assert_eq!(weighted(&table), ["-0.05", "0.10", "0.40"]);
    assert_eq!(dominated(&table), [""; 0]);
    assert_eq!(ranks(&table), [2, 2, 1]);
    assert_eq!(
        verdict(&table),
        ("25".to_owned(), "leads_with_tradeoffs", String::new())
    );
    let summary = tensions(&table);
    assert_eq!(names(&table, &summary.most_polarizing), "buy license");
    assert_eq!(names(&table, &summary.most_balanced), "build buy");
    let lengths: Vec<_> = summary
        .entries
        .iter()
        .map(|entry| (entry.gains.len(), entry.losses.len()))
        .collect();
    assert_eq!(lengths[1].0 + lengths[1].1, 8);
    assert_eq!(lengths[2].0 + lengths[2].1, 8);
    assert_eq!(lengths[0].0.abs_diff(lengths[0].1), 0);
    let (steps, rivals, cells) = flip(&table);
    assert_eq!((steps, rivals.as_str(), cells.len()), (3, "build buy", 9));
}

#[test]
fn c1_a_leader_that_is_no_winner() {
    let table = table(
        &["A", "B", "C", "D", "E", "F", "G"],
        Some("D"),
        &[
            ("handling", "", &[0, 0, -1, 0, 0, -1, -1]),
            ("use", "", &[0, -1, -1, 0, 0, 1, 0]),
            ("readability", "", &[0, 0, 1, 0, 1, 0, 1]),
            ("accuracy", "", &[0, 0, 0, 0, -1, 0, 0]),
            ("durability", "", &[0, 0, 0, 0, 0, 1, 0]),
            ("manufacture", "", &[1, -1, -1, 0, 0, -1, 0]),
            ("portability", "", &[1, 1, 0, 0, 1, 0, 0]),
        ],
    );
    assert_eq!(scores(&table), [2, -1, -2, 0, 1, 0, 0]);
    assert_eq!(ranks(&table), [1, 6, 7, 3, 2, 3, 3]);
    assert_eq!(dominated(&table), ["B<A/A", "C<G/G", "D<A/A"]);
    assert_eq!(viable(&table), "A E F G");
    let first = "A +[handling accuracy manufacture portability] -[use readability durability] =2";
    assert_eq!(tension_lines(&table)[0], first);
    let summary = tensions(&table);
    assert_eq!(names(&table, &summary.most_balanced), "E");
    assert_eq!(names(&table, &summary.most_polarizing), "E G");
    let sizes: Vec<_> = summary
        .entries
        .iter()
        .map(|entry| entry.gains.len() + entry.losses.len())
        .collect();
    assert_eq!((sizes[1], sizes[3]), (8, 8));
    assert_eq!(summary.entries[1].gains.len(), summary.entries[1].losses.len());
    let result = totals(&table);
    assert_eq!((result.relevant_objectives, result.gap), (7, 1));
    assert_eq!(leaders(&table), "A");
    assert_eq!(
        verdict(&table),
        ("7.14".to_owned(), "no_clear_winner", String::new())
    );
    let (steps, rivals, cells) = flip(&table);
    assert_eq!((steps, rivals.as_str(), cells.len()), (1, "E", 14));
}
