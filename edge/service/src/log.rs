use std::io::{self, Write};

use resolver::words::json_fit_to_show;

/// Standard error for a log in JSON, which makes each line fit to be shown without changing its JSON values.
#[derive(Debug)]
pub struct JsonLog;

impl Write for JsonLog {
    /// Writes whole lines, which `tracing` guarantees.
    #[expect(clippy::disallowed_methods, reason = "here it is made fit")]
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        io::stderr().lock().write_all(json_fit_to_show(&String::from_utf8_lossy(lines)).as_bytes())?;
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
