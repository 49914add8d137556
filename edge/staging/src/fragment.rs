use std::io::{self, Write};

use flate2::{Compress, Compression, FlushCompress};
use sha2::Digest as _;

use resolver::catalog::Fragment;
use resolver::words::{Digest, Md5, Sha256};

/// Size of the pieces in which compressed bytes are written, in bytes.
const OUTPUT: usize = 64 * 1024;

/// Writes an artifact as a fragment: raw deflate that ends on a byte boundary, without a final block.
///
/// Level 6 and the pure-Rust back end give equal fragments for equal artifacts on every machine.
pub(crate) struct FragmentWriter<W> {
    compress: Compress,
    output: Vec<u8>,
    out: W,
    sha256: sha2::Sha256,
    md5: md5::Md5,
    size: u64,
}

impl<W: Write> FragmentWriter<W> {
    pub(crate) fn new(out: W) -> Self {
        let compress = Compress::new(Compression::new(6), false);
        let (sha256, md5) = (sha2::Sha256::new(), md5::Md5::new());
        FragmentWriter { compress, output: Vec::with_capacity(OUTPUT), out, sha256, md5, size: 0 }
    }

    /// Compresses the artifact's next bytes.
    pub(crate) fn write(&mut self, mut input: &[u8]) -> io::Result<()> {
        while !input.is_empty() {
            let before = self.compress.total_in();
            self.compress.compress_vec(input, &mut self.output, FlushCompress::None).map_err(io::Error::other)?;
            input = &input[(self.compress.total_in() - before) as usize..];
            self.drain()?;
        }
        Ok(())
    }

    /// Ends the fragment on a byte boundary.
    pub(crate) fn finish(mut self) -> io::Result<(Fragment, Md5)> {
        loop {
            self.compress.compress_vec(&[], &mut self.output, FlushCompress::Full).map_err(io::Error::other)?;
            // If the output is not full, the flush is complete.
            let complete = self.output.len() < OUTPUT;
            self.drain()?;
            if complete {
                break;
            }
        }
        self.out.flush()?;
        let sha256: Sha256 = Digest(self.sha256.finalize().into());
        Ok((Fragment { sha256, size: self.size }, Digest(self.md5.finalize().into())))
    }

    fn drain(&mut self) -> io::Result<()> {
        self.sha256.update(&self.output);
        self.md5.update(&self.output);
        self.size += self.output.len() as u64;
        self.out.write_all(&self.output)?;
        self.output.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn fragment(data: &[u8], step: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = FragmentWriter::new(&mut out);
        data.chunks(step).for_each(|piece| writer.write(piece).unwrap());
        let (fragment, _) = writer.finish().unwrap();
        assert_eq!(fragment, Fragment { sha256: Sha256::of(&out), size: out.len() as u64 });
        out
    }

    #[test]
    fn fragments_in_a_row_are_one_stream() {
        let text: Vec<u8> = (0..300_000u32).flat_map(|i| (i / 50).to_le_bytes()).collect();
        let noise: Vec<u8> = (0..70_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let mut stream = fragment(&text, 4096);
        stream.extend(fragment(&noise, 1 << 20));
        stream.extend(fragment(&text, 1 << 20));
        stream.extend([1, 0, 0, 0xff, 0xff]);
        let mut read = Vec::new();
        flate2::read::DeflateDecoder::new(&stream[..]).read_to_end(&mut read).unwrap();
        assert!(read == [&text[..], &noise, &text].concat());
    }

    #[test]
    fn it_ends_on_a_byte_boundary_without_a_final_block() {
        assert!(fragment(b"abc", 3).ends_with(&[0, 0, 0xff, 0xff]));
    }
}
