use std::ops::Range;
use std::sync::Arc;

use async_stream::try_stream;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, pin_mut};
use resolver::catalog::ObjectKey;
use resolver::package::{Checksum, Framer, Plan, Slice, Source};
use store::{Artifacts, StoreError};

use crate::objects::Objects;

/// The bytes of a package, from the objects its plan names. Nothing is opened before it is due, and no more than a
/// piece is held at once.
pub(crate) fn package<A: Artifacts>(
    objects: Arc<Objects<A>>,
    plan: Plan,
    range: Range<u64>,
) -> impl Stream<Item = Result<Bytes, StoreError>> + Send {
    try_stream! {
        for Slice { source, range, whole } in plan.slices(range) {
            match source {
                Source::Literal(bytes) => yield bytes.slice(range.start as usize..range.end as usize),
                Source::Object(object) => {
                    let pieces = Arc::clone(&objects).read(object, range, whole);
                    pin_mut!(pieces);
                    while let Some(piece) = pieces.next().await {
                        yield piece?;
                    }
                }
                Source::Framed { object, size } => {
                    let pieces = framed(Arc::clone(&objects), object, size, range, whole);
                    pin_mut!(pieces);
                    while let Some(piece) = pieces.next().await {
                        yield piece?;
                    }
                }
                Source::Trailer(checksum) => {
                    let trailer = trailer(&objects, &plan, &checksum).await?;
                    yield trailer.slice(range.start as usize..range.end as usize);
                }
            }
        }
    }
}

/// An artifact in stored blocks. Its CRC-32 is learned on the way if all of it passes by.
fn framed<A: Artifacts>(
    objects: Arc<Objects<A>>,
    object: ObjectKey,
    size: u64,
    range: Range<u64>,
    whole: bool,
) -> impl Stream<Item = Result<Bytes, StoreError>> + Send {
    try_stream! {
        let mut framer = Framer::new(size, range);
        let mut crc32 = whole.then(crc32fast::Hasher::new);
        let pieces = Arc::clone(&objects).read(object, framer.data(), whole);
        pin_mut!(pieces);
        let mut piece = Bytes::new();
        while !framer.is_done() {
            if let Some(header) = framer.header() {
                yield header;
                continue;
            }
            if piece.is_empty() {
                // `checked` gives exactly the bytes that the framer asked for, or an error.
                let Some(next) = pieces.next().await else { break };
                piece = next?;
                if let Some(crc32) = &mut crc32 {
                    crc32.update(&piece);
                }
            }
            yield framer.frame(&mut piece);
        }
        if let Some(crc32) = crc32 {
            objects.known.keep_crc32(object, crc32.finalize());
        }
    }
}

/// The gzip trailer of a package with artifacts whose CRC-32 no record has. Those that did not pass by in this very
/// range are read for it.
async fn trailer<A: Artifacts>(
    objects: &Arc<Objects<A>>,
    plan: &Plan,
    checksum: &Checksum,
) -> Result<Bytes, StoreError> {
    loop {
        match checksum.crc32(|object| objects.known.crc32(object)) {
            Ok(crc32) => return Ok(Plan::trailer(checksum, crc32)),
            Err(unknown) => {
                let size = plan.parts().iter().find_map(|part| match part.source {
                    Source::Framed { object, size } if object == unknown => Some(size),
                    _ => None,
                });
                Arc::clone(objects).learn_crc32(unknown, size.unwrap_or_default()).await?;
            }
        }
    }
}
