use std::ops::Range;
use std::sync::Arc;

use async_stream::try_stream;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, pin_mut};
use resolver::catalog::ObjectKey;
use resolver::package::{Checksum, Framer, Plan, Slice, Source};
use store::{Artifacts, Piece, StoreError};

use crate::objects::{Objects, OpenedRange};

/// Streams the bytes of a package from the objects that its plan names. The first object is opened before the first byte,
/// because most errors occur there and can then still be answered with a status. Further objects are opened when they are
/// due, and no more than one piece is in memory.
pub(crate) fn package<A: Artifacts>(
    objects: Arc<Objects<A>>,
    plan: Plan,
    range: Range<u64>,
) -> impl Stream<Item = Result<Piece, StoreError>> + Send {
    try_stream! {
        let slices = plan.slices(range);
        let mut first = match slices.iter().find_map(object) {
            Some((object, range, whole)) => Some(objects.open(object, range, whole).await?),
            None => None,
        };
        for Slice { source, range, whole } in slices {
            match source {
                Source::Literal(bytes) => yield Piece::Bytes(bytes.slice(range.start as usize..range.end as usize)),
                Source::Object(object) => {
                    let begun = match first.take() {
                        Some(begun) => begun,
                        None => objects.open(object, range, whole).await?,
                    };
                    let mut pieces = Arc::clone(&objects).pieces(begun);
                    while let Some(piece) = pieces.next().await {
                        yield piece?;
                    }
                }
                Source::Framed { object, size } => {
                    let framer = Framer::new(size, range);
                    let begun = match first.take() {
                        Some(begun) => begun,
                        None => objects.open(object, framer.data(), whole).await?,
                    };
                    let pieces = framed(Arc::clone(&objects), framer, object, begun, whole);
                    pin_mut!(pieces);
                    while let Some(piece) = pieces.next().await {
                        yield Piece::Bytes(piece?);
                    }
                }
                Source::Trailer(checksum) => {
                    let trailer = trailer(&objects, &plan, &checksum).await?;
                    yield Piece::Bytes(trailer.slice(range.start as usize..range.end as usize));
                }
            }
        }
    }
}

/// Returns the object and the range of it that a slice reads.
fn object(slice: &Slice) -> Option<(ObjectKey, Range<u64>, bool)> {
    match slice.source {
        Source::Object(object) => Some((object, slice.range.clone(), slice.whole)),
        Source::Framed { object, size } => Some((object, Framer::new(size, slice.range.clone()).data(), slice.whole)),
        Source::Literal(_) | Source::Trailer(_) => None,
    }
}

/// Streams an artifact in stored blocks, and computes its CRC-32 if the whole artifact is read.
fn framed<A: Artifacts>(
    objects: Arc<Objects<A>>,
    mut framer: Framer,
    object: ObjectKey,
    begun: OpenedRange,
    whole: bool,
) -> impl Stream<Item = Result<Bytes, StoreError>> + Send {
    try_stream! {
        let mut crc32 = whole.then(crc32fast::Hasher::new);
        let pieces = Arc::clone(&objects).bytes(begun);
        pin_mut!(pieces);
        let mut piece = Bytes::new();
        while !framer.is_done() {
            if let Some(header) = framer.header() {
                yield header;
                continue;
            }
            if piece.is_empty() {
                // The stream returns exactly the bytes that the framer needs, or an error.
                let Some(next) = pieces.next().await else { break };
                piece = next?;
                if let Some(crc32) = &mut crc32 {
                    crc32.update(&piece);
                }
            }
            yield framer.frame(&mut piece);
        }
        if let Some(crc32) = crc32 {
            objects.facts.keep_crc32(object, crc32.finalize());
        }
    }
}

/// Computes the gzip trailer of a package with artifacts whose records have no CRC-32. Artifacts that were not read for
/// this range are read for the trailer.
async fn trailer<A: Artifacts>(
    objects: &Arc<Objects<A>>,
    plan: &Plan,
    checksum: &Checksum,
) -> Result<Bytes, StoreError> {
    loop {
        match checksum.crc32(|object| objects.facts.crc32(object)) {
            Ok(crc32) => return Ok(Plan::trailer(checksum, crc32)),
            Err(unknown) => {
                let size = plan.parts().iter().find_map(|part| match part.source {
                    Source::Framed { object, size } if object == unknown => Some(size),
                    _ => None,
                });
                Arc::clone(objects).compute_crc32(unknown, size.unwrap_or_default()).await?;
            }
        }
    }
}
