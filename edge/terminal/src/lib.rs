//! Standard output and standard error: nothing is written there that was not made fit to be shown.
#![expect(clippy::disallowed_methods, reason = "every other module writes by these functions")]

use std::io::{self, IsTerminal as _};

use resolver::words::{fit_to_show, json_fit_to_show};

/// Writes text to standard output.
pub fn say(text: &str) -> io::Result<()> {
    write(io::stdout().lock(), &fit_to_show(text))
}

/// Writes JSON to standard output.
pub fn say_json(json: &str) -> io::Result<()> {
    write(io::stdout().lock(), &json_fit_to_show(json))
}

/// Writes text to standard error. Where nobody reads it, the work goes on.
pub fn complain(text: &str) {
    let _ = write(io::stderr().lock(), &fit_to_show(text));
}

/// Writes JSON to standard error. Where nobody reads it, the work goes on.
pub fn complain_json(json: &str) {
    let _ = write(io::stderr().lock(), &json_fit_to_show(json));
}

/// Returns true if a person sees what is written to standard error.
pub fn is_watched() -> bool {
    io::stderr().is_terminal()
}

fn write(mut to: impl io::Write, text: &str) -> io::Result<()> {
    to.write_all(text.as_bytes())?;
    to.flush()
}
