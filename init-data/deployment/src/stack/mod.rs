//! A deployment on AWS: one CloudFormation stack, and what is in its table and its bucket.

mod account;
mod code_bucket;
mod code_zip;
mod deploying;
mod deployment;
mod error;
mod event;
mod found;
mod moving;
mod name;
mod objects;
mod parameters;
mod progress;
mod read_grant;
mod removing;
mod state;
mod stores;
mod template;
mod uploads;
mod waiting;

pub use account::{Account, AccountOptions, Identity};
pub use code_zip::{Architecture, CodeZip, InvalidCode};
pub use deploying::{Change, Deployed, deploy};
pub use deployment::Deployment;
pub use error::StackError;
pub use event::Event;
pub use found::{Outputs, Resource, Stack};
pub use name::{InvalidStackName, StackName};
pub use objects::Amount;
pub use parameters::{Given, InvalidGiven, together};
pub use progress::{Tell, Told};
pub use removing::Removal;
pub use state::State;
pub use uploads::Uploads;
