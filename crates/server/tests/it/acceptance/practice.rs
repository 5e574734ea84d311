//! Rating tables from practice.

use crate::app;
use crate::rated::{Sheet, all, rated};

/// Weights lie between 0 and 1 in a decision, so those of the tables are divided by ten, and the totals with them.
#[tokio::test]
async fn a1_to_a6_and_c1_tables_from_practice() {
    let app = app().await;
    let a1 = Sheet {
        columns: &["A", "B", "C"],
        status_quo: Some("A"),
        rows: &[
            ("independence", "0.3", &all([0, 2, 2])),
            ("parallel dispatch", "0.2", &all([0, 1, 1])),
            ("faithful to platform", "0.2", &all([0, 1, -1])),
            ("cost", "0.2", &all([0, 0, -2])),
            ("traceless removal", "0.1", &all([0, 0, -1])),
            ("guardrail inheritance", "0.2", &all([0, 1, 0])),
        ],
    };
    let table = rated(app.owner(), "A1", &a1).await;
    table.completes().await;
    let seen = table.analysis().await;
    assert_eq!(
        (seen.scores(), seen.weighted()),
        (vec![0, 5, -1], vec![0, 1_200, 100])
    );
    assert_eq!(
        (seen.dominated(), seen.viable()),
        (vec!["A<B/B".to_owned(), "C<B/B".to_owned()], "B".to_owned())
    );
    assert_eq!(seen.tensions(), ["B +[] -[] =5"]);
    assert_eq!(seen.verdict(), "clear_winner 41.67% leaders B, best B, clear B");
    assert_eq!(seen.flip(), "5 steps, rivals A, 0 cells, several");

    let a2 = Sheet {
        columns: &["A", "B", "C", "D"],
        status_quo: Some("A"),
        rows: &[
            ("independence", "0.3", &all([0, 1, -1, 1])),
            ("source", "0.3", &all([0, 1, -2, 1])),
            ("resumability", "0.3", &all([0, 1, -1, 0])),
            ("migration", "0.2", &all([0, -1, -1, -2])),
            ("concerns", "0.1", &all([0, 1, 0, -1])),
        ],
    };
    let table = rated(app.owner(), "A2", &a2).await;
    table.completes().await;
    let seen = table.analysis().await;
    assert_eq!(
        (seen.scores(), seen.weighted(), seen.ranks()),
        (vec![0, 3, -5, -1], vec![0, 800, -1_400, 100], vec![2, 1, 4, 3])
    );
    assert_eq!(
        (seen.dominated(), seen.viable()),
        (vec!["C<A B/A".to_owned(), "D<B/B".to_owned()], "A B".to_owned())
    );
    let others = "independence source resumability concerns";
    assert_eq!(
        seen.tensions(),
        [
            format!("A +[migration] -[{others}] =0"),
            format!("B +[{others}] -[migration] =3")
        ]
    );
    assert_eq!(
        seen.verdict(),
        "leads_with_tradeoffs 30% leaders B, best B, clear nobody"
    );
    assert_eq!(seen.flip(), "3 steps, rivals A, 4 cells, single");
    let rows = ["independence", "source", "resumability", "concerns"];
    let changed: Vec<String> = seen
        .flip_cells()
        .iter()
        .map(|cell| cell.split(" =").next().expect("a cell").to_owned())
        .collect();
    assert_eq!(changed, rows.map(|row| format!("B:{row} 1→-2")));

    let a3 = Sheet {
        columns: &["baseline", "dispatcher", "CI"],
        status_quo: Some("baseline"),
        rows: &[
            ("1", "0.3", &all([0, 1, 1])),
            ("2", "0.2", &all([0, 1, 1])),
            ("3", "0.3", &all([0, 1, 1])),
            ("4", "0.2", &all([0, 0, -1])),
            ("5", "0.2", &all([0, 1, 1])),
            ("6", "0.1", &all([0, 1, -1])),
        ],
    };
    let table = rated(app.owner(), "A3", &a3).await;
    table.completes().await;
    let seen = table.analysis().await;
    assert_eq!(
        (seen.scores(), seen.weighted()),
        (vec![0, 5, 2], vec![0, 1_100, 700])
    );
    assert_eq!(
        seen.dominated(),
        ["baseline<dispatcher/dispatcher", "CI<dispatcher/dispatcher"]
    );
    assert_eq!(
        seen.verdict(),
        "clear_winner 25% leaders dispatcher, best dispatcher, clear dispatcher"
    );
    assert_eq!(seen.flip(), "3 steps, rivals CI, 7 cells, single");

    let a6 = Sheet {
        columns: &["keep", "change"],
        status_quo: Some("keep"),
        rows: &[
            ("1", "0.3", &all([0, -1])),
            ("2", "0.3", &all([0, -1])),
            ("3", "0.3", &all([0, -1])),
            ("4", "0.2", &all([0, 0])),
            ("5", "0.2", &all([0, -1])),
            ("6", "0.2", &all([0, -1])),
        ],
    };
    let table = rated(app.owner(), "A6", &a6).await;
    table.completes().await;
    let seen = table.analysis().await;
    assert_eq!((seen.scores(), seen.weighted()), (vec![0, -5], vec![0, -1_300]));
    assert_eq!(
        (seen.dominated(), seen.irrelevant()),
        (vec!["change<keep/keep".to_owned()], vec!["4 0".to_owned()])
    );
    assert_eq!(seen.analysis["pugh"]["relevant_objectives"], 5);
    assert_eq!(
        seen.verdict(),
        "clear_winner 50% leaders keep, best keep, clear keep"
    );
    assert_eq!(seen.flip(), "5 steps, rivals change, 0 cells, several");

    let c1 = Sheet {
        columns: &["A", "B", "C", "D", "E", "F", "G"],
        status_quo: Some("D"),
        rows: &[
            ("handling", "", &all([0, 0, -1, 0, 0, -1, -1])),
            ("use", "", &all([0, -1, -1, 0, 0, 1, 0])),
            ("readability", "", &all([0, 0, 1, 0, 1, 0, 1])),
            ("accuracy", "", &all([0, 0, 0, 0, -1, 0, 0])),
            ("durability", "", &all([0, 0, 0, 0, 0, 1, 0])),
            ("manufacture", "", &all([1, -1, -1, 0, 0, -1, 0])),
            ("portability", "", &all([1, 1, 0, 0, 1, 0, 0])),
        ],
    };
    let table = rated(app.owner(), "C1", &c1).await;
    table.completes().await;
    let seen = table.analysis().await;
    assert_eq!(
        (seen.scores(), seen.ranks()),
        (vec![2, -1, -2, 0, 1, 0, 0], vec![1, 6, 7, 3, 2, 3, 3])
    );
    assert_eq!(
        (seen.dominated(), seen.viable()),
        (
            ["B<A/A", "C<G/G", "D<A/A"].map(str::to_owned).to_vec(),
            "A E F G".to_owned()
        )
    );
    assert_eq!(
        seen.tensions()[0],
        "A +[handling accuracy manufacture portability] -[use readability durability] =2"
    );
    assert_eq!(seen.extremes(), ("E".to_owned(), "E G".to_owned()));
    assert_eq!(
        seen.verdict(),
        "no_clear_winner 7.14% leaders A, best A, clear nobody"
    );
    assert_eq!(seen.flip(), "1 steps, rivals E, 14 cells, single");
}
