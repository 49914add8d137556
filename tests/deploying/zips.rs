//! Zips of functions: a real one's head, and whatever else somebody may take for one.

use std::io::Write as _;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// `e_machine` of arm64.
pub const ARM64: u16 = 183;
/// `e_machine` of x86_64.
pub const X86: u16 = 62;

/// A program for Linux, as far as its head says.
pub fn program(machine: u16) -> Vec<u8> {
    let mut head = b"\x7fELF\x02\x01\x01\x00\0\0\0\0\0\0\0\0\x02\x00".to_vec();
    head.extend(machine.to_le_bytes());
    head.resize(64, 0);
    head
}

/// A zip of one file.
pub fn zip(name: &str, mode: u32, content: &[u8]) -> Vec<u8> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file(name, SimpleFileOptions::default().unix_permissions(mode)).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap().into_inner()
}

/// A function's zip.
pub fn function(machine: u16) -> Vec<u8> {
    zip("bootstrap", 0o755, &program(machine))
}
