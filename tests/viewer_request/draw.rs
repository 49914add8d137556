//! Random questions: of the grammar, of the grammar with mistakes, and junk.

use fastrand::Rng;

/// A raw query, and the fields of `If-None-Match`.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) query: String,
    pub(crate) fields: Vec<String>,
}

/// Names of components and others, some of which mean something to an engine of JavaScript.
pub(crate) const NAMES: &[&str] = &[
    "scoreboard",
    "modemFW",
    "videoStreamer",
    "os_armv8",
    "a",
    "0",
    "12",
    "constructor",
    "d41d8cd9",
    "a-b",
    "a_b",
    "x1",
];
pub(crate) const ATTRIBUTES: &[&str] = &["gamer", "camera", "x.y", "-", "constructor"];
pub(crate) const FACTS: &[&str] = &["hw.rev", "hw.board", "a.b", "constructor.name", "_.x"];
pub(crate) const DIGESTS: &[&str] =
    &["d41d8cd98f00b204e9800998ecf8427e", "0cc175b9c0f1b6a831c399e269772661", "900150983cd24fb0d6963f7d28e17f72"];

/// What nothing can be called, or not quite.
const ODD_NAMES: &[&str] =
    &["__proto__", "_x", "x y", "attr", "attr x", ".a", "a.", "-", "hw..rev", "attrattr", "toString", "os", "ring", ""];
const VALUES: &[&str] = &["prod", "beta", "nightly", "3", "0x1f", "b2", "constructor"];
const VERSIONS: &[&str] = &["1.0", "2.0-RC1", "1.0+b2", "v5.6.30", "6.15.008", "1:2~3_4", "2024.11.30", "1.0 a b"];
const ODD_VALUES: &[&str] = &[
    "", " ", "a b", "a'b", "\u{212a}", "é", "😀", "\u{301}", "\u{200b}", "\"", "\\", "%", "\u{0}", "\n", "a\n", "..",
    "\u{1f}",
];
const PIECES: &[&str] = &[
    "&",
    "=",
    "%",
    "+",
    ",",
    "@",
    " ",
    "'",
    "\"",
    "/",
    "W/",
    "*",
    ".",
    "_",
    "-",
    ":",
    "\t",
    "é",
    "😀",
    "\u{212a}",
    "\u{2028}",
    "\\",
    "%00",
    "%2",
    "%zz",
    "%E2%84%AA",
    "%C3%28",
    "%ed%a0%80",
    "%f0%9f%98%80",
    "%C0%80",
    "%2B",
    "%26",
    "%3D",
    "os",
    "attr",
    "installed=",
    "have=",
    "cpuarch=a",
    "device=",
    "cohort=",
    "ring=",
    "delta=zstd",
    "p-7",
    "d41d8cd98f00b204e9800998ecf8427e",
];

pub(crate) fn question(rng: &mut Rng) -> Question {
    let mut question = Question { query: query(rng), fields: fields(rng) };
    match rng.u8(..10) {
        0..5 => {}
        5..8 => (0..rng.usize(1..5)).for_each(|_| mutate(rng, &mut question.query)),
        8 => question.query = junk(rng, 40),
        _ => {
            let start = if rng.bool() { "cpuArch=armv8&" } else { "cpuArch=armv8&installed=" };
            question.query = start.to_owned() + &junk(rng, 20);
        }
    }
    if rng.u8(..8) == 0 {
        question.fields.iter_mut().for_each(|field| mutate(rng, field));
    }
    question
}

fn query(rng: &mut Rng) -> String {
    let mut pairs: Vec<String> = Vec::new();
    if rng.u8(..10) < 8 {
        let arch = pick(rng, &["armv8", "ARMv8", "mips", "a_b", "-"]);
        pairs.push(pair(rng, "cpuArch", arch));
    }
    for _ in 0..rng.usize(..7) {
        let parameter = parameter(rng);
        pairs.push(parameter);
    }
    if rng.u8(..40) == 0 {
        pairs.extend(crowd(rng));
    }
    rng.shuffle(&mut pairs);
    pairs.join(if rng.u8(..10) == 0 { "&&" } else { "&" })
}

fn parameter(rng: &mut Rng) -> String {
    let value = if rng.u8(..20) == 0 { pick(rng, ODD_VALUES) } else { pick(rng, VALUES) };
    let name = pick(rng, NAMES);
    match rng.u8(..20) {
        0..3 => pair(rng, name, value),
        3..6 => {
            let key = format!("attr{}", pick(rng, ATTRIBUTES));
            pair(rng, &key, value)
        }
        6..8 => {
            let key = pick(rng, FACTS);
            let value = if rng.u8(..4) == 0 { pick(rng, &["fsl,imx8mm-evk", "a/b~c!", "50%"]) } else { value };
            pair(rng, key, value)
        }
        8 => {
            let key = pick(rng, ODD_NAMES);
            pair(rng, key, value)
        }
        9 => pair(rng, "os", value),
        10..12 => {
            let list: Vec<String> = (0..rng.usize(..4)).map(|_| entry(rng)).collect();
            let list = list.join(pick(rng, &[",", ", ", ",,", "\t,", "\r,"]));
            pair(rng, "installed", &list)
        }
        12..14 => {
            let list: Vec<String> = (0..rng.usize(..4)).map(|_| member(rng, 30)).collect();
            let list = list.join(pick(rng, &[",", ", ", " ,", "\n,", "\u{c},"]));
            pair(rng, "have", &list)
        }
        14 => {
            let device = ["SN-0042", "a:b@c/d=", "é", "", "x y", "Ünit", "{4d86}", "50%", "f0:9F:c2:15:AA:4b"];
            let device = pick(rng, &device).to_owned() + &rng.u16(..).to_string();
            pair(rng, "device", &device)
        }
        15 => {
            let cohort = pick(rng, &["0", "2", "007", "999", "1000", "", "-1", "3 ", "x"]);
            pair(rng, "cohort", cohort)
        }
        16 => {
            let ring = pick(rng, &["canary", "Early", "general", "HOLD", "late", ""]);
            pair(rng, "ring", ring)
        }
        17 => {
            let delta = pick(rng, &["zstd", "ZSTD", "xz", "xz,zstd", "zstd, xz", ""]);
            pair(rng, "delta", delta)
        }
        18 => {
            let kind = pick(rng, &["metadataOnly", "fullPayload", "METADATAONLY", "zip", ""]);
            pair(rng, "payloadType", kind)
        }
        _ => {
            let long = "x".repeat(*rng.choice(&[44, 45, 46, 47, 48, 49, 60, 61, 63, 64, 65, 127, 128, 129]).unwrap());
            match rng.u8(..4) {
                0 => pair(rng, &long, "prod"),
                1 => pair(rng, "device", &long),
                2 => pair(rng, "installed", &format!("{long}@{long}")),
                _ => {
                    let key = pick(rng, &["foo", "cpuArch", "hw.rev", "attrA", "os"]);
                    pair(rng, key, &long)
                }
            }
        }
    }
}

/// As many of a kind as just fit, or a few more.
fn crowd(rng: &mut Rng) -> Vec<String> {
    let several = rng.usize(60..130);
    match rng.u8(..4) {
        0 => (0..rng.usize(120..132)).map(|number| format!("k{number}=prod")).collect(),
        1 => {
            vec![format!("have={}", (0..several).map(|number| format!("{number:032x}")).collect::<Vec<_>>().join(","))]
        }
        2 => {
            vec![format!(
                "installed={}",
                (0..several).map(|number| format!("c{number}@1")).collect::<Vec<_>>().join(",")
            )]
        }
        _ => vec![format!("filler={}", "é".repeat(rng.usize(1_990..2_060)))],
    }
}

fn entry(rng: &mut Rng) -> String {
    let name = match rng.u8(..12) {
        0 => pick(rng, ODD_NAMES),
        1..4 => "os",
        _ => pick(rng, NAMES),
    };
    let version = if rng.u8(..12) == 0 { pick(rng, ODD_VALUES) } else { pick(rng, VERSIONS) };
    let at = if rng.u8(..25) == 0 { pick(rng, &["", "@@"]) } else { "@" };
    cased(rng, name) + at + version
}

/// A digest in some dress; one in so many is another tag, or none.
fn member(rng: &mut Rng, odd: u8) -> String {
    if rng.u8(..odd) == 0 {
        let other = [
            "\"p-77\"",
            "W/\"m-1\"",
            "w/\"x\"",
            "*",
            "junk",
            "\"open",
            "\"a,b\"",
            "\"\"",
            "\"é\"",
            "\" \"",
            "W/",
            "\"",
            "a\"b",
        ];
        return pick(rng, &other).to_owned();
    }
    let digest = match rng.u8(..8) {
        0 => format!("{:032x}", rng.u128(..)),
        1 => format!("d41d8cd9{:024x}", rng.u64(..)),
        _ => pick(rng, DIGESTS).to_owned(),
    };
    let digest = cased(rng, &digest);
    match rng.u8(..7) {
        0 | 1 => digest,
        2 | 3 => format!("\"{digest}\""),
        4 => format!("W/\"{digest}\""),
        5 => format!(" w/{digest}\t"),
        _ => format!("\" {digest} \""),
    }
}

fn fields(rng: &mut Rng) -> Vec<String> {
    let count = *rng.choice(&[0, 0, 0, 1, 1, 1, 2, 3]).unwrap();
    let mut fields: Vec<String> = (0..count)
        .map(|_| {
            let list: Vec<String> = (0..rng.usize(..4)).map(|_| member(rng, 3)).collect();
            list.join(pick(rng, &[",", ", ", ",,", "\t, "]))
        })
        .collect();
    if rng.u8(..100) == 0 {
        fields.push(match rng.u8(..3) {
            0 => "x".repeat(rng.usize(5_000..5_200)),
            1 => "é".repeat(rng.usize(2_540..2_580)),
            _ => (0..rng.usize(60..68)).map(|number| format!("\"{number:032x}\"")).collect::<Vec<_>>().join(","),
        });
    }
    fields
}

/// A key and a value in some spelling.
fn pair(rng: &mut Rng, key: &str, value: &str) -> String {
    let key = cased(rng, key);
    let value = if key.eq_ignore_ascii_case("installed") { value.to_owned() } else { cased(rng, value) };
    let escapes = *rng.choice(&[0, 0, 0, 0, 10, 100]).unwrap();
    format!("{}={}", escaped(rng, &key, escapes), escaped(rng, &value, escapes))
}

fn cased(rng: &mut Rng, text: &str) -> String {
    match rng.u8(..4) {
        0 => text.to_ascii_uppercase(),
        1 => text.chars().map(|c| if rng.bool() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect(),
        _ => text.to_owned(),
    }
}

/// What must be escaped is, as a rule, and what need not be so often out of a hundred.
fn escaped(rng: &mut Rng, text: &str, often: u8) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        let must = "&=%+# ".contains(c) || c.is_control();
        match c {
            ' ' if rng.bool() => escaped.push('+'),
            c if rng.u8(..100) < often || must && rng.u8(..50) > 0 => {
                let upper = rng.bool();
                for byte in c.to_string().bytes() {
                    escaped += &if upper { format!("%{byte:02X}") } else { format!("%{byte:02x}") };
                }
            }
            c => escaped.push(c),
        }
    }
    escaped
}

fn mutate(rng: &mut Rng, text: &mut String) {
    let mut letters: Vec<char> = text.chars().collect();
    let at = rng.usize(..=letters.len());
    match rng.u8(..5) {
        0 if at < letters.len() => _ = letters.remove(at),
        1 => letters.truncate(at),
        2 if !letters.is_empty() => {
            let from = rng.usize(..letters.len());
            let copy: Vec<char> = letters[from..(from + rng.usize(..12)).min(letters.len())].to_vec();
            letters.splice(at..at, copy);
        }
        _ => {
            let piece = pick(rng, PIECES);
            letters.splice(at..at, piece.chars());
        }
    }
    *text = letters.into_iter().collect();
}

fn junk(rng: &mut Rng, most: usize) -> String {
    (0..rng.usize(..most))
        .map(|_| if rng.u8(..4) == 0 { rng.char(..).to_string() } else { pick(rng, PIECES).to_owned() })
        .collect()
}

fn pick<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    rng.choice(from).unwrap()
}
