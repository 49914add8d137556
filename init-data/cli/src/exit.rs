//! How the process ends, for scripts.

#[cfg(feature = "deploy")]
use deployment::stack::StackError;
use publishing::{GarbageError, ImportError, PublishError, Refused};
use resolver::words::{is_fit_to_show, line_fit_to_show};
use store::StoreError;

#[cfg(feature = "deploy")]
use crate::verbs::NotAgreed;

/// What the codes mean, for `--help`.
pub(crate) const HELP: &str = "Exit codes: 0 done, 1 failed, 2 the command line is wrong, 3 refused because it \
                               would not be safe, 4 somebody else changed the record meanwhile: try again";

/// Something failed.
const FAILED: u8 = 1;
/// It would not be safe, or is not: devices stranded, more than was signed, what cannot be proven.
pub(crate) const REFUSED: u8 = 3;
/// A conditional write met another record than it expected.
const MOVED: u8 = 4;

/// Says what is wrong, to whoever reads.
pub(crate) fn complain(json: bool, message: &str) {
    match json {
        true => terminal::complain_json(&format!("{}\n", serde_json::json!({ "error": message }))),
        false => terminal::complain(&format!("edgehop: {message}\n")),
    }
}

/// An error with its causes, in one line but for what has lines of its own: the problems of a refusal, and the piece of a
/// document that is wrong.
pub(crate) fn message(error: &anyhow::Error) -> String {
    let causes = error.chain().map(|cause| {
        let text = cause.to_string();
        match has_lines(cause) {
            true => text,
            false => line_fit_to_show(&text).into_owned(),
        }
    });
    causes.collect::<Vec<_>>().join(": ")
}

fn has_lines(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.is::<Refused>()
        || cause.is::<toml::de::Error>()
        || matches!(cause.downcast_ref(), Some(PublishError::Refused(_)))
        || matches!(cause.downcast_ref(), Some(ImportError::Refused(_)))
        || matches!(cause.downcast_ref(), Some(GarbageError::Strangers { .. } | GarbageError::Incomplete { .. }))
}

/// Ends the process where the command line was not understood, or asked for help.
pub(crate) fn usage(error: &clap::Error) -> ! {
    let json = std::env::args_os().any(|argument| argument == "--json");
    let message = error.to_string();
    if !json || !error.use_stderr() {
        if message.chars().all(is_fit_to_show) {
            error.exit();
        }
        terminal::complain(&message);
        std::process::exit(error.exit_code());
    }
    complain(true, message.strip_prefix("error: ").unwrap_or(&message).trim_end());
    std::process::exit(error.exit_code())
}

/// The code of an error.
pub(crate) fn code(error: &anyhow::Error) -> u8 {
    let mut causes = error.chain();
    let found = causes.find_map(|cause| {
        if let Some(error) = cause.downcast_ref::<PublishError>() {
            return of_publishing(error);
        }
        if let Some(error) = cause.downcast_ref::<GarbageError>() {
            return match error {
                GarbageError::Store(error) => of_store(error),
                GarbageError::Strangers { .. } | GarbageError::Incomplete { .. } => Some(REFUSED),
            };
        }
        #[cfg(feature = "deploy")]
        if let Some(code) = of_deploying(cause) {
            return Some(code);
        }
        match cause.downcast_ref::<ImportError>() {
            Some(ImportError::Store(error)) => of_store(error),
            Some(ImportError::Refused(_)) => Some(REFUSED),
            _ => cause.downcast_ref::<Refused>().map(|_| REFUSED).or_else(|| of_store(cause.downcast_ref()?)),
        }
    });
    found.unwrap_or(FAILED)
}

/// What would touch somebody else's stack, or delete what nobody agreed to.
#[cfg(feature = "deploy")]
fn of_deploying(cause: &(dyn std::error::Error + 'static)) -> Option<u8> {
    let foreign = matches!(cause.downcast_ref(), Some(StackError::Foreign { .. }));
    (foreign || cause.is::<NotAgreed>()).then_some(REFUSED)
}

fn of_publishing(error: &PublishError) -> Option<u8> {
    match error {
        PublishError::Refused(_) => Some(REFUSED),
        PublishError::Store(error) => of_store(error),
        _ => None,
    }
}

fn of_store(error: &StoreError) -> Option<u8> {
    matches!(error, StoreError::Moved { .. }).then_some(MOVED)
}
