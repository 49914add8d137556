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
