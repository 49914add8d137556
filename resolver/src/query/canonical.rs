use super::{DEFAULT_CHANNEL, Payload, Query, Ring};

impl Query {
    /// The question's one spelling, ready to stand after a `?`. Parsing it gives the same query again.
    pub fn canonical(&self) -> String {
        let mut pairs: Vec<(String, String)> = Vec::new();
        let mut put = |key: &str, value: &str| pairs.push((key.to_owned(), value.to_owned()));
        if let Some((arch, channel)) = &self.os {
            put("cpuarch", arch);
            if channel.as_str() != DEFAULT_CHANNEL {
                put("os", channel.as_str());
            }
        }
        self.components.iter().for_each(|(name, channel)| put(name.as_str(), channel.as_str()));
        self.facts.iter().for_each(|(name, value)| put(name.as_str(), value.as_str()));
        for (name, channel) in &self.attributes {
            put(&format!("{}{name}", crate::words::ATTRIBUTE_PREFIX), channel.as_str());
        }
        if !self.installed.is_empty() {
            let entries = self.installed.iter().map(|(name, version)| format!("{name}@{version}"));
            put("installed", &entries.collect::<Vec<_>>().join(",").replace('+', "%2B"));
        }
        if !self.have.is_empty() {
            put("have", &self.have.iter().map(|digest| digest.to_string()).collect::<Vec<_>>().join(","));
        }
        if let Some(cohort) = self.cohort {
            put("cohort", &cohort.to_string());
        }
        match self.ring {
            Ring::General => {}
            Ring::Canary => put("ring", "canary"),
            Ring::Early => put("ring", "early"),
            Ring::Hold => put("ring", "hold"),
        }
        if self.delta {
            put("delta", "zstd");
        }
        if self.payload == Payload::MetadataOnly {
            put("payloadtype", "metadataonly");
        }
        pairs.sort_unstable();
        pairs.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&")
    }
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
