//! A table notes where the CDN looks words up, and publishing goes by the note.

use std::process::{Command, Output, Stdio};

use aws::DynamoCatalog;
use edgehop_tests::cloud::{Cloud, patient_clients, wait};
use edgehop_tests::key_value_store::{ARN, KeyValueStore};
use edgehop_tests::server::{command_line, folder};

struct Deployed {
    cloud: Cloud,
    edge: KeyValueStore,
}

impl Deployed {
    /// Nobody says where words are looked up.
    fn run(&self, line: &str) -> Output {
        let mut command = Command::new(command_line());
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(self.cloud.environment()).envs(self.edge.environment()).env_remove("EDGEHOP_KNOWN_WORDS");
        command.args(line.split(' ')).stdin(Stdio::null()).output().unwrap()
    }

    fn done(&self, line: &str) -> String {
        let Output { status, stdout, stderr } = self.run(line);
        assert!(status.success(), "{line}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    }

    fn words(&self) -> String {
        self.edge.entries().get("words").cloned().unwrap_or_default()
    }
}

#[test]
fn whoever_publishes_into_a_table_finds_the_list_there() {
    let deployed = Deployed { cloud: Cloud::new(), edge: KeyValueStore::start() };
    let place = format!("kvs:{ARN}");
    let folder = folder();
    let file = folder.path().join("app");
    std::fs::write(&file, "an artifact").unwrap();
    let file = file.to_str().unwrap();

    // Where nothing is noted nobody is told.
    deployed.done(&format!("publish app 1.0 {file} --channel prod"));
    assert_eq!((deployed.words(), deployed.edge.calls().len()), (String::new(), 0));
    let nowhere = deployed.run("known-words");
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("give --known-words kvs:ARN"));

    wait(async {
        let table = DynamoCatalog::new(patient_clients().await.dynamodb, &deployed.cloud.table);
        // Twice, as whoever deploys twice does.
        table.add_vocabulary_store(&place).await.unwrap();
        table.add_vocabulary_store(&place).await.unwrap();
        assert_eq!(table.vocabulary_stores().await.unwrap(), [&*place]);
    });
    deployed.done(&format!("publish other 1.0 {file} --channel prod --attribute gamer"));
    for word in ["app", "other", "attrgamer"] {
        assert!(deployed.words().contains(&format!(" {word} ")), "{}", deployed.words());
    }
    assert!(deployed.done("known-words").contains("knows the catalog's"));
    assert!(deployed.done("releases").contains("other"), "the note is no component");

    // A place that is gone keeps nobody from telling the other, whichever comes first.
    let gone = "kvs:arn:aws:cloudfront::123456789012:key-value-store/0-gone";
    wait(async {
        let table = DynamoCatalog::new(patient_clients().await.dynamodb, &deployed.cloud.table);
        table.add_vocabulary_store(gone).await.unwrap();
    });
    for (line, word) in [
        (format!("publish third 1.0 {file} --channel prod"), "third"),
        ("channel set third beta 1.0 --attribute odd".to_owned(), "attrodd"),
    ] {
        let said = deployed.run(&line);
        let complained = String::from_utf8_lossy(&said.stderr);
        assert!(complained.contains(&format!("edgehop known-words --forget {gone}")), "{complained}");
        assert_eq!((said.status.code(), complained.lines().count()), (Some(1), 1), "{complained}");
        assert!(deployed.words().contains(&format!(" {word} ")), "{}", deployed.words());
    }
    let pushed = deployed.run("known-words --push");
    assert!(String::from_utf8_lossy(&pushed.stdout).contains("knows the catalog's"), "{pushed:?}");
    assert!(String::from_utf8_lossy(&pushed.stderr).contains("--forget") && pushed.status.code() == Some(1));
    deployed.done(&format!("known-words --forget {gone}"));
    deployed.done("channel set third beta 1.0");

    deployed.done(&format!("known-words --forget {place}"));
    deployed.edge.calls();
    deployed.done("channel set other beta 1.0");
    assert_eq!(deployed.edge.calls(), [""; 0]);
}
