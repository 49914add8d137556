//! The `bootstrap` on Lambda's runtime API, over a table and a bucket: what devices get is what the local server sends.

mod broken;
mod compare;
mod emulator;
mod events;
mod hanging_up;
mod host;
mod limits;
mod lines;
mod requests;
mod sample_table;
mod settings;
mod storm;
