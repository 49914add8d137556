use std::borrow::Cow;
use std::fmt::{self, Write as _};

use super::{DEFAULT_CHANNEL, Payload, Query, Ring};
use crate::words::AttributeName;

/// Canonical spelling of every value that is not a valid channel name.
const UNREADABLE: &str = "!";

impl Query {
    /// Returns the canonical query string, without `?`. Parsing it gives an equal query.
    pub fn canonical(&self) -> String {
        let mut pairs = self.pairs();
        pairs.sort_unstable();
        let mut text = String::with_capacity(128);
        for (key, value) in pairs {
            if !text.is_empty() {
                text.push('&');
            }
            text.extend([&*key, "=", &*value]);
        }
        text
    }

    /// Returns keys and values in no particular order.
    fn pairs(&self) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
        let mut pairs = Vec::with_capacity(16);
        let mut put = |key: &'static str, value| pairs.push((Cow::Borrowed(key), value));
        if let Some((arch, channel)) = &self.os {
            put("cpuarch", Cow::Borrowed(arch.as_str()));
            if channel.as_str() != DEFAULT_CHANNEL {
                put("os", channel.as_str().into());
            }
        }
        if !self.installed.is_empty() {
            let entries = self.installed.iter().map(|(name, version)| format!("{name}@{version}"));
            put("installed", joined(entries).replace('+', "%2B").into());
        }
        if !self.have.is_empty() {
            put("have", joined(self.have.iter()).into());
        }
        if let Some(cohort) = self.cohort {
            put("cohort", cohort.to_string().into());
        }
        match self.ring {
            Ring::General => {}
            Ring::Canary => put("ring", "canary".into()),
            Ring::Early => put("ring", "early".into()),
            Ring::Hold => put("ring", "hold".into()),
        }
        if self.delta {
            put("delta", "zstd".into());
        }
        if self.payload == Payload::MetadataOnly {
            put("payloadtype", "metadataonly".into());
        }
        pairs.extend(self.components.iter().map(|(name, on)| (name.as_str().into(), on.as_str().into())));
        pairs.extend(self.facts.iter().map(|(name, value)| (name.as_str().into(), value.as_str().into())));
        let attribute = |name: &AttributeName| Cow::Owned(super::cache_vocabulary::attribute(name));
        pairs.extend(self.attributes.iter().map(|(name, on)| (attribute(name), on.as_str().into())));
        pairs.extend(self.unreadable.keys().map(|key| (key, UNREADABLE.into())));
        pairs
    }
}

fn joined(members: impl Iterator<Item = impl fmt::Display>) -> String {
    let mut text = String::new();
    for member in members {
        let separator = if text.is_empty() { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(text, "{separator}{member}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::Ladder;
    use super::*;

    fn canonical(raw: &str) -> String {
        Query::parse(raw, None, &Ladder::default()).unwrap().query.canonical()
    }

    #[test]
    fn one_question_has_one_spelling() {
        let spelled = canonical("attrGamer=prod&CPUARCH=ARMv8&os=PROD&payloadType=fullPayload&ring=general&x y=1");
        assert_eq!(spelled, "attrgamer=prod&cpuarch=armv8");
        assert_eq!(spelled, canonical(&spelled));
    }

    #[test]
    fn versions_keep_their_case_and_plus() {
        let spelled = canonical("cpuArch=armv8&installed=ipModule@1.0-RC1%2Bb,os@2.0,ipmodule@9");
        assert_eq!(spelled, "cpuarch=armv8&installed=ipmodule@1.0-RC1%2Bb,os_armv8@2.0");
    }
}
