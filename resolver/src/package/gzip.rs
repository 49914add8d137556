//! The bytes of a gzip member (RFC 1952 section 2.3) that are the same in every package.

/// Magic, deflate, no flags, no time, no hint about compression, unknown system.
pub(super) const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// An empty stored block with the final bit: the end of a deflate stream.
pub(super) const END: [u8; 5] = [1, 0, 0, 0xff, 0xff];

/// Length of [`trailer`] in bytes.
pub(super) const TRAILER: u64 = 8;

/// Returns the trailer: CRC-32 and length (modulo 2³²) of the uncompressed bytes.
pub(super) fn trailer(crc32: u32, length: u64) -> [u8; 8] {
    let mut bytes = [0; TRAILER as usize];
    bytes[..4].copy_from_slice(&crc32.to_le_bytes());
    bytes[4..].copy_from_slice(&(length as u32).to_le_bytes());
    bytes
}
