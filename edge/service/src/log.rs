use std::io::{self, Write};

use resolver::words::json_fit_to_show;

/// Standard error for a log in JSON: each line is made fit to be shown, and programs read the same from it.
#[derive(Debug)]
pub struct JsonLog;

impl Write for JsonLog {
    /// Writes whole lines, as they come from `tracing`.
    #[expect(clippy::disallowed_methods, reason = "here it is made fit")]
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        io::stderr().lock().write_all(json_fit_to_show(&String::from_utf8_lossy(lines)).as_bytes())?;
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
