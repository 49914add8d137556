//! A deployment on AWS: one CloudFormation stack, and what is in its table and its bucket.

mod account;
mod error;
mod found;
mod name;
mod state;

pub use account::{Account, AccountOptions, Identity};
pub use error::StackError;
pub use found::{Outputs, Resource, Stack};
pub use name::{InvalidStackName, StackName};
pub use state::State;
