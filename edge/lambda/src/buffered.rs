use std::pin::pin;

use base64ct::{Base64, Encoding as _};
use http::response::Parts;
use http_body::Body;
use http_body_util::BodyExt as _;
use serde::Serialize;
use store::StoreError;

use crate::head::Head;

/// A buffered response in Lambda's format.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    #[serde(flatten)]
    head: Head,
    body: String,
    is_base64_encoded: bool,
}

/// Reads a whole body and returns the response as JSON. An incomplete body is an error.
pub(crate) async fn buffered<B>(head: &Parts, body: B) -> Result<Vec<u8>, StoreError>
where
    B: Body<Data = bytes::Bytes, Error = StoreError>,
{
    let head = Head::of(head);
    let mut bytes = Vec::with_capacity(body.size_hint().lower() as usize);
    let mut body = pin!(body);
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    let response = Response { head, body: Base64::encode_string(&bytes), is_base64_encoded: true };
    #[expect(clippy::expect_used, reason = "numbers and strings under string keys always have a JSON form")]
    Ok(serde_json::to_vec(&response).expect("a response has a JSON form"))
}
