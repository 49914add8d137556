use std::fmt;
use std::str::FromStr;

/// Name of a table as an option's value: `dynamodb:TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableName(String);

/// Name of a bucket or a prefix of one as an option's value: `s3:BUCKET` or `s3:BUCKET/PREFIX`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketName {
    bucket: String,
    prefix: String,
}

/// Error for text that is not the name of a table or a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLocation {
    /// The text is not a table's name (DynamoDB developer guide, "Naming rules").
    #[error("it takes dynamodb:TABLE, and a table's name has 3 to 255 of A-Z, a-z, 0-9, '_', '-' and '.'")]
    Table,
    /// The text is not a bucket's name (S3 user guide, "General purpose bucket naming rules").
    #[error(
        "it takes s3:BUCKET or s3:BUCKET/PREFIX, and a bucket's name has 3 to 63 of a-z, 0-9, '-' and '.', with a letter \
         or digit at each end"
    )]
    Bucket,
}

impl TableName {
    /// Returns the table's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl BucketName {
    /// Returns the bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Returns the prefix of every object's name, which is empty or ends in `/`.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

impl FromStr for TableName {
    type Err = InvalidLocation;

    fn from_str(text: &str) -> Result<Self, InvalidLocation> {
        let is_name = |name: &&str| {
            (3..=255).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
        };
        let name = text.strip_prefix("dynamodb:").filter(is_name).ok_or(InvalidLocation::Table)?;
        Ok(TableName(name.to_owned()))
    }
}

impl FromStr for BucketName {
    type Err = InvalidLocation;

    fn from_str(text: &str) -> Result<Self, InvalidLocation> {
        let whole = text.strip_prefix("s3:").ok_or(InvalidLocation::Bucket)?;
        let (bucket, prefix) = whole.split_once('/').unwrap_or((whole, ""));
        let end = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let is_name = (3..=63).contains(&bucket.len())
            && bucket.bytes().all(|b| end(b) || b == b'-' || b == b'.')
            && [bucket.bytes().next(), bucket.bytes().next_back()].into_iter().flatten().all(end);
        if !is_name {
            return Err(InvalidLocation::Bucket);
        }
        let prefix = prefix.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Ok(BucketName { bucket: bucket.to_owned(), prefix })
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dynamodb:{}", self.0)
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3:{}", self.bucket)?;
        if self.prefix.is_empty() { Ok(()) } else { write!(f, "/{}", self.prefix.trim_end_matches('/')) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_buckets() {
        for good in ["dynamodb:ota", "dynamodb:My_Table-2.x"] {
            assert_eq!(good.parse::<TableName>().unwrap().to_string(), good);
        }
        for bad in ["", "ota", "dynamodb:", "dynamodb:ab", "dynamodb:a b", "dynamodb:a/b", "s3:ota", "DynamoDB:ota"] {
            assert_eq!(bad.parse::<TableName>(), Err(InvalidLocation::Table), "{bad}");
        }
        for (good, prefix) in [("s3:ota", ""), ("s3:my.ota-1", ""), ("s3:ota/a", "a/"), ("s3:ota/a/b", "a/b/")] {
            let name: BucketName = good.parse().unwrap();
            assert_eq!((name.to_string().as_str(), name.prefix()), (good, prefix));
        }
        for (spelled, meant) in [("s3:ota/", "s3:ota"), ("s3:ota//a//", "s3:ota/a")] {
            assert_eq!(spelled.parse::<BucketName>().unwrap().to_string(), meant);
        }
        for bad in ["", "ota", "s3:", "s3:ab", "s3:Ota", "s3:-ota", "s3:ota-", "s3:o_ta", "s3://ota", "dynamodb:ota"] {
            assert_eq!(bad.parse::<BucketName>(), Err(InvalidLocation::Bucket), "{bad}");
        }
    }
}
