//! Estimates of heap memory, so that a cache of records has a limit in bytes.

/// Bookkeeping and rounding of an allocator, in bytes an allocation.
const ALLOCATION_BYTES: usize = 24;

/// Header of a B-tree node, in bytes.
const NODE_BYTES: usize = 112;

/// Capacity of a B-tree node, in entries. Nodes are at least half full, except a root without children.
const NODE_ENTRIES: usize = 11;

/// Estimates the buffer of a `String`.
pub(super) fn text(text: &str) -> usize {
    text.len() + ALLOCATION_BYTES
}

/// Estimates the buffer of an optional `String`.
pub(super) fn optional(word: Option<&str>) -> usize {
    word.map_or(0, text)
}

/// Estimates the buffer of a vector, which may have grown by doubling.
pub(super) fn vector(len: usize, entry_bytes: usize) -> usize {
    if len == 0 { 0 } else { 2 * len * entry_bytes + ALLOCATION_BYTES }
}

/// Estimates the nodes of a B-tree, without the memory that its entries point at.
pub(super) fn tree(len: usize, entry_bytes: usize) -> usize {
    len.div_ceil(NODE_ENTRIES / 2) * (NODE_ENTRIES * entry_bytes + NODE_BYTES)
}
