use std::fmt;
use std::io::IsTerminal as _;

use resolver::words::line_fit_to_show;
use service::JsonLog;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{DefaultFields, Writer};

use crate::settings::{LogFormat, Settings};

/// Starts logging to standard error.
#[expect(clippy::disallowed_methods, reason = "fields are made fit to be shown; the rest is the log's own")]
pub(crate) fn start(settings: &Settings) {
    let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(&settings.log)).with_target(false);
    match settings.log_format {
        LogFormat::Text => {
            let log = log.with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
            log.fmt_fields(LineFields).init();
        }
        LogFormat::Json => log.json().flatten_event(true).with_writer(|| JsonLog).init(),
    }
}

/// Formatter that makes message and fields of an event fit to be shown within its line.
struct LineFields;

impl<'w> FormatFields<'w> for LineFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut text = String::new();
        DefaultFields::new().format_fields(Writer::new(&mut text), fields)?;
        writer.write_str(&line_fit_to_show(&text))
    }
}
