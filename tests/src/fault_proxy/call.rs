use crate::message::Request;

/// A call that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// DynamoDB: the operation, and of a Query the partition: `Query attr#gamer`. S3: the method, the path, and the
    /// query but for `x-id`: `GET /bucket/blobs/…`.
    pub name: String,
    /// The range of bytes that was asked for, if one was.
    pub range: Option<String>,
    /// What the request carried.
    pub body: String,
}

impl Call {
    pub(super) fn of(request: &Request) -> Call {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let name = match request.header("x-amz-target") {
            Some(target) => {
                let operation = target.rsplit('.').next().unwrap_or_default();
                let json: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
                let partition = json["ExpressionAttributeValues"][":app"]["S"].as_str();
                partition.map_or(operation.to_owned(), |partition| format!("{operation} {partition}"))
            }
            None => {
                let target = request.target.split("?x-id=").next().unwrap_or_default();
                format!("{} {target}", request.method)
            }
        };
        Call { name, range: request.header("range").map(str::to_owned), body }
    }

    /// The operation or method alone.
    pub fn operation(&self) -> &str {
        self.name.split(' ').next().unwrap_or_default()
    }
}
