//! The CDN's viewer-request function beside the origin's own reading of a question.

mod deployment;
mod draw;
mod faults;
mod function;
mod fuzz;
mod judge;
mod requests;
mod vectors;
