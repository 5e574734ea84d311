//! The test kit, for this library's users too.
