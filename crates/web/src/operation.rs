//! What a route takes and answers, read off its handler's signature.
//!
//! Every argument of a handler is [`Taken`], every result [`Given`]; both tell an
//! [`Operation`] their shape. [`Described`] holds for whatever handler is made of such
//! parts, and [`crate::Module`] takes no other, so the description cannot miss a route
//! or keep a shape that the code has left behind.

mod given;
mod taken;

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};

use axum::handler::Handler;

use crate::AppState;
pub use given::{Given, Redirect, Upgrade};
pub use taken::Taken;

/// The schemas of answers that have a name, shared by all operations.
pub struct Schemas {
    answers: SchemaGenerator,
}

impl Default for Schemas {
    fn default() -> Self {
        let mut settings = SchemaSettings::draft2020_12().for_serialize();
        settings.definitions_path = "/components/schemas".into();
        Self {
            answers: settings.into_generator(),
        }
    }
}

impl Schemas {
    /// Every schema that was given a name, by it.
    pub fn named(mut self) -> Map<String, Value> {
        self.answers.take_definitions(true)
    }

    /// A problem, as every route may answer it.
    pub fn problem(&mut self) -> Value {
        self.answers.subschema_for::<crate::problem::Shape>().to_value()
    }
}

/// One parameter of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryParameter {
    /// What it is called.
    pub name: String,
    /// What its text stands for.
    pub schema: Value,
    /// Whether one must give it.
    pub is_required: bool,
}

/// What a route says when all went well.
#[derive(Clone, Debug, PartialEq)]
pub struct Success {
    /// The status.
    pub status: u16,
    /// What comes with it.
    pub content: Content,
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// None.
    Nothing,
    /// JSON of this schema.
    Json(Value),
    /// A file of one of these media types.
    File(&'static [&'static str]),
}

/// What a route takes and answers.
pub struct Operation<'a> {
    schemas: &'a mut Schemas,
    /// The parameters of the path, in their order.
    pub path: Vec<Value>,
    /// The parameters of the query.
    pub query: Vec<QueryParameter>,
    /// The JSON body.
    pub body: Option<Value>,
    /// What it answers; empty while nobody said so.
    pub answers: Vec<Success>,
}

impl<'a> Operation<'a> {
    /// One of which nothing is known.
    pub fn new(schemas: &'a mut Schemas) -> Self {
        Self {
            schemas,
            path: Vec::new(),
            query: Vec::new(),
            body: None,
            answers: Vec::new(),
        }
    }

    /// The schema of something that is sent to the server, whole in itself.
    pub(crate) fn sent<T: JsonSchema>() -> Value {
        let mut settings = SchemaSettings::draft2020_12().for_deserialize();
        settings.inline_subschemas = true;
        settings.meta_schema = None;
        let mut schema = settings.into_generator().into_root_schema_for::<T>();
        schema.remove("title");
        schema.to_value()
    }

    /// The schema of something that is answered.
    pub(crate) fn shown<T: JsonSchema>(&mut self) -> Schema {
        self.schemas.answers.subschema_for::<T>()
    }
}

/// A handler whose arguments and result say what they are.
pub trait Described<T>: Handler<T, AppState> {
    /// Tells what it takes.
    fn takes(operation: &mut Operation<'_>);
    /// Tells what it answers.
    fn gives(operation: &mut Operation<'_>);
}

impl<F, Fut> Described<((),)> for F
where
    F: Handler<((),), AppState> + FnOnce() -> Fut,
    Fut: Future<Output: Given>,
{
    fn takes(_: &mut Operation<'_>) {}
    fn gives(operation: &mut Operation<'_>) {
        Fut::Output::describe(operation);
    }
}

macro_rules! described {
    ($($argument:ident),+) => {
        impl<F, Fut, M, $($argument,)+> Described<(M, $($argument,)+)> for F
        where
            F: Handler<(M, $($argument,)+), AppState> + FnOnce($($argument,)+) -> Fut,
            Fut: Future<Output: Given>,
            $($argument: Taken,)+
        {
            fn takes(operation: &mut Operation<'_>) {
                $($argument::describe(operation);)+
            }
            fn gives(operation: &mut Operation<'_>) {
                Fut::Output::describe(operation);
            }
        }
    };
}
described!(A);
described!(A, B);
described!(A, B, C);
described!(A, B, C, D);
described!(A, B, C, D, E);
described!(A, B, C, D, E, G);
described!(A, B, C, D, E, G, H);
described!(A, B, C, D, E, G, H, I);
