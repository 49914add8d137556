//! One suite that every store passes, and what the service makes of stores that do not do what they should.

mod adopted;
mod artifacts;
mod asking;
mod aws;
mod aws_calls;
mod aws_faults;
mod aws_items;
mod aws_objects;
mod aws_watch;
mod catalog;
mod catalog_faults;
mod collecting;
mod commits;
mod embedded_catalog;
mod embedded_layouts;
mod embedded_objects;
mod faults;
mod first_requests;
mod memory;
mod object_faults;
mod records;
mod signatures;
mod sqlite;
mod suite;
mod words;
mod writers;
