//! The acceptance tables of the specification, typed in and read back through the API, to the value.

mod bounds;
mod practice;
mod quality;
mod quantities;
mod vectors;
