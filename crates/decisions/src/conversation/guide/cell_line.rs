//! A line of the consequences: `alternative / objective: rating reason`, or `rating reason` for the cell asked about.

use super::context::Grid;
use super::line;
use super::names::{Found, find_alternative, find_objective};
use super::objectives::which_objective;
use super::rating::{RatingLine, read_rating};

/// A row or a column named by a heading; the lines below name the other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heading {
    Alternative(usize),
    Objective(usize),
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellLine {
    /// Places in the lists of alternatives and objectives, the rating, the reason.
    Cell {
        alternative: usize,
        objective: usize,
        rating: i8,
        reason: String,
    },
    /// A rating without a cell.
    Rating { rating: i8, reason: String },
    /// What to ask about the line.
    Unclear(String),
}

/// Reads a heading that names an objective or an alternative, and only one of them.
pub fn read_heading(grid: &Grid, word: &str) -> Result<Heading, String> {
    match (
        find_objective(&grid.objectives, word),
        find_alternative(&grid.alternatives, word),
    ) {
        (Found::One(place), Found::Unknown) => Ok(Heading::Objective(place)),
        (Found::Unknown, Found::One(place)) => Ok(Heading::Alternative(place)),
        (Found::Unknown, Found::Unknown) => {
            Err("I know neither an objective nor an alternative of this name.".to_owned())
        }
        _ => Err(
            "This could mean more than one. Write `alternative / objective: rating reason` instead."
                .to_owned(),
        ),
    }
}

pub fn read_cell_line(grid: &Grid, heading: Option<Heading>, entry: &str) -> CellLine {
    let bullet = line::bullet(entry);
    let item = bullet.map_or(entry, |bullet| bullet.text);
    let named = [entry, item].map(|text| read_named(grid, heading, text));
    if let Some(cell) = named.iter().find_map(|named| named.clone().ok()) {
        return cell;
    }
    let [_, Err(question)] = named else {
        unreachable!("both readings failed")
    };
    let bare = read_rating(entry);
    let is_bullet_too = bullet.is_some_and(|bullet| bullet.number.is_none());
    match (bare, question) {
        (RatingLine::Rated { rating, reason }, None) => rated(rating, reason),
        (RatingLine::Rated { rating, reason }, Some(_)) if !is_bullet_too => rated(rating, reason),
        (_, Some(question)) => CellLine::Unclear(question),
        (RatingLine::Ambiguous, None) => {
            CellLine::Unclear("Which of the two is the rating? Write it once, as in `+1 reason`.".to_owned())
        }
        (RatingLine::None, None) => match bullet.map(|bullet| read_rating(bullet.text)) {
            Some(RatingLine::Rated { rating, reason }) => rated(rating, reason),
            _ => CellLine::Unclear(
                "Which rating is that? One of −2, −1, 0, +1, +2, and then the reason.".to_owned(),
            ),
        },
    }
}

fn rated(rating: i8, reason: &str) -> CellLine {
    CellLine::Rating {
        rating,
        reason: reason.to_owned(),
    }
}

/// Tries every split into names and a rating. The error holds a question if the line has the form of a named cell.
fn read_named(grid: &Grid, heading: Option<Heading>, text: &str) -> Result<CellLine, Option<String>> {
    let mut found: Vec<CellLine> = Vec::new();
    let mut question = None;
    for (left, right) in line::colons(text) {
        for names in splits(heading, left) {
            match (place(grid, names), read_rating(right)) {
                (Ok((alternative, objective)), RatingLine::Rated { rating, reason }) => {
                    let cell = CellLine::Cell {
                        alternative,
                        objective,
                        rating,
                        reason: reason.to_owned(),
                    };
                    if !found.contains(&cell) {
                        found.push(cell);
                    }
                }
                (Ok(_), RatingLine::Ambiguous) => {
                    return Err(Some("Which of the two is the rating? Write it once.".to_owned()));
                }
                (Ok(_), RatingLine::None) => {
                    question.get_or_insert(
                        "A rating is one of −2, −1, 0, +1, +2. Which one do you mean?".to_owned(),
                    );
                }
                (Err(unknown), RatingLine::Rated { .. } | RatingLine::Ambiguous) => {
                    question.get_or_insert(unknown);
                }
                (Err(_), RatingLine::None) => {}
            }
        }
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(question),
        _ => Err(Some("This can be read in more than one way. Which alternative and objective do you mean? Use letter and number, as in `B / 2: +1`.".to_owned())),
    }
}

/// What a name may stand for, before it is looked up.
#[derive(Clone, Copy)]
enum Names<'t> {
    Both(&'t str, &'t str),
    Under(Heading, &'t str),
}

fn splits<'t>(heading: Option<Heading>, left: &'t str) -> Vec<Names<'t>> {
    let both = line::slashes(left).map(|(alternative, objective)| Names::Both(alternative, objective));
    let under = heading
        .filter(|_| !left.is_empty())
        .map(|heading| Names::Under(heading, left));
    both.chain(under).collect()
}

fn place(grid: &Grid, names: Names<'_>) -> Result<(usize, usize), String> {
    let alternative = |written: &str| match find_alternative(&grid.alternatives, written) {
        Found::One(place) => Ok(place),
        found => Err(which_alternative(grid, written, found)),
    };
    let objective = |written: &str| match find_objective(&grid.objectives, written) {
        Found::One(place) => Ok(place),
        found => Err(which_objective(&grid.objectives, written, found)),
    };
    match names {
        Names::Both(left, right) => Ok((alternative(left)?, objective(right)?)),
        Names::Under(Heading::Objective(place), written) => Ok((alternative(written)?, place)),
        Names::Under(Heading::Alternative(place), written) => Ok((place, objective(written)?)),
    }
}

pub fn which_alternative(grid: &Grid, written: &str, found: Found) -> String {
    let list = super::lettered(&grid.alternatives);
    let written = super::quoted(written);
    if found == Found::Ambiguous {
        return format!(
            "Several alternatives are called {written}. Which one do you mean? Write its letter: {list}."
        );
    }
    format!("I do not know the alternative {written}. Which one do you mean: {list}?")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::outputs::Named;

    fn grid() -> Grid {
        let list = |names: &[&str], from: u128| -> Vec<Named> {
            names
                .iter()
                .zip(from..)
                .map(|(name, id)| Named {
                    id: Uuid::from_u128(id),
                    name: (*name).to_owned(),
                })
                .collect()
        };
        Grid {
            alternatives: list(&["Bleiben", "Umzug nach Köln", "w/o car: cheap"], 1),
            objectives: list(&["Kosten", "Weg zur Arbeit", "Kosten "], 10),
            status_quo: Some(0),
        }
    }

    fn cell(alternative: usize, objective: usize, rating: i8, reason: &str) -> CellLine {
        CellLine::Cell {
            alternative,
            objective,
            rating,
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn a_cell_is_named_by_names_letters_and_numbers() {
        let grid = grid();
        for line in [
            "umzug nach köln / weg zur arbeit: +1 kürzer",
            "B/2: + kürzer",
            "b / 2: 1 kürzer",
            "- B / 2: +1 kürzer",
            "• UMZUG NACH KÖLN / 2： +1 kürzer",
            "2 / Weg zur Arbeit: +1 – kürzer",
        ] {
            assert_eq!(
                read_cell_line(&grid, None, line),
                cell(1, 1, 1, "kürzer"),
                "{line}"
            );
        }
        assert_eq!(
            read_cell_line(&grid, None, "w/o car: cheap / 2: \u{2212}2 zu Fuß"),
            cell(2, 1, -2, "zu Fuß")
        );
    }

    #[test]
    fn a_rating_goes_before_a_bullet() {
        let grid = grid();
        let rating = |rating, reason: &str| CellLine::Rating {
            rating,
            reason: reason.to_owned(),
        };
        assert_eq!(read_cell_line(&grid, None, "- zu laut"), rating(-1, "zu laut"));
        assert_eq!(read_cell_line(&grid, None, "* +2 ruhig"), rating(2, "ruhig"));
        assert_eq!(read_cell_line(&grid, None, "1) -- teuer"), rating(-2, "teuer"));
        assert_eq!(
            read_cell_line(&grid, None, "+1 near school / work: 1 km"),
            rating(1, "near school / work: 1 km")
        );
        assert!(matches!(
            read_cell_line(&grid, None, "- +2 ruhig"),
            CellLine::Unclear(_)
        ));
        assert!(matches!(
            read_cell_line(&grid, None, "ruhig"),
            CellLine::Unclear(_)
        ));
    }

    #[test]
    fn unknown_and_ambiguous_names_are_asked_about() {
        let grid = grid();
        for (line, part) in [
            ("D / 2: +1", "I do not know the alternative"),
            ("- D / 2: +1", "I do not know the alternative"),
            ("B / Miete: +1", "I do not know the objective"),
            ("B / kosten: +1", "Several objectives are called"),
            ("B / 2: +3 super", "A rating is one of"),
            ("B / 2: ruhig", "A rating is one of"),
        ] {
            let CellLine::Unclear(question) = read_cell_line(&grid, None, line) else {
                panic!("{line}")
            };
            assert!(question.contains(part), "{line}: {question}");
        }
    }

    #[test]
    fn a_heading_names_one_side() {
        let grid = grid();
        let heading = read_heading(&grid, "Weg zur Arbeit").unwrap();
        assert_eq!(heading, Heading::Objective(1));
        assert_eq!(
            read_cell_line(&grid, Some(heading), "- B: +1 kürzer"),
            cell(1, 1, 1, "kürzer")
        );
        let heading = read_heading(&grid, "b").unwrap();
        assert_eq!(read_cell_line(&grid, Some(heading), "2: 0"), cell(1, 1, 0, ""));
        assert!(read_heading(&grid, "1").is_err());
        assert!(read_heading(&grid, "Miete").is_err());
    }
}
