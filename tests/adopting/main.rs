//! `edgehop adopt`: the AWS sample's own table and bucket become edgehop's, and nothing of the sample's changes.

mod after;
mod errors;
mod killed;
mod meanwhile;
mod odd;
mod place;
mod stacks;
mod story;
mod switch;
