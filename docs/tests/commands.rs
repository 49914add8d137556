//! The book's commands, run as they stand, but for addresses: each page in a folder of its own, beside a server of its own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use edgehop_tests::server::{self, Server, command_line};
use edgehop_tests::tools;

use crate::blocks::blocks;
use crate::{pages, root};

/// Size of a file that a block publishes.
const FILE_BYTES: usize = 20_000;

#[test]
fn the_commands_of_the_book_do_what_they_say() {
    let mut count = 0;
    for page in pages() {
        let blocks: Vec<_> = blocks(&page).into_iter().filter(|block| block.mark.is_none()).collect();
        if blocks.is_empty() {
            continue;
        }
        let (server, folder) = (Server::start(&["--sample-size", "4096"]), server::folder());
        for recipe in ["update.sh", "verify.sh"] {
            fs::copy(root().join("edge/device").join(recipe), folder.path().join(recipe)).unwrap();
        }
        symlink(command_line(), folder.path().join("edgehop")).unwrap();
        for block in &blocks {
            run(&page, &block.text, folder.path(), &server);
        }
        count += blocks.len();
    }
    assert!(count > 10, "only {count} blocks were run");
}

/// Runs a block after making the files that it publishes.
fn run(page: &str, text: &str, folder: &Path, server: &Server) {
    for name in text.split_whitespace().filter(|word| word.ends_with(".bin")) {
        let file = folder.join(name);
        if !file.exists() {
            fs::write(file, std::iter::repeat_with(|| fastrand::u8(..)).take(FILE_BYTES).collect::<Vec<_>>()).unwrap();
        }
    }
    // A line that is to fail says how.
    let lines = text.lines().map(|line| match line.split_once("# exit code ") {
        Some((command, code)) => format!("{command} && exit 1; [ $? = {} ]", &code[..1]),
        None => line.to_owned(),
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    let text = text.replace("127.0.0.1:8080", &server.address().to_string());
    let text = text.replace("127.0.0.1:8081", &server.metrics().to_string());
    let curl = tools::command("curl");
    let mut shell = Command::new("sh");
    shell.envs(curl.get_envs().filter_map(|(name, value)| Some((name, value?))));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("EDGEHOP_")) {
        shell.env_remove(name);
    }
    let own = [folder, Path::new(curl.get_program()).parent().unwrap()].map(Path::to_owned);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path))).unwrap();
    shell.env("PATH", path).env("EDGEHOP_DATA", server.data()).current_dir(folder);
    let output = shell.args(["-e", "-c", &text]).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{page}: {}\n{text}\n{}", output.status, String::from_utf8_lossy(&said));
}

#[test]
fn the_servers_command_lines_are_understood() {
    let mut lines = Vec::new();
    for page in ["docs/src/guides/proxies.md", "docs/src/guides/systemd/edgehop.service"] {
        let text = crate::read(page);
        let found = text.lines().filter_map(|line| Some(line.split_once("edgehop-server --")?.1.to_owned()));
        lines.extend(found.map(|line| format!("--{line}")));
    }
    let container = crate::read("docs/src/guides/systemd/Dockerfile");
    let entry = container.lines().find_map(|line| line.strip_prefix("ENTRYPOINT [\"edgehop-server\", ")).unwrap();
    lines.push(entry.replace(['"', ',', ']'], ""));
    assert_eq!(lines.len(), 3);
    for line in lines {
        // Words before --help are read first, so an option that is not there is an error.
        let output = Command::new(server::binary()).args(line.split(' ')).arg("--help").output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
    }
}
