//! Estimates of heap memory, so that a cache of records has a limit in bytes.

/// Bookkeeping and rounding of an allocator, in bytes an allocation.
const ALLOCATION_BYTES: usize = 24;

/// Head of a B-tree's node, in bytes.
const NODE_BYTES: usize = 112;

/// Entries that a B-tree's node has room for. Nodes are half full at least, save for the only one.
const NODE_ENTRIES: usize = 11;

/// The text of a `String`.
pub(super) fn text(text: &str) -> usize {
    text.len() + ALLOCATION_BYTES
}

/// The text of a `String` that may not be there.
pub(super) fn optional(word: Option<&str>) -> usize {
    word.map_or(0, text)
}

/// A vector of this many entries of this size, which may have grown by doubling.
pub(super) fn vector(len: usize, entry_bytes: usize) -> usize {
    if len == 0 { 0 } else { 2 * len * entry_bytes + ALLOCATION_BYTES }
}

/// The nodes of a B-tree of this many entries of this size; what the entries point at is not in it.
pub(super) fn tree(len: usize, entry_bytes: usize) -> usize {
    len.div_ceil(NODE_ENTRIES / 2) * (NODE_ENTRIES * entry_bytes + NODE_BYTES)
}
