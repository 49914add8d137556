//! `edgehop` over a data folder and a key-value store of a test's own.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use edgehop_tests::cloud;
use edgehop_tests::key_value_store::KeyValueStore;
use edgehop_tests::server::{command_line, folder};
use open::Stores;
use resolver::catalog::Component;
use resolver::query::CacheVocabulary;
use store::Catalog as _;

/// An operator's desk.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
    pub(crate) edge: KeyValueStore,
}

/// How a run of `edgehop` ended, and what it said.
pub(crate) struct Said {
    line: String,
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        Desk { folder: folder(), edge: KeyValueStore::start() }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Writes an artifact that no other name's is like; its path.
    pub(crate) fn artifact(&self, name: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, format!("{name}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(command_line());
        let own = |name: &str| name.starts_with("EDGEHOP_") || name.starts_with("AWS_");
        for (name, _) in std::env::vars_os().filter(|(name, _)| own(&name.to_string_lossy())) {
            command.env_remove(name);
        }
        // Whose credentials they are does not matter, but somebody's they must be.
        let aws = cloud::offline_environment();
        command.envs(aws).envs(self.edge.environment()).arg("--data").arg(self.data());
        command.args(line.split(' ')).stdin(Stdio::null());
        command
    }

    pub(crate) fn start(&self, line: &str) -> Child {
        self.command(line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    pub(crate) fn run(&self, line: &str) -> Said {
        let output = self.command(line).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { line: line.to_owned(), code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    pub(crate) fn done(&self, line: &str) -> String {
        let said = self.run(line);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
        said.out
    }

    pub(crate) fn publish(&self, component: &str, version: &str, options: &str) {
        let file = self.artifact(&format!("{component}-{version}"));
        self.done(format!("publish {component} {version} {file} {options}").trim_end());
    }

    /// The entries that the catalog comes to.
    pub(crate) fn due(&self) -> BTreeMap<String, String> {
        cloud::wait(async {
            let stores = Stores::embedded(&self.data()).unwrap();
            let mut components: Vec<Component> = Vec::new();
            for key in stores.catalog.components().await.unwrap() {
                components.extend(stores.catalog.component(&key).await.unwrap());
            }
            CacheVocabulary::of(&components).entries()
        })
    }

    /// That the list is what the catalog comes to.
    pub(crate) fn check(&self) {
        let mut there = self.edge.entries();
        there.retain(|key, _| key.starts_with("words"));
        assert_eq!(there, self.due());
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Said { line, code, out, err } = self;
        write!(f, "{line:?} exited with {code:?}\n--- said\n{out}\n--- complained\n{err}")
    }
}
