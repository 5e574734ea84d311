//! The worked vectors of the specification.

use althing_decisions::analysis::{
    CellRef, Table, Verdict, dominance, irrelevance, sensitivity, smallest_flip, tensions, totals,
};

use crate::tables::*;

fn w1() -> Table {
    table(
        &["SQ", "A", "B", "C", "D"],
        Some("SQ"),
        &[
            ("O1", "", &[0, 2, 1, 1, -1]),
            ("O2", "", &[0, -1, 0, -1, -1]),
            ("O3", "", &[0, 1, 2, 1, 2]),
            ("O4", "", &[0, 0, 0, 0, 0]),
        ],
    )
}

#[test]
fn w1_scores_counts_and_ranks() {
    let table = w1();
    let totals = totals(&table);
    assert_eq!(scores(&table), [0, 2, 3, 1, 0]);
    assert_eq!(ranks(&table), [4, 2, 1, 3, 4]);
    let counts: Vec<_> = totals
        .scores
        .iter()
        .map(|score| (score.plus, score.zero, score.minus))
        .collect();
    assert_eq!(counts, [(0, 4, 0), (2, 1, 1), (2, 2, 0), (2, 1, 1), (1, 1, 2)]);
    assert!(totals.scores.iter().all(|score| score.weighted_total.is_none()));
    assert_eq!(leaders(&table), "B");
    assert!(!totals.tied);
    assert_eq!(totals.best_alternative, Some(alternative_id(2)));
    assert_eq!(totals.baseline, Some(alternative_id(0)));
    assert!(totals.complete && totals.missing.is_empty());
}

#[test]
fn w1_dominance_irrelevance_and_tensions() {
    let table = w1();
    assert_eq!(dominated(&table), ["SQ<B/B", "C<A B/A", "D<B/B"]);
    assert_eq!(viable(&table), "A B");
    let first = &dominance(&table).dominated[0];
    assert_eq!(names(&table, &first.strictly_worse_on), "O1 O3");
    assert_eq!(
        first.explanation,
        "Worse than B on O1 and O3, and better on none."
    );
    assert_eq!(irrelevant(&table), [("O4".to_owned(), 0)]);
    assert!(irrelevance(&table).no_longer_distinguishing.is_empty());
    assert_eq!(
        tension_lines(&table),
        ["A +[O1] -[O2 O3] =2", "B +[O2 O3] -[O1] =3"]
    );
    let tensions = tensions(&table);
    assert_eq!(tensions.count, 2);
    assert_eq!(tensions.sole_viable, None);
    assert_eq!(names(&table, &tensions.most_balanced), "A B");
    assert_eq!(names(&table, &tensions.most_polarizing), "A B");
}

#[test]
fn w1_margin_verdict_and_flip() {
    let table = w1();
    let totals = totals(&table);
    assert_eq!((totals.relevant_objectives, totals.gap), (3, 1));
    assert_eq!(
        verdict(&table),
        ("16.67".to_owned(), "leads_with_tradeoffs", String::new())
    );
    let cells = [
        "B:O1 1→0",
        "A:O2 -1→0",
        "B:O2 0→-1",
        "A:O3 1→2",
        "B:O3 2→1",
        "A:O4 0→1",
        "B:O4 0→-1",
    ];
    assert_eq!(
        flip(&table),
        (1, "A".to_owned(), cells.map(str::to_owned).to_vec())
    );
    let flip = smallest_flip(&table).unwrap();
    assert!(
        flip.cells
            .iter()
            .all(|cell| names(&table, &cell.leaders_after) == "A B")
    );
}

/// Each entry as value, change, leaders, whether the leaders change, whether the alternative still leads.
fn entries(table: &Table, alternative: usize, objective: usize) -> Vec<(i32, i32, String, bool, bool)> {
    let result = sensitivity(table, alternative_id(alternative), objective_id(objective)).unwrap();
    result
        .entries
        .iter()
        .map(|entry| {
            let leaders = names(table, &entry.leaders);
            (
                entry.value,
                entry.change,
                leaders,
                entry.leaders_change,
                entry.still_leads,
            )
        })
        .collect()
}

#[test]
fn w1_sensitivity() {
    let table = w1();
    let of = |value, change, leaders: &str, leaders_change, still_leads| {
        (value, change, leaders.to_owned(), leaders_change, still_leads)
    };
    let expected = [
        of(-2, -4, "A", true, false),
        of(-1, -3, "A", true, false),
        of(0, -2, "A", true, false),
        of(1, -1, "A B", true, true),
    ];
    assert_eq!(entries(&table, 2, 2), expected);
    assert_eq!(
        sensitivity(&table, alternative_id(2), objective_id(2))
            .unwrap()
            .rating,
        2
    );
    let expected = [
        of(-2, -1, "B", false, false),
        of(0, 1, "A B", true, true),
        of(1, 2, "A", true, true),
        of(2, 3, "A", true, true),
    ];
    assert_eq!(entries(&table, 1, 1), expected);
    assert_eq!(
        sensitivity(&table, alternative_id(0), objective_id(0)),
        None,
        "the status quo cannot change"
    );
    assert_eq!(sensitivity(&table, alternative_id(9), objective_id(0)), None);
    assert_eq!(sensitivity(&table, alternative_id(1), objective_id(9)), None);
}

#[test]
fn w2_a_chain_without_a_status_quo() {
    let table = table(
        &["A", "B", "C"],
        None,
        &[("O1", "", &[2, 1, 0]), ("O2", "", &[1, 1, 1])],
    );
    assert_eq!(scores(&table), [3, 2, 1]);
    assert_eq!(dominated(&table), ["B<A/A", "C<A B/A"]);
    assert_eq!(viable(&table), "A");
    assert_eq!(tension_lines(&table), ["A +[] -[] =3"]);
    assert_eq!(tensions(&table).sole_viable, Some(alternative_id(0)));
    assert_eq!(irrelevant(&table), [("O2".to_owned(), 1)]);
    assert_eq!(totals(&table).relevant_objectives, 1);
    assert_eq!(verdict(&table), ("50".to_owned(), "clear_winner", "A".to_owned()));
    let cells = ["A:O1 2→1", "B:O1 1→2", "A:O2 1→0", "B:O2 1→2"];
    assert_eq!(
        flip(&table),
        (1, "B".to_owned(), cells.map(str::to_owned).to_vec())
    );
}

#[test]
fn w2_in_reverse_names_the_same_dominator() {
    let table = table(
        &["C", "B", "A"],
        None,
        &[("O1", "", &[0, 1, 2]), ("O2", "", &[1, 1, 1])],
    );
    assert_eq!(dominated(&table), ["C<B A/A", "B<A/A"]);
}

#[test]
fn w3_equal_rows() {
    let table = table(
        &["SQ", "A", "B"],
        Some("SQ"),
        &[("O1", "", &[0, 1, 1]), ("O2", "", &[0, -1, -1])],
    );
    assert_eq!(scores(&table), [0, 0, 0]);
    assert_eq!(ranks(&table), [1, 1, 1]);
    let totals = totals(&table);
    assert_eq!(leaders(&table), "SQ A B");
    assert!(totals.tied);
    assert_eq!(totals.best_alternative, None);
    assert_eq!(dominated(&table), [""; 0]);
    let expected = ["SQ +[O2] -[O1] =0", "A +[O1] -[O2] =0", "B +[O1] -[O2] =0"];
    assert_eq!(tension_lines(&table), expected);
    assert_eq!(verdict(&table).1, "no_clear_winner");
    let (steps, rivals, cells) = flip(&table);
    assert_eq!((steps, rivals.as_str(), cells.len()), (1, "SQ A B", 8));
}

#[test]
fn w4_a_tie_with_different_profiles() {
    let rows: [Ratings<'_>; 3] = [
        ("1", "", &[2, 0, 1]),
        ("2", "", &[-1, 0, 1]),
        ("3", "", &[2, 0, 1]),
    ];
    let table = table(&["A", "SQ", "C"], Some("SQ"), &rows);
    assert_eq!(scores(&table), [3, 0, 3]);
    assert_eq!(leaders(&table), "A C");
    assert_eq!(totals(&table).best_alternative, None);
    assert_eq!(dominated(&table), ["SQ<C/C"]);
    assert_eq!(tension_lines(&table), ["A +[1 3] -[2] =3", "C +[2] -[1 3] =3"]);
    assert_eq!(
        verdict(&table),
        ("0".to_owned(), "no_clear_winner", String::new())
    );
    let (steps, rivals, cells) = flip(&table);
    assert_eq!((steps, rivals.as_str(), cells.len()), (1, "A C", 10));
}

#[test]
fn w5_a_gap() {
    let table = Table::new(
        vec![column(0, "SQ"), column(1, "A")],
        vec![row(0, "O1", ""), row(1, "O2", "")],
        Some(alternative_id(0)),
        vec![vec![None, Some(1)], vec![None, None]],
    )
    .unwrap();
    let totals = totals(&table);
    assert_eq!(scores(&table), [0, 1]);
    assert!(!totals.complete);
    let missing = [(0, 0), (0, 1), (1, 1)].map(|(alternative, objective)| CellRef {
        alternative_id: alternative_id(alternative),
        objective_id: objective_id(objective),
    });
    assert_eq!(totals.missing, missing);
    assert_eq!(dominated(&table), ["SQ<A/A"], "provisional");
    assert_eq!(totals.verdict, Verdict::Incomplete);
    assert_eq!(totals.clear_winner, None);
}

#[test]
fn h6_an_objective_that_no_longer_distinguishes() {
    let table = table(
        &["SQ", "A", "B"],
        Some("SQ"),
        &[
            ("O1", "", &[0, 1, 1]),
            ("O2", "", &[0, 2, 0]),
            ("O3", "", &[0, 0, 2]),
        ],
    );
    assert_eq!(dominated(&table), ["SQ<A B/A"]);
    assert_eq!(names(&table, &irrelevance(&table).no_longer_distinguishing), "O1");
    assert_eq!(irrelevant(&table), []);
    assert_eq!(leaders(&table), "A B");
    assert_eq!(scores(&table), [0, 3, 3]);
}

#[test]
fn nothing_and_almost_nothing_have_an_answer() {
    let empty = table(&[], None, &[]);
    let result = totals(&empty);
    assert_eq!(
        (result.scores.len(), result.leaders.len(), result.tied),
        (0, 0, false)
    );
    assert_eq!((result.verdict, result.flip), (Verdict::Incomplete, None));
    assert_eq!(tensions(&empty).entries, []);

    let alone = table(&["SQ"], Some("SQ"), &[("O1", "", &[0])]);
    let result = totals(&alone);
    assert_eq!(
        (result.verdict, result.gap, result.flip),
        (Verdict::Incomplete, 0, None)
    );
    assert_eq!(result.best_alternative, Some(alternative_id(0)));
    assert_eq!(irrelevant(&alone), []);
    assert_eq!(dominated(&alone), [""; 0]);

    let unjudged = table(&["SQ", "A"], Some("SQ"), &[]);
    let result = totals(&unjudged);
    assert_eq!(scores(&unjudged), [0, 0]);
    assert_eq!((result.verdict, result.flip), (Verdict::NoClearWinner, None));
    assert_eq!(result.scores[0].weighted_total, None);
}

#[test]
fn the_limit_of_ten_percent_is_exact() {
    // One step on ten relevant objectives is 5 %, two are exactly 10 %.
    let rows = |first: i8| -> Table {
        let mut ratings: Vec<[i8; 3]> = vec![[0, 1, 1]; 8];
        ratings.push([0, first, 0]);
        ratings.push([0, 0, 1]);
        let rows: Vec<Ratings<'_>> = ratings.iter().map(|ratings| ("o", "", &ratings[..])).collect();
        table(&["SQ", "A", "B"], Some("SQ"), &rows)
    };
    assert_eq!(
        verdict(&rows(2)),
        ("5".to_owned(), "no_clear_winner", String::new())
    );
    let mut wider: Vec<[i8; 3]> = vec![[0, 1, 1]; 7];
    wider.extend([[0, 1, 0], [0, 2, 0], [0, 0, 1]]);
    let wider: Vec<Ratings<'_>> = wider.iter().map(|ratings| ("o", "", &ratings[..])).collect();
    let wider = table(&["SQ", "A", "B"], Some("SQ"), &wider);
    assert_eq!(
        verdict(&wider),
        ("10".to_owned(), "leads_with_tradeoffs", String::new())
    );
}
