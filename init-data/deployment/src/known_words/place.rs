use std::fmt;
use std::str::FromStr;

/// Where the CDN looks known words up, as operators name it: `kvs:<ARN>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownWordsPlace(String);

/// Not a key-value store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "it takes kvs:ARN, and the ARN of a key-value store is arn:aws:cloudfront::<account>:key-value-store/<id>: the output \
     KnownWordsArn of the stack"
)]
pub struct InvalidKnownWords;

impl KnownWordsPlace {
    /// The ARN.
    pub fn arn(&self) -> &str {
        &self.0
    }
}

impl FromStr for KnownWordsPlace {
    type Err = InvalidKnownWords;

    fn from_str(text: &str) -> Result<Self, InvalidKnownWords> {
        let arn = text.strip_prefix("kvs:").ok_or(InvalidKnownWords)?;
        let fields: Vec<&str> = arn.split(':').collect();
        let ["arn", partition, "cloudfront", "", account, resource] = fields[..] else { return Err(InvalidKnownWords) };
        let id = resource.strip_prefix("key-value-store/").unwrap_or_default();
        let is_word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        let is_arn = is_word(partition) && is_account && is_word(id);
        is_arn.then(|| KnownWordsPlace(arn.to_owned())).ok_or(InvalidKnownWords)
    }
}

impl fmt::Display for KnownWordsPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kvs:{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_of_a_key_value_store() {
        for good in
            ["aws:cloudfront::123456789012:key-value-store/a1-b2", "aws-cn:cloudfront::123456789012:key-value-store/x"]
        {
            let text = format!("kvs:arn:{good}");
            assert_eq!(text.parse::<KnownWordsPlace>().unwrap().to_string(), text);
        }
        for bad in [
            "",
            "kvs:",
            "arn:aws:cloudfront::123456789012:key-value-store/a1",
            "kvs:arn:aws:cloudfront::12345678901:key-value-store/a1",
            "kvs:arn:aws:cloudfront::123456789012:function/a1",
            "kvs:arn:aws:cloudfront::123456789012:key-value-store/",
            "kvs:arn:aws:cloudfront::123456789012:key-value-store/a/b",
            "kvs:arn:aws:s3:::bucket",
        ] {
            assert_eq!(bad.parse::<KnownWordsPlace>(), Err(InvalidKnownWords), "{bad}");
        }
    }
}
