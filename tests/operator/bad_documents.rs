//! Catalogs in TOML that cannot be imported: the plan is refused, shown or to be carried out, and nothing is changed.

use std::fs;
use std::process::Stdio;

use crate::desk::{Desk, NEVER, Said};

/// `mod` 1.0 and 2.0, with `prod` at 1.0, and their document.
fn desk() -> (Desk, String) {
    let desk = Desk::new();
    desk.publish("mod", "1.0", "--channel prod --attribute gamer");
    desk.publish("mod", "2.0", "--from '>=1.0' --notes 'better'");
    let document = desk.done("export");
    (desk, document)
}

/// That a document is refused in both forms of the verb.
fn check(desk: &Desk, document: &str, code: i32, parts: &[&str]) {
    desk.write("given.toml", document);
    for line in ["import given.toml", "import given.toml --apply"] {
        let said = desk.refused(line, code, parts);
        assert!(said.starts_with("edgehop: cannot import given.toml"), "{said}");
    }
}

#[test]
fn what_is_no_document_is_refused() {
    let (desk, document) = desk();
    let toml = "it is not a catalog in TOML, as `edgehop export` writes it";
    for (text, part) in [
        ("[[[", "line 1, column"),
        ("mod", "line 1, column"),
        ("{\"mod\": {}}", "line 1, column"),
        ("mod = 5", "line 1, column"),
        ("[os]\n", "\"os\" is not a component name"),
        (&document.replace("published =", "publisht ="), "missing field `published`"),
        (&document.replace("version = \"2.0\"", "version = \"2 0\""), "\"2 0\" is not a version"),
        (&document.replace("from = \">=1.0\"", "from = \"1.0\""), "\"1.0\" is not a range of versions"),
        (&document.replace("size = 3000", "size = \"3000\""), "invalid type"),
        (&document.replace("channel.prod", "channel.Prod"), "\"Prod\" is not a channel"),
        (&document.replace("published = \"", "published = \"x"), "published"),
    ] {
        assert_ne!(text, document);
        check(&desk, text, 1, &[toml, part]);
    }
    desk.refused("import nowhere.toml", 1, &["cannot read nowhere.toml", "No such file"]);
    desk.refused("import edgehop-data", 1, &["cannot read edgehop-data", "Is a directory"]);
    desk.write("noise.toml", [0xff; 100]);
    desk.refused("import noise.toml", 1, &["cannot read noise.toml", "it is no text"]);
}

#[test]
fn every_key_must_mean_something() {
    let (desk, document) = desk();
    for (there, written, named) in [
        ("from =", "frm =", "mod.release.1.frm"),
        ("attributes =", "attribute =", "mod.channel.prod.attribute"),
        ("size = 3000", "size = 3000\nlength = 3000", "mod.release.0.artifact.length"),
        ("[mod.channel.prod]", "[mod]\nowner = \"us\"\n[mod.channel.prod]", "mod.owner"),
        ("[mod.channel.prod]", "[mod.channels.prod]", "mod.channels"),
    ] {
        let text = document.replacen(there, written, 1);
        assert_ne!(text, document);
        check(&desk, &text, 1, &["it has keys that mean nothing", named, "see `edgehop export`"]);
    }
}

#[test]
fn records_that_contradict_themselves_are_refused() {
    let (desk, document) = desk();
    let at = document.find("[[mod.release]]").unwrap();
    check(&desk, &format!("{document}\n{}", &document[at..]), 1, &["mod 1.0 is in it twice"]);

    let hash = |text: &str| text.find("sha256 = \"").unwrap() + "sha256 = \"".len();
    let mut other = document.clone();
    other.replace_range(hash(&document)..hash(&document) + 64, &"1".repeat(64));
    let taken = ["nothing was changed", "mod 1.0 is published already with other bytes", "under another version"];
    check(&desk, &other, 1, &taken);

    let lost = other.replace("mod", "new");
    let record = "the bytes of new 1.0 are not as its record says: `edgehop publish` brings both";
    let missing = format!("blobs/{} is missing from the artifact store", "1".repeat(64));
    check(&desk, &lost, 1, &["nothing was changed", record, &missing]);
    // Bytes that are there may have another name; but they have their size.
    let grown = document.replace("mod", "new").replace("size = 3000", "size = 3001");
    check(&desk, &grown, 1, &["nothing was changed", record, "its length is not what the record says"]);
    let longer = document.replace("md5 = \"", "md5 = \"0");
    check(&desk, &longer, 1, &["it is not a catalog in TOML", "32 hexadecimal digits"]);
}

#[test]
fn a_document_that_strands_is_refused() {
    let (desk, document) = desk();
    let onwards = document.replace("target = \"1.0\"", "target = \"2.0\"");
    let gap = onwards.replace("from = \">=1.0\"", "from = \">=1.5\"");
    let stranded = ["nothing was changed", "mod stays as it is", "1.0 is stranded on prod", "over >=1.5, not over 1.0"];
    check(&desk, &gap, 3, &stranded);
    let circle = document.replace("from = \">=1.0\"", "from = \">=2.0\"");
    check(&desk, &circle, 3, &["2.0 is installed over >=2.0", "a circle"]);
    let dangling = document.replace("target = \"1.0\"", "target = \"9.9\"");
    check(&desk, &dangling, 3, &["prod points at 9.9, which is not published", NEVER]);
    let spelling = document.replace("version = \"2.0\"", "version = \"1.0.0\"");
    check(&desk, &spelling, 3, &["1.0 and 1.0.0 are one version in two spellings"]);
    // The same document less the mistake is carried out, and then there is nothing to do.
    desk.write("given.toml", &onwards);
    assert!(desk.done("import given.toml").contains("--apply does it"));
    assert!(desk.done("import given.toml --apply").ends_with("done\n"));
    assert_eq!(desk.done("import given.toml"), "nothing to change\n");
    desk.done("check");
}

#[test]
fn a_signature_in_a_document_must_hold() {
    let desk = Desk::new();
    for name in ["a", "b", "c"] {
        desk.key(name);
    }
    let file = desk.signed("fw", "1.0", "a");
    desk.done(&format!("publish fw 1.0 {file} --trusts a.pub --trusts b.pub --channel prod"));
    let document = desk.done("export");
    let line = |name: &str| desk.read(&format!("{name}.pub")).lines().nth(1).unwrap().to_owned();
    let signature = desk.read("fw-1.0.bin.minisig").lines().nth(1).unwrap().to_owned();
    let flipped: String = signature.chars().enumerate().map(|(at, c)| if at == 40 { next(c) } else { c }).collect();
    let refused = "the signature of fw 1.0 is refused";
    check(&desk, &document.replace(&signature, &flipped), 1, &[refused, "the signature does not hold"]);
    let key = format!("key = \"{}\"", line("a"));
    let by = |name: &str| document.replace(&key, &format!("key = \"{}\"", line(name)));
    check(&desk, &by("b"), 1, &[refused, "the signature is by key", "give the public key of"]);
    check(&desk, &by("c"), 1, &[refused, "that made the signature is unknown", "no release of fw trusts it"]);
    let lines = document.replace("\ntrusted comment: ", "\ncomment: ");
    check(&desk, &lines, 1, &["it is not a catalog in TOML", "line 3 of the minisign signature"]);
    // Under another name it is about another release.
    check(&desk, &document.replace("[fw", "[gw").replace("[[fw", "[[gw"), 1, &["for component fw, not gw"]);
}

/// What a published release trusts is what its bytes do.
#[test]
fn a_document_does_not_say_what_bytes_trust() {
    let desk = Desk::new();
    for name in ["a", "b"] {
        desk.key(name);
    }
    let file = desk.signed("fw", "1.0", "a");
    desk.done(&format!("publish fw 1.0 {file} --trusts a.pub --channel prod"));
    let document = desk.done("export");
    let line = |name: &str| desk.read(&format!("{name}.pub")).lines().nth(1).unwrap().to_owned();
    let trusts = |keys: &str| document.replace(&format!("trusts = [\"{}\"]", line("a")), keys);
    for keys in [format!("trusts = [\"{}\", \"{}\"]", line("a"), line("b")), "trusts = []".to_owned()] {
        let changed = trusts(&keys);
        assert_ne!(changed, document);
        check(&desk, &changed, 3, &["fw stays as it is", "1.0 is published, so what it trusts cannot change"]);
    }
}

#[test]
fn a_fragment_is_of_its_own_artifact() {
    let (desk, document) = desk();
    let fragment = |version: &str| {
        let releases = desk.json("releases mod");
        let found = releases["mod"].as_array().unwrap().iter().find(|release| release["version"] == version).cloned();
        let fragment = found.unwrap()["artifact"]["fragment"].clone();
        format!("sha256 = {}\nsize = {}\n", fragment["sha256"], fragment["size"])
    };
    let (first, second) = (fragment("1.0"), fragment("2.0"));
    assert_ne!(first, second);
    let other = document.replace(&second, &first);
    assert_ne!(other, document);
    let parts = ["nothing was changed", "the bytes of mod 2.0 are not as its record says", "is no fragment of blobs/"];
    check(&desk, &other, 1, &parts);
    // Nor is a part of it, and under another name it is none either.
    let short = second.replace("size = ", "size = 1 #");
    check(&desk, &document.replace(&second, &short), 1, &parts);
    check(&desk, &other.replace("mod", "new"), 1, &["the bytes of new 2.0", parts[2]]);
}

#[test]
fn checksums_stay_as_they_are() {
    let (desk, document) = desk();
    let line = document.lines().find(|line| line.starts_with("crc32")).unwrap();
    let parts = ["nothing was changed", "the bytes of mod 1.0 are not as its record says", "its CRC-32 is not what"];
    check(&desk, &document.replace(line, "crc32 = 12345"), 1, &parts);
    let line = document.lines().find(|line| line.starts_with("md5")).unwrap();
    let md5 = format!("md5 = \"{}\"", "1".repeat(32));
    check(&desk, &document.replace(line, &md5), 1, &[parts[0], parts[1], "its MD5 is not what the record says"]);
}

#[test]
fn what_was_withdrawn_is_not_offered_again() {
    let (desk, before) = desk();
    desk.done("yank mod 2.0 --reason 'drains the battery'");
    check(&desk, &before, 1, &["nothing was changed", "mod 2.0 was withdrawn, and stays so"]);
}

#[test]
fn a_component_is_in_a_document_once() {
    let (desk, document) = desk();
    let other = document.replace("mod", "MOD").replace("channel.prod", "channel.beta");
    let changed = document.replace("attributes = [\"gamer\"]", "attributes = [\"x\"]");
    assert_ne!(changed, document);
    check(&desk, &(changed + &other), 1, &["mod is in it twice"]);
}

#[test]
fn what_was_signed_is_not_lowered() {
    let desk = Desk::with_minimum();
    let document = desk.done("export");
    let parts = ["nothing was changed", "2.0 may be installed below 1.5, which its signature does not allow", NEVER];
    for from in ["from = \">=1.0\"\n", ""] {
        let lowered = document.replace("from = \">=1.5\"\n", from);
        assert_ne!(lowered, document);
        check(&desk, &lowered, 3, &parts);
    }
}

fn next(c: char) -> char {
    if c == 'x' { 'y' } else { 'x' }
}

#[test]
fn standard_input_is_a_document_too() {
    let (desk, document) = desk();
    let import = |text: &[u8]| {
        desk.write("stdin", text);
        let stdin = Stdio::from(fs::File::open(desk.path("stdin")).unwrap());
        Said::of("import -", desk.command("import -").stdin(stdin).output().unwrap())
    };
    assert_eq!(import(document.as_bytes()).out, "nothing to change\n");
    import(b"[[[").check_refusal(1, &["cannot import -", "line 1, column"]);
    import(&[0xff; 10]).check_refusal(1, &["cannot read standard input"]);
    import(&vec![b'#'; (16 << 20) + 1]).check_refusal(1, &["- is too large", "16777216 bytes at most"]);
    desk.write("large.toml", vec![b'#'; (16 << 20) + 1]);
    desk.run("import large.toml").check_refusal(1, &["cannot read large.toml", "longer than 16777216 bytes"]);
}
