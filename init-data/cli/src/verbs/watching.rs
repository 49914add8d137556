use std::time::Duration;

use deployment::stack::Told;
use indicatif::{ProgressBar, ProgressStyle};
use resolver::words::{fit_to_show, line_fit_to_show};

/// How often the picture moves.
const TICK: Duration = Duration::from_millis(120);

/// Shows whoever waits what is being done: a line an event, and on a terminal the time below them. With `--json`, nothing.
#[derive(Debug)]
pub(crate) struct Watching {
    quiet: bool,
    bar: Option<ProgressBar>,
    done: usize,
}

impl Watching {
    pub(crate) fn new(json: bool) -> Watching {
        let terminal = !json && terminal::is_watched();
        Watching { quiet: json, bar: terminal.then(bar), done: 0 }
    }

    /// Shows a step, or an event.
    pub(crate) fn tell(&mut self, told: &Told<'_>) {
        match told {
            Told::Step(step) => {
                self.say(step);
                self.below((*step).to_owned());
            }
            Told::Event(event) => {
                self.say(&format!("  {event}"));
                self.done += usize::from(event.is_done() && !event.is_stacks());
                self.below(format!("{} resources done; {} {}", self.done, event.resource, event.state));
            }
        }
    }

    /// Shows some lines.
    pub(crate) fn say(&self, text: &str) {
        for line in fit_to_show(text).lines().filter(|_| !self.quiet) {
            match &self.bar {
                Some(bar) => bar.println(line),
                None => terminal::complain(&format!("{line}\n")),
            }
        }
    }

    /// Leaves nothing but the lines.
    pub(crate) fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn below(&self, text: String) {
        self.bar.iter().for_each(|bar| bar.set_message(line_fit_to_show(&text).into_owned()));
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.end();
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}");
    let bar = ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(TICK);
    bar
}
