//! Conversations about the components: the built-in guide and the tools of the agent.

pub mod guide;
pub mod port;
pub mod tools;
