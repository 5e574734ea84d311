//! What the document says, and that nothing people write can break it.

mod escaping;
mod says;
