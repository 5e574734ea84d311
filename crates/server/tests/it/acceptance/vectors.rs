//! The worked vectors: scores, dominance, tensions, verdicts and flips.

use serde_json::{Value, json};

use crate::app;
use crate::office::settled;
use crate::rated::{Sheet, all, rated, refused};

#[tokio::test]
async fn w1_five_alternatives() {
    let app = app().await;
    let sheet = Sheet {
        columns: &["SQ", "A", "B", "C", "D"],
        status_quo: Some("SQ"),
        rows: &[
            ("O1", "", &all([0, 2, 1, 1, -1])),
            ("O2", "", &all([0, -1, 0, -1, -1])),
            ("O3", "", &all([0, 1, 2, 1, 2])),
            ("O4", "", &all([0; 5])),
        ],
    };
    let table = rated(app.owner(), "W1", &sheet).await;
    table.completes().await;
    let seen = table.analysis().await;
    assert_eq!(seen.scores(), [0, 2, 3, 1, 0]);
    assert_eq!(seen.ranks(), [4, 2, 1, 3, 4]);
    assert_eq!(seen.counts(), ["0/4/0", "2/1/1", "2/2/0", "2/1/1", "1/1/2"]);
    assert_eq!(seen.dominated(), ["SQ<B/B", "C<A B/A", "D<B/B"]);
    assert_eq!(
        (seen.viable().as_str(), seen.irrelevant()),
        ("A B", vec!["O4 0".to_owned()])
    );
    assert_eq!(seen.tensions(), ["A +[O1] -[O2 O3] =2", "B +[O2 O3] -[O1] =3"]);
    assert_eq!(seen.extremes(), ("A B".to_owned(), "A B".to_owned()));
    assert_eq!(
        seen.verdict(),
        "leads_with_tradeoffs 16.67% leaders B, best B, clear nobody"
    );
    assert_eq!(seen.flip(), "1 steps, rivals A, 7 cells, single");
    let cells = [
        "B:O1 1→0",
        "A:O2 -1→0",
        "B:O2 0→-1",
        "A:O3 1→2",
        "B:O3 2→1",
        "A:O4 0→1",
        "B:O4 0→-1",
    ];
    assert_eq!(seen.flip_cells(), cells.map(|cell| format!("{cell} =A B")));
    assert_eq!(
        table.sensitivity("B", "O3").await,
        [
            "-2: -4 A other not",
            "-1: -3 A other not",
            "0: -2 A other not",
            "1: -1 A B other still"
        ]
    );
    assert_eq!(
        table.sensitivity("A", "O2").await,
        [
            "-2: -1 B same not",
            "0: 1 A B other still",
            "1: 2 A other still",
            "2: 3 A other still"
        ]
    );
    let path = format!(
        "/api/cycles/{}/analysis/sensitivity?alt={}&obj={}",
        table.walk.cycle,
        table.id("SQ"),
        table.id("O1")
    );
    assert_eq!(
        app.owner().get(&path).await.refusal(),
        (422, "validation_failed"),
        "the status quo is always 0"
    );
    settled(app.owner()).await;
    let overview = table.walk.dashboard().await;
    let shown: Vec<Value> = overview["alternatives"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| json!([one["pughScore"], one["rank"], one["isDominated"]]))
        .collect();
    assert_eq!(
        json!(shown),
        json!([
            [0, 4, true],
            [2, 2, false],
            [3, 1, false],
            [1, 3, true],
            [0, 4, true]
        ])
    );
    assert_eq!(
        (
            &overview["totals"]["marginPercent"],
            &overview["totals"]["flip"]["steps"]
        ),
        (&json!(16.67), &json!(1))
    );
}

/// Without a status quo a table is raw input: it is analysed, but the strict validator does not let it pass.
#[tokio::test]
async fn w2_and_a8_need_a_status_quo_to_be_completed() {
    let app = app().await;
    let chain = Sheet {
        columns: &["A", "B", "C"],
        status_quo: None,
        rows: &[("O1", "", &all([2, 1, 0])), ("O2", "", &all([1, 1, 1]))],
    };
    let table = rated(app.owner(), "W2", &chain).await;
    let seen = table.analysis().await;
    assert_eq!(seen.scores(), [3, 2, 1]);
    assert_eq!(
        (seen.dominated(), seen.viable()),
        (vec!["B<A/A".to_owned(), "C<A B/A".to_owned()], "A".to_owned())
    );
    assert_eq!(
        (seen.tensions(), seen.irrelevant()),
        (vec!["A +[] -[] =3".to_owned()], vec!["O2 1".to_owned()])
    );
    assert_eq!(seen.verdict(), "clear_winner 50% leaders A, best A, clear A");
    assert_eq!(seen.flip(), "1 steps, rivals B, 4 cells, single");
    assert_eq!(
        seen.flip_cells(),
        ["A:O1 2→1", "B:O1 1→2", "A:O2 1→0", "B:O2 1→2"].map(|cell| format!("{cell} =A B"))
    );
    let reversed = Sheet {
        columns: &["C", "B", "A"],
        rows: &[("O1", "", &all([0, 1, 2])), ("O2", "", &all([1, 1, 1]))],
        ..chain
    };
    let reversed = rated(app.owner(), "W2 reversed", &reversed).await;
    assert_eq!(reversed.analysis().await.dominated(), ["C<B A/A", "B<A/A"]);

    let machine = Sheet {
        columns: &["build", "buy", "license"],
        status_quo: None,
        rows: &[
            ("cost", "0.25", &all([1, -1, -2])),
            ("time", "0.20", &all([-2, 2, 1])),
            ("IP risk", "0.20", &all([-2, 0, 2])),
            ("customisation", "0.15", &all([2, -1, 0])),
            ("quality", "0.10", &all([1, -1, 1])),
            ("scalability", "0.10", &all([1, 2, 2])),
        ],
    };
    let table = rated(app.owner(), "A8", &machine).await;
    let seen = table.analysis().await;
    assert_eq!(
        (seen.scores(), seen.weighted(), seen.ranks()),
        (vec![1, 1, 4], vec![-50, 100, 400], vec![2, 2, 1])
    );
    assert_eq!(seen.dominated(), [""; 0]);
    assert_eq!(
        seen.verdict(),
        "leads_with_tradeoffs 25% leaders license, best license, clear nobody"
    );
    assert_eq!(
        seen.extremes(),
        ("build buy".to_owned(), "buy license".to_owned())
    );
    assert_eq!(seen.flip(), "3 steps, rivals build buy, 9 cells, single");
    let refusal = refused(&table.walk.complete("alternatives").await);
    assert!(
        refusal
            .iter()
            .any(|error| error.starts_with("/output/status_quo_id")),
        "{refusal:?}"
    );
    // With a status quo whose ratings are 0 it passes.
    let whole = Sheet {
        columns: &["build", "buy", "license", "as it is"],
        status_quo: Some("as it is"),
        rows: &[
            ("cost", "0.25", &all([1, -1, -2, 0])),
            ("time", "0.20", &all([-2, 2, 1, 0])),
        ],
    };
    let table = rated(app.owner(), "A8 with a status quo", &whole).await;
    table.completes().await;
    assert_eq!(table.analysis().await.scores(), [-1, 1, -1, 0]);
}

#[tokio::test]
async fn w3_and_w4_ties_are_no_victory() {
    let app = app().await;
    let equal = Sheet {
        columns: &["SQ", "A", "B"],
        status_quo: Some("SQ"),
        rows: &[("O1", "", &all([0, 1, 1])), ("O2", "", &all([0, -1, -1]))],
    };
    let table = rated(app.owner(), "W3", &equal).await;
    table.completes().await;
    let seen = table.analysis().await;
    assert_eq!((seen.scores(), seen.dominated()), (vec![0, 0, 0], vec![]));
    assert_eq!(
        seen.tensions(),
        ["SQ +[O2] -[O1] =0", "A +[O1] -[O2] =0", "B +[O1] -[O2] =0"]
    );
    assert_eq!(
        seen.verdict(),
        "no_clear_winner 0% leaders SQ A B, best nobody, clear nobody"
    );
    assert_eq!(seen.flip(), "1 steps, rivals SQ A B, 8 cells, single");

    let profiles = Sheet {
        columns: &["A", "SQ", "C"],
        status_quo: Some("SQ"),
        rows: &[
            ("1", "", &all([2, 0, 1])),
            ("2", "", &all([-1, 0, 1])),
            ("3", "", &all([2, 0, 1])),
        ],
    };
    let table = rated(app.owner(), "W4", &profiles).await;
    table.completes().await;
    let seen = table.analysis().await;
    assert_eq!(
        (seen.scores(), seen.dominated()),
        (vec![3, 0, 3], vec!["SQ<C/C".to_owned()])
    );
    assert_eq!(seen.tensions(), ["A +[1 3] -[2] =3", "C +[2] -[1 3] =3"]);
    assert_eq!(
        seen.verdict(),
        "no_clear_winner 0% leaders A C, best nobody, clear nobody"
    );
    assert_eq!(seen.flip(), "1 steps, rivals A C, 10 cells, single");
}

#[tokio::test]
async fn w5_a_gap_is_announced_as_one() {
    let app = app().await;
    let sheet = Sheet {
        columns: &["SQ", "A"],
        status_quo: Some("SQ"),
        rows: &[("O1", "", &[None, Some(1)]), ("O2", "", &[None, None])],
    };
    let table = rated(app.owner(), "W5", &sheet).await;
    let seen = table.analysis().await;
    assert_eq!(
        (seen.scores(), &seen.analysis["pugh"]["complete"]),
        (vec![0, 1], &json!(false))
    );
    let missing: Vec<String> = seen.analysis["pugh"]["missing"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|cell| {
            format!(
                "{}:{}",
                table.name(&cell["alternative_id"]),
                table.name(&cell["objective_id"])
            )
        })
        .collect();
    assert_eq!(missing, ["SQ:O1", "SQ:O2", "A:O2"]);
    assert!(seen.verdict().starts_with("incomplete"), "{}", seen.verdict());
    let overview = table.walk.dashboard().await;
    assert_eq!(
        (&overview["totals"]["verdict"], &overview["totals"]["leaders"]),
        (&json!("incomplete"), &json!([]))
    );
    assert!(
        overview["alternatives"]
            .as_array()
            .expect("a list")
            .iter()
            .all(|one| one["isDominated"] == false && one.get("rank").is_none())
    );
    let refusal = refused(&table.walk.complete("consequences").await);
    let cell = |alternative, objective| {
        format!(
            "/output/table/cells/{}:{}",
            table.id(alternative),
            table.id(objective)
        )
    };
    for (alternative, objective) in [("SQ", "O1"), ("SQ", "O2"), ("A", "O2")] {
        assert!(
            refusal
                .iter()
                .any(|error| error.starts_with(&cell(alternative, objective))),
            "{refusal:?}"
        );
    }
}
