//! Headers and padding of a ustar archive (POSIX.1-1988) whose files differ only in name and size.

/// Size of a tar block, in bytes.
const BLOCK: u64 = 512;

/// End of an archive: two empty blocks.
pub(super) const END: [u8; 2 * BLOCK as usize] = [0; 2 * BLOCK as usize];

/// Returns the header of a regular file with mode 0644, owner 0 and time 0.
///
/// `name` may have up to 100 bytes and `size` may be up to [`crate::catalog::MAX_ARTIFACT_BYTES`]; the types of names and
/// sizes of releases guarantee both.
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

/// Returns the number of zeros that follow a file of `size` bytes.
pub(super) fn padding(size: u64) -> usize {
    (size.next_multiple_of(BLOCK) - size) as usize
}
