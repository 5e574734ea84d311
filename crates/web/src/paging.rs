//! Pages of a list: how many, and from where on.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::query::pairs;
use crate::{FieldProblem, Problem};

pub(crate) const MOST: usize = 100;
const USUAL: usize = 50;

/// `?limit=` (1–100, 50 unless told or unless the list says otherwise) and `?cursor=`,
/// which is the `next_cursor` of the page before and means nothing to clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging<const UNLESS_TOLD: usize = USUAL> {
    /// At most this many items.
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

impl<const UNLESS_TOLD: usize> Paging<UNLESS_TOLD> {
    /// The place that [`Paging::cursor_of`] wrote, if this is not the first page.
    pub fn after<T: DeserializeOwned>(&self) -> Result<Option<T>, Problem> {
        let Some(cursor) = &self.cursor else {
            return Ok(None);
        };
        let place = URL_SAFE_NO_PAD
            .decode(cursor)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        place
            .map(Some)
            .ok_or_else(|| refused("/cursor", "is not a cursor of this list"))
    }
}

impl Paging {
    /// Writes a place (the sort key of the last item) as a cursor.
    pub fn cursor_of(place: &impl Serialize) -> String {
        URL_SAFE_NO_PAD
            .encode(serde_json::to_vec(place).expect("ids, numbers and times can be written as JSON"))
    }
}

impl<S: Send + Sync, const UNLESS_TOLD: usize> FromRequestParts<S> for Paging<UNLESS_TOLD> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut paging = Self {
            limit: UNLESS_TOLD,
            cursor: None,
        };
        for (name, value) in pairs(parts) {
            match name.as_str() {
                "limit" => {
                    paging.limit = value
                        .parse()
                        .ok()
                        .filter(|limit| (1..=MOST).contains(limit))
                        .ok_or_else(|| refused("/limit", "must be a whole number from 1 to 100"))?;
                }
                "cursor" if !value.is_empty() => paging.cursor = Some(value),
                _ => {}
            }
        }
        Ok(paging)
    }
}

fn refused(field: &str, message: &str) -> Problem {
    Problem::validation(vec![FieldProblem::new(field, "invalid", message)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    async fn read(uri: &str) -> Result<Paging, Problem> {
        let (mut parts, ()) = Request::builder().uri(uri).body(()).unwrap().into_parts();
        Paging::from_request_parts(&mut parts, &()).await
    }

    #[tokio::test]
    async fn limits_are_kept_and_cursors_round_trip() {
        assert_eq!(
            read("/x").await.unwrap(),
            Paging {
                limit: 50,
                cursor: None
            }
        );
        assert_eq!(read("/x?limit=100&status=a").await.unwrap().limit, 100);
        let (mut parts, ()) = Request::builder().uri("/x").body(()).unwrap().into_parts();
        let short = Paging::<20>::from_request_parts(&mut parts, &()).await.unwrap();
        assert_eq!(short.limit, 20);
        for wrong in ["0", "101", "-1", "many", ""] {
            let problem = read(&format!("/x?limit={wrong}")).await.unwrap_err();
            assert_eq!(problem.errors[0].field, "/limit", "{wrong}");
        }
        let cursor = Paging::cursor_of(&("2026-01-01", 7));
        let next = read(&format!("/x?cursor={cursor}")).await.unwrap();
        assert_eq!(
            next.after::<(String, i64)>().unwrap(),
            Some(("2026-01-01".into(), 7))
        );
        assert_eq!(
            read("/x?cursor=!!")
                .await
                .unwrap()
                .after::<i64>()
                .unwrap_err()
                .errors[0]
                .field,
            "/cursor"
        );
    }
}
