use std::path::PathBuf;

use anyhow::Context as _;
use clap::Command;
use clap_complete::Shell;

use super::report::print;

/// `edgehop completions`.
#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// `edgehop man`.
#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// The folder for one page a verb, edgehop.1 and edgehop-<verb>.1 [default: edgehop.1 to standard output]
    folder: Option<PathBuf>,
}

impl CompletionsArgs {
    pub(crate) fn run(self, mut command: Command) -> anyhow::Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "edgehop", &mut script);
        print(&String::from_utf8_lossy(&script))
    }
}

impl ManArgs {
    pub(crate) fn run(self, command: Command) -> anyhow::Result<()> {
        match self.folder {
            None => {
                let mut page = Vec::new();
                let manual = clap_mangen::Man::new(command.disable_help_subcommand(true));
                manual.render(&mut page).context("cannot write the page")?;
                print(&String::from_utf8_lossy(&page))
            }
            Some(folder) => {
                let failed = || format!("cannot write pages into {}", folder.display());
                std::fs::create_dir_all(&folder).with_context(failed)?;
                clap_mangen::generate_to(command, &folder).with_context(failed)
            }
        }
    }
}

#[cfg(all(test, feature = "deploy"))]
mod tests {
    use clap::{Command, CommandFactory as _};

    /// The book's page of the command line, from the top folder.
    const PAGE: &str = "docs/src/reference/command-line.md";

    const HEAD: &str = "# Command line

This page is what `edgehop help` says, verb by verb. The options of the first block may stand after any verb.
";

    /// Writes the help of a command and of its verbs, each under a heading.
    fn write(page: &mut String, name: &str, command: &Command) {
        let verbs: Vec<_> = command.get_subcommands().filter(|verb| verb.get_name() != "help").collect();
        let plain = command.clone().mut_args(|argument| argument.hide_env_values(true)).bin_name(name).term_width(100);
        let help = plain.disable_help_flag(true).disable_version_flag(true).render_long_help().to_string();
        let lines: Vec<_> = help.lines().map(str::trim_end).collect();
        *page += &format!("\n## {name}\n\n```text\n{}\n```\n", lines.join("\n").trim_end());
        verbs.into_iter().for_each(|verb| write(page, &format!("{name} {}", verb.get_name()), verb));
    }

    #[test]
    fn the_books_page_of_the_command_line_is_what_clap_says() {
        let mut page = HEAD.to_owned();
        write(&mut page, "edgehop", &crate::Arguments::command());
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(PAGE);
        if std::env::var_os("EDGEHOP_UPDATE").is_some() {
            std::fs::write(&file, &page).unwrap();
        }
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            written == page,
            "{PAGE} is out of date: EDGEHOP_UPDATE=1 cargo test --package edgehop-cli -- the_books_page"
        );
    }
}
