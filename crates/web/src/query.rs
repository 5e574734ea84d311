//! The query string of a request.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::Problem;
use crate::pointer::field_problem;

/// Typed query parameters; what is missing, unknown (where `T` denies unknown
/// fields) or wrong is 422 `validation_failed`. `limit` and `cursor` belong to
/// [`crate::Paging`] and are left out here.
#[derive(Clone, Debug)]
pub struct QueryOf<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let own = pairs(parts).filter(|(name, _)| name != "limit" && name != "cursor");
        let text = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(own)
            .finish();
        let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text.as_bytes()));
        serde_path_to_error::deserialize(reader)
            .map(Self)
            .map_err(|error| {
                Problem::validation(vec![field_problem(error.path(), &error.inner().to_string())])
            })
    }
}

pub(crate) fn pairs(parts: &Parts) -> impl Iterator<Item = (String, String)> + '_ {
    form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Wish {
        kind: Option<String>,
        size: u8,
    }

    async fn read(uri: &str) -> Result<Wish, (String, String)> {
        let (mut parts, ()) = Request::builder().uri(uri).body(()).unwrap().into_parts();
        QueryOf::from_request_parts(&mut parts, &())
            .await
            .map(|QueryOf(wish)| wish)
            .map_err(|problem| (problem.errors[0].field.clone(), problem.errors[0].code.clone()))
    }

    #[tokio::test]
    async fn wrong_missing_and_unknown_parameters_are_named() {
        let wish = Wish {
            kind: Some("a b".into()),
            size: 3,
        };
        assert_eq!(read("/x?kind=a+b&size=3&limit=5&cursor=q").await, Ok(wish));
        assert_eq!(
            read("/x?size=many").await,
            Err(("/size".into(), "invalid".into()))
        );
        assert_eq!(read("/x").await, Err(("/size".into(), "required".into())));
        assert_eq!(
            read("/x?size=1&colour=red").await,
            Err(("/colour".into(), "unknown_field".into()))
        );
    }
}
