//! The command line, one verb a file. A verb's `run` returns what it found out, to be printed as text or as JSON.

#[cfg(feature = "deploy")]
mod adopt;
mod asking;
mod catalog_file;
mod channel;
mod check;
#[cfg(feature = "deploy")]
mod destroy;
#[cfg(feature = "deploy")]
mod doctor;
mod explain;
mod gc;
mod graph;
#[cfg(feature = "deploy")]
mod init;
mod key;
#[cfg(feature = "deploy")]
mod known_words;
mod lower_case;
mod manual;
mod password;
mod public_key;
mod publish;
mod published;
mod releases;
mod report;
mod sample;
mod sign;
mod verify;
mod warm;
#[cfg(feature = "deploy")]
mod watching;
mod written;
mod yank;

#[cfg(feature = "deploy")]
pub(crate) use adopt::AdoptArgs;
pub(crate) use catalog_file::{ExportArgs, ImportArgs};
pub(crate) use channel::ChannelArgs;
pub(crate) use check::CheckArgs;
#[cfg(feature = "deploy")]
pub(crate) use destroy::{DestroyArgs, NotAgreed};
#[cfg(feature = "deploy")]
pub(crate) use doctor::DoctorArgs;
pub(crate) use explain::ExplainArgs;
pub(crate) use gc::GcArgs;
pub(crate) use graph::GraphArgs;
#[cfg(feature = "deploy")]
pub(crate) use init::InitArgs;
pub(crate) use key::KeyArgs;
#[cfg(feature = "deploy")]
pub(crate) use known_words::KnownWordsArgs;
pub(crate) use manual::{CompletionsArgs, ManArgs};
pub(crate) use publish::PublishArgs;
pub(crate) use releases::ReleasesArgs;
pub(crate) use report::Report;
pub(crate) use sample::SampleArgs;
pub(crate) use sign::{NoMinimum, SignArgs};
pub(crate) use verify::VerifyArgs;
pub(crate) use warm::WarmArgs;
pub(crate) use written::written;
pub(crate) use yank::YankArgs;
