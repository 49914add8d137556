use std::fmt;

use crate::words::Md5;

/// An entity tag (RFC 9110 section 8.8.3), without its quotes. The mark of a weak tag is dropped where comparison is
/// weak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityTag(String);

/// A member of an `If-None-Match` list, or of `have`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Listed {
    /// A digest: bare, quoted or weak, in lower or upper case.
    Digest(Md5),
    /// Another quoted tag.
    Tag(EntityTag),
    /// Anything else. `*` is among it: it would mean that the device accepts any package, which no device does.
    Other(String),
}

impl EntityTag {
    /// Creates a tag from the first 128 bits of a digest. The prefix distinguishes it from an artifact's MD5, which would
    /// be moved to `have`.
    pub(crate) fn digest(prefix: &str, sha256: &[u8]) -> Self {
        EntityTag(format!("{prefix}-{}", base16ct::lower::encode_string(&sha256[..16])))
    }

    /// Creates the tag of an artifact: its MD5.
    pub(crate) fn artifact(md5: &Md5) -> Self {
        EntityTag(md5.to_string())
    }

    /// Reads exactly one strong tag, as `If-Range` and `If-Match` take it.
    pub(crate) fn strong(text: &str) -> Option<Self> {
        let inner = trim(text).strip_prefix('"')?.strip_suffix('"')?;
        (!inner.contains('"')).then(|| EntityTag(inner.to_owned()))
    }
}

impl fmt::Display for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

/// Reads an ordinary `If-None-Match` (RFC 9110 section 13.1.2): its tags, digests among them, and whether it is `*`.
pub(crate) fn if_none_match(headers: &http::HeaderMap) -> (Vec<EntityTag>, bool) {
    let (mut tags, mut any) = (Vec::new(), false);
    let values = headers.get_all(http::header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    for member in values.flat_map(listed) {
        match member {
            Listed::Digest(digest) => tags.push(EntityTag::artifact(&digest)),
            Listed::Tag(tag) => tags.push(tag),
            Listed::Other(other) => any |= other == "*",
        }
    }
    (tags, any)
}

/// Trims the white space allowed around a list's members (RFC 9110 section 5.6.3): spaces and tabs. Languages differ in
/// which other characters they trim.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// Reads the members of a comma-separated list; empty members are ignored (RFC 9110 section 5.6.1.2).
pub(super) fn listed(text: &str) -> impl Iterator<Item = Listed> + '_ {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
    .map(trim)
    .filter(|member| !member.is_empty())
    .map(read)
}

fn read(member: &str) -> Listed {
    let opaque = member.strip_prefix("W/").or_else(|| member.strip_prefix("w/")).unwrap_or(member);
    let inner = opaque.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let inner = inner.filter(|inner| !inner.contains('"'));
    match (Md5::from_hex(trim(inner.unwrap_or(opaque)).as_bytes()), inner) {
        (Some(digest), _) => Listed::Digest(digest),
        (None, Some(inner)) => Listed::Tag(EntityTag(inner.to_owned())),
        (None, None) => Listed::Other(member.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_known_in_every_dress() {
        let hex = "d41d8cd98f00b204e9800998ecf8427e";
        let digest = || Listed::Digest(hex.parse().unwrap());
        let upper = hex.to_uppercase();
        let list = format!("{hex}, \"{hex}\" ,W/\"{hex}\",\t{upper},,w/{upper}, \" {hex} \",");
        assert_eq!(listed(&list).collect::<Vec<_>>(), [digest(), digest(), digest(), digest(), digest(), digest()]);
    }

    #[test]
    fn other_tags_stay_what_they_are() {
        let seen: Vec<_> = listed(r#"*, "p-1,2", W/"x", junk, "open"#).collect();
        assert_eq!(
            seen,
            [
                Listed::Other("*".into()),
                Listed::Tag(EntityTag("p-1,2".into())),
                Listed::Tag(EntityTag("x".into())),
                Listed::Other("junk".into()),
                Listed::Other("\"open".into()),
            ]
        );
    }
}
