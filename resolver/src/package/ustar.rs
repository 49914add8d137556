//! A ustar archive (POSIX.1-1988) in which nothing but names and sizes differs.

/// Tar's unit, in bytes.
const BLOCK: u64 = 512;

/// Two empty blocks end an archive.
pub(super) const END: [u8; 2 * BLOCK as usize] = [0; 2 * BLOCK as usize];

/// The header of a regular file: mode 0644, owner 0, time 0.
///
/// `name` takes 100 bytes at most and `size` [`crate::catalog::MAX_ARTIFACT_BYTES`]; names and sizes of releases are
/// within that by their types.
pub(super) fn header(name: &str, size: u64) -> [u8; BLOCK as usize] {
    let mut header = tar::Header::new_ustar();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    header.set_cksum();
    *header.as_bytes()
}

/// How many zeros follow a file of `size` bytes.
pub(super) fn padding(size: u64) -> usize {
    (size.next_multiple_of(BLOCK) - size) as usize
}
