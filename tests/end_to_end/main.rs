//! Everything against the real server process, asked by a client that hides nothing and by other people's tools.

mod bad_input;
mod bad_requests;
mod command_line;
mod conditions;
mod connections;
mod damage;
mod descriptors;
mod determinism;
mod device;
mod help;
mod limits;
mod memory;
mod observing;
mod operation;
mod readers;
mod resume;
mod sample_data;
mod signed_device;
mod slow;
mod stores;
mod subsets;
