//! Every tool by name: what it does, and how it refuses.

mod across;
mod desk;
mod failures;
mod first_steps;
mod later_steps;
mod refusals;
mod registry;
mod wrong_values;
