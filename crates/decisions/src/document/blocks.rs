//! The document as blocks: what is said, before any format says how it looks.
//! Every text in here is plain; the renderers escape it.

/// A document ready to be rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub title: String,
    /// The focal statement, below the title.
    pub statement: Option<String>,
    pub header: Vec<Field>,
    pub sections: Vec<Section>,
    pub footer: Vec<Field>,
}

/// One of the nine numbered sections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    pub number: usize,
    pub title: &'static str,
    /// Status, and where they apply "inherited" and "based on older input".
    pub marks: Vec<String>,
    pub blocks: Vec<Block>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    Heading(&'static str),
    Paragraph(Text),
    /// A remark of the document itself, set apart from what people wrote.
    Note(String),
    Fields(Vec<Field>),
    List(Vec<Text>),
    Table(Table),
}

/// A label and its value, on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub label: &'static str,
    pub value: Text,
}

/// Plain text, and whether AI added it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    pub text: String,
    pub by_ai: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub caption: &'static str,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub title: String,
    pub is_number: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    pub text: Text,
    /// The rating whose colour the cell has.
    pub heat: Option<i64>,
    pub is_strong: bool,
}

impl Text {
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            by_ai: false,
        }
    }

    pub fn labelled(text: impl Into<String>, by_ai: bool) -> Self {
        Self {
            text: text.into(),
            by_ai,
        }
    }
}

impl Field {
    pub fn new(label: &'static str, value: impl Into<Text>) -> Self {
        Self {
            label,
            value: value.into(),
        }
    }
}

impl Column {
    pub fn text(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            is_number: false,
        }
    }

    pub fn number(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            is_number: true,
        }
    }
}

impl Cell {
    pub fn new(text: impl Into<Text>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    pub fn strong(text: impl Into<Text>) -> Self {
        Self {
            text: text.into(),
            is_strong: true,
            heat: None,
        }
    }

    pub fn rating(text: impl Into<Text>, rating: i64) -> Self {
        Self {
            text: text.into(),
            heat: Some(rating),
            is_strong: false,
        }
    }
}

impl<T: Into<String>> From<T> for Text {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}
