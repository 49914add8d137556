//! The catalog's file, as somebody sees it who opens it with other tools.

use std::path::Path;

use edgehop_tests::tools;

/// Runs SQL statements on a catalog's file, as another process.
pub(crate) fn edit(file: &Path, statements: &str) {
    let program = "import sqlite3, sys\n\
                   catalog = sqlite3.connect(sys.argv[1], timeout=10)\n\
                   catalog.executescript(sys.argv[2])\n\
                   catalog.commit()\n\
                   catalog.close()";
    let done = tools::command("python3").args(["-c", program]).arg(file).arg(statements).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
