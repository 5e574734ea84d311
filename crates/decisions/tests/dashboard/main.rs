//! Views, live channel, document and analysis, over HTTP and sockets on a backbone that really runs.

mod analysis;
mod client;
mod document;
mod kit;
mod live;
mod projection;
mod reducer;
mod rooms;
mod views;
mod world;
