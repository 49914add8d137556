use std::ops::Range;
use std::sync::Arc;

use async_stream::try_stream;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, pin_mut};
use resolver::catalog::ObjectKey;
use resolver::package::{Checksum, Framer, Plan, Slice, Source};
use store::{Artifacts, Piece, StoreError};

use crate::objects::{Begun, Objects};

/// The bytes of a package, from the objects its plan names. The first object is opened before the first byte: most of
/// what goes wrong goes wrong there, and can then still be said with a status. Nothing else is opened before it is due,
/// and no more than a piece is held at once.
pub(crate) fn package<A: Artifacts>(
    objects: Arc<Objects<A>>,
    plan: Plan,
    range: Range<u64>,
) -> impl Stream<Item = Result<Piece, StoreError>> + Send {
    try_stream! {
        let slices = plan.slices(range);
        let mut first = match slices.iter().find_map(object) {
            Some((object, range, whole)) => Some(objects.begin(object, range, whole).await?),
            None => None,
        };
        for Slice { source, range, whole } in slices {
            match source {
                Source::Literal(bytes) => yield Piece::Bytes(bytes.slice(range.start as usize..range.end as usize)),
                Source::Object(object) => {
                    let begun = match first.take() {
                        Some(begun) => begun,
                        None => objects.begin(object, range, whole).await?,
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
                        None => objects.begin(object, framer.data(), whole).await?,
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

/// What a slice reads of which object.
fn object(slice: &Slice) -> Option<(ObjectKey, Range<u64>, bool)> {
    match slice.source {
        Source::Object(object) => Some((object, slice.range.clone(), slice.whole)),
        Source::Framed { object, size } => Some((object, Framer::new(size, slice.range.clone()).data(), slice.whole)),
        Source::Literal(_) | Source::Trailer(_) => None,
    }
}

/// An artifact in stored blocks. Its CRC-32 is learned on the way if all of it passes by.
fn framed<A: Artifacts>(
    objects: Arc<Objects<A>>,
    mut framer: Framer,
    object: ObjectKey,
    begun: Begun,
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
