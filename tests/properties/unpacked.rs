//! A package, read back by the formats' own rules (RFC 1952, POSIX.1-1988) with nothing of ours.

use std::io::Read;

use flate2::bufread::GzDecoder;

/// Tar's unit, in bytes.
const BLOCK: usize = 512;

/// A file of an archive.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) content: Vec<u8>,
}

/// The files of a `.tar.gz`, in order. Panics if it is not exactly one gzip member around exactly one ustar archive.
pub(crate) fn files(package: &[u8]) -> Vec<File> {
    let mut tar = Vec::new();
    let mut gzip = GzDecoder::new(package);
    gzip.read_to_end(&mut tar).unwrap();
    assert!(gzip.into_inner().is_empty(), "something follows the gzip member");
    assert_eq!(tar.len() % BLOCK, 0, "an archive is a row of blocks");
    let mut files = Vec::new();
    let mut rest = &tar[..];
    while rest[0] != 0 {
        let (header, after) = rest.split_at(BLOCK);
        let size = checked(header);
        let (content, padding) = after[..size.next_multiple_of(BLOCK)].split_at(size);
        assert!(padding.iter().all(|byte| *byte == 0), "padding is zeros");
        files.push(File { name: text(&header[..100]).to_owned(), content: content.to_vec() });
        rest = &after[size.next_multiple_of(BLOCK)..];
    }
    assert!(rest.len() == 2 * BLOCK && rest.iter().all(|byte| *byte == 0), "two empty blocks end it");
    files
}

/// Checks a header and returns the file's size.
fn checked(header: &[u8]) -> usize {
    // Mode, owner, group and time are the same in every package.
    for (field, value) in [(100..108, 0o644), (108..116, 0), (116..124, 0), (136..148, 0)] {
        assert_eq!(octal(&header[field.clone()]), value, "the field at {field:?}");
    }
    assert_eq!((header[156], &header[257..265]), (b'0', &b"ustar\x0000"[..]), "a regular file of a ustar archive");
    // The checksum counts its own field as spaces.
    let sum: usize =
        header.iter().enumerate().map(|(at, b)| if (148..156).contains(&at) { 32 } else { *b as usize }).sum();
    assert_eq!(octal(&header[148..156]), sum, "the header's checksum");
    octal(&header[124..136])
}

fn octal(field: &[u8]) -> usize {
    usize::from_str_radix(text(field).trim(), 8).unwrap()
}

/// A field ends at its first zero or fills its place.
fn text(field: &[u8]) -> &str {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    std::str::from_utf8(&field[..end]).unwrap()
}
