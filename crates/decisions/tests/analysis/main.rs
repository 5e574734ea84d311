//! The analysis held against worked examples, tables from practice, and its own properties.

mod practice;
mod properties;
mod quality;
mod quantities;
mod tables;
mod vectors;
