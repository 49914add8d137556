use std::ops::Range;

use bytes::Bytes;

/// Most bytes in one stored block: its length field has 16 bits (RFC 1951 section 3.2.4).
const MAX_BLOCK: u64 = 65_535;

/// One byte of block header padded to a byte boundary, then length and its complement.
const HEADER: u64 = 5;

/// Puts stored-block headers between the bytes of an artifact, for any range of the result.
///
/// ```text
/// framed   │hdr│ 65,535 bytes │hdr│ 65,535 bytes │hdr│ the rest │
/// artifact     │ 65,535 bytes     │ 65,535 bytes     │ the rest │
/// ```
///
/// Callers send [`Framer::header`] whenever it returns one, and else pass the artifact's next bytes to [`Framer::frame`].
#[derive(Debug)]
pub struct Framer {
    size: u64,
    at: u64,
    end: u64,
}

impl Framer {
    /// Frames the range `framed` of an artifact of `size` bytes; the range counts headers too.
    pub fn new(size: u64, framed: Range<u64>) -> Self {
        debug_assert!(framed.start <= framed.end && framed.end <= framed_length(size));
        Framer { size, at: framed.start, end: framed.end }
    }

    /// Returns the range of the artifact that is still needed.
    pub fn data(&self) -> Range<u64> {
        self.data_at(self.at)..self.data_at(self.end)
    }

    /// Returns true if nothing is left to frame.
    pub fn is_done(&self) -> bool {
        self.at == self.end
    }

    /// Returns the next bytes of a header, if the next byte belongs to one.
    pub fn header(&mut self) -> Option<Bytes> {
        let within = self.at % (MAX_BLOCK + HEADER);
        if within >= HEADER || self.is_done() {
            return None;
        }
        let data = self.data_at(self.at);
        let length = (self.size - data).min(MAX_BLOCK) as u16;
        let due = (HEADER - within).min(self.end - self.at);
        self.at += due;
        let header = block_header(length);
        Some(Bytes::copy_from_slice(&header[within as usize..(within + due) as usize]))
    }

    /// Returns as many of the artifact's next bytes as fit before the next header; the rest stays in `data`.
    pub fn frame(&mut self, data: &mut Bytes) -> Bytes {
        let within = self.at % (MAX_BLOCK + HEADER);
        let room = (MAX_BLOCK + HEADER - within).min(self.end - self.at);
        let taken = data.split_to(room.min(data.len() as u64) as usize);
        self.at += taken.len() as u64;
        taken
    }

    /// Returns the offset in the artifact for an offset in the framed bytes; a header counts as the byte after it.
    fn data_at(&self, at: u64) -> u64 {
        let (blocks, within) = (at / (MAX_BLOCK + HEADER), at % (MAX_BLOCK + HEADER));
        (blocks * MAX_BLOCK + within.saturating_sub(HEADER)).min(self.size)
    }
}

/// Returns the length of an artifact of `size` bytes with its headers.
pub(super) fn framed_length(size: u64) -> u64 {
    size + size.div_ceil(MAX_BLOCK) * HEADER
}

/// Appends `data`, framed, to `out`.
pub(super) fn append(out: &mut Vec<u8>, data: &[u8]) {
    for block in data.chunks(MAX_BLOCK as usize) {
        out.extend_from_slice(&block_header(block.len() as u16));
        out.extend_from_slice(block);
    }
}

fn block_header(length: u16) -> [u8; 5] {
    let ([low, high], [not_low, not_high]) = (length.to_le_bytes(), (!length).to_le_bytes());
    [0, low, high, not_low, not_high]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn framed(data: &[u8], range: Range<u64>, chunk: usize) -> Vec<u8> {
        let mut framer = Framer::new(data.len() as u64, range);
        let wanted = framer.data();
        let mut source = data[wanted.start as usize..wanted.end as usize].chunks(chunk);
        let (mut out, mut pending) = (Vec::new(), Bytes::new());
        while !framer.is_done() {
            if let Some(header) = framer.header() {
                out.extend_from_slice(&header);
                continue;
            }
            if pending.is_empty() {
                pending = Bytes::copy_from_slice(source.next().unwrap());
            }
            out.extend_from_slice(&framer.frame(&mut pending));
        }
        assert!(source.next().is_none() && pending.is_empty(), "asked for more than it used");
        out
    }

    proptest! {
        #[test]
        fn a_range_is_a_slice_of_the_whole(size in 0usize..200_000, a in 0.0..=1.0f64, b in 0.0..=1.0f64, chunk in 1usize..90_000) {
            let data: Vec<u8> = (0..size).map(|i| (i * 31 / 7) as u8).collect();
            let mut whole = Vec::new();
            append(&mut whole, &data);
            prop_assert_eq!(whole.len() as u64, framed_length(size as u64));
            let (a, b) = ((a * whole.len() as f64) as u64, (b * whole.len() as f64) as u64);
            let (from, to) = (a.min(b), a.max(b));
            prop_assert_eq!(framed(&data, from..to, chunk), &whole[from as usize..to as usize]);
        }
    }
}
