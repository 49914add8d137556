//! Somebody else with the catalog open, who holds the right to write.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use edgehop_tests::tools;

const PROGRAM: &str = "import sqlite3, sys
catalog = sqlite3.connect(sys.argv[1], isolation_level=None)
catalog.execute('BEGIN IMMEDIATE')
print('held', flush=True)
sys.stdin.readline()";

/// A catalog in which nobody can write until this is dropped.
pub(crate) struct Held(Child);

impl Held {
    pub(crate) fn new(data: &Path) -> Self {
        let mut python = tools::command("python3");
        python.args(["-c", PROGRAM]).arg(data.join("catalog.sqlite"));
        let mut process = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "held\n");
        Held(process)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // It ends with its standard input.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
