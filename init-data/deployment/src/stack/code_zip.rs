use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

use resolver::words::Sha256;
use zip::ZipArchive;
use zip::result::ZipError;

/// Most bytes of a function's code, unpacked (Lambda developer guide, "Lambda quotas": 250 MB). Uploaded by way of S3, the
/// zip itself may be as large; the 50 MB of that page are for zips that are sent to Lambda directly.
const MAX_UNZIPPED_BYTES: u64 = 250 << 20;

/// What Lambda starts in a function that brings its own runtime (Lambda developer guide, "OS-only runtime").
const BOOTSTRAP: &str = "bootstrap";

/// How many bytes of a program say what it is for: the head of an ELF file as far as `e_machine`.
const HEAD_BYTES: usize = 20;

/// How one makes such a zip.
pub(super) const HOW: &str = "make it with `cargo lambda build --package edgehop-lambda --profile lambda --output-format zip`, with --arm64 for arm64";

/// What a function runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// `arm64`
    Arm64,
    /// `x86_64`
    X86,
}

/// A function's code, read and found good.
#[derive(Debug, Clone)]
pub struct CodeZip {
    /// The zip's bytes.
    pub bytes: Vec<u8>,
    /// SHA-256 of them.
    pub sha256: Sha256,
    /// What its program runs on.
    pub architecture: Architecture,
}

/// No code that Lambda can run.
#[derive(Debug, thiserror::Error)]
#[error("--code {}: {problem}", file.display())]
pub struct InvalidCode {
    file: PathBuf,
    problem: String,
}

impl Architecture {
    /// As Lambda spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Architecture::Arm64 => "arm64",
            Architecture::X86 => "x86_64",
        }
    }
}

impl CodeZip {
    /// Reads a zip. It must have a program for Linux at its root, called `bootstrap`.
    pub fn read(file: &Path) -> Result<CodeZip, InvalidCode> {
        let invalid = |problem: String| InvalidCode { file: file.to_owned(), problem };
        let opened = File::open(file).map_err(|error| invalid(error.to_string()))?;
        let size = opened.metadata().map_err(|error| invalid(error.to_string()))?.len();
        if size > MAX_UNZIPPED_BYTES {
            return Err(invalid(too_large(size)));
        }
        let architecture = inspect(&opened).map_err(invalid)?;
        let bytes = std::fs::read(file).map_err(|error| invalid(error.to_string()))?;
        let sha256 = Sha256::of(&bytes);
        Ok(CodeZip { bytes, sha256, architecture })
    }
}

/// What the program in a zip runs on.
fn inspect(file: &File) -> Result<Architecture, String> {
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| match error {
        ZipError::Io(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => error.to_string(),
        _ => format!("this is no zip; {HOW}"),
    })?;
    let mut unzipped = 0_u64;
    for at in 0..archive.len() {
        let entry = archive.by_index_raw(at).map_err(|error| format!("this zip is damaged: {error}; {HOW}"))?;
        unzipped = unzipped.saturating_add(entry.size());
    }
    if unzipped > MAX_UNZIPPED_BYTES {
        return Err(too_large(unzipped));
    }
    let mut program = match archive.by_name(BOOTSTRAP) {
        Ok(program) if program.is_file() => program,
        Ok(_) | Err(ZipError::FileNotFound) => {
            return Err(format!("there is no program called {BOOTSTRAP} at the root of this zip; {HOW}"));
        }
        Err(error) => return Err(format!("{BOOTSTRAP} cannot be read: {error}; {HOW}")),
    };
    if program.unix_mode().is_none_or(|mode| mode & 0o111 == 0) {
        return Err(format!(
            "{BOOTSTRAP} is not marked as executable in this zip, so Lambda could not start it; {HOW}"
        ));
    }
    let mut head = [0; HEAD_BYTES];
    let read = program.read_exact(&mut head);
    read.ok().and_then(|()| machine(&head)).ok_or_else(|| {
        format!("{BOOTSTRAP} is no program for Linux on arm64 or x86_64 (ELF, 64 bits, e_machine 183 or 62); {HOW}")
    })
}

/// What an ELF file's machine is (System V ABI, "ELF Header": `e_ident`, then `e_machine` at byte 18).
fn machine(head: &[u8; HEAD_BYTES]) -> Option<Architecture> {
    let (elf64_little, linux) = (b"\x7fELF\x02\x01\x01", [0, 3]);
    if !head.starts_with(elf64_little) || !linux.contains(&head[7]) {
        return None;
    }
    match u16::from_le_bytes([head[18], head[19]]) {
        183 => Some(Architecture::Arm64),
        62 => Some(Architecture::X86),
        _ => None,
    }
}

fn too_large(bytes: u64) -> String {
    format!(
        "it has {bytes} bytes unpacked, and Lambda takes {MAX_UNZIPPED_BYTES}: strip the program, or leave files out"
    )
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
