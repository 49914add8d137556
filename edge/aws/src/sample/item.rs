use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use resolver::words::{AttributeName, ChannelName, ComponentName, Md5, Version};

use crate::artifacts::OWN_FOLDERS;
use crate::catalog::{APP, ENV, Item, STEP, item};

/// Release that the channel points at.
pub(crate) const VERSION: &str = "version";

/// Object with its bytes: `s3://<bucket>/<object>`.
pub(crate) const URL: &str = "url";

/// MD5 of the bytes, in hexadecimal digits.
pub(crate) const MD5: &str = "md5";

/// Attributes that select the component on this channel: a map from names to `true`.
pub(crate) const DEVICE_ATTR: &str = "deviceAttr";

/// Longest part of a text that a warning repeats, in characters.
const SHOWN: usize = 80;

/// An item of the AWS sample: a channel of a component, and the release that it points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleItem {
    /// Component in the item's spelling.
    pub component: ComponentName,
    /// Channel of the component.
    pub channel: ChannelName,
    /// Release that the channel points at.
    pub version: Version,
    /// Attributes that select the component on the channel.
    pub attributes: BTreeSet<AttributeName>,
    /// MD5 of the bytes in the item, which may be wrong.
    pub md5: Md5,
    /// Name of the object in the bucket.
    pub object: String,
    /// Name of the item in messages.
    pub label: String,
}

/// Returns true for an item that the sample's script may have written: edgehop did not, and it names a version's object.
pub(crate) fn is_samples(item: &Item) -> bool {
    let is_text = |name: &str| matches!(item.get(name), Some(AttributeValue::S(_)));
    !item.contains_key(STEP) && is_text(VERSION) && is_text(URL)
}

/// Returns the name of an item in messages.
pub(crate) fn label(found: &Item) -> String {
    let key = |name: &str| found.get(name).and_then(|value| value.as_s().ok()).map_or("?", String::as_str);
    item(&shown(key(APP)), &shown(key(ENV)))
}

/// Returns the bucket that an item names.
pub(crate) fn bucket(found: &Item) -> Option<String> {
    let (bucket, _) = bucket_and_object(text(found, URL).ok()?)?;
    Some(shown(bucket))
}

impl SampleItem {
    /// Reads an item whose object must be in this bucket; the error is the problem with it. Attributes that no query can
    /// name are ignored and reported to `warn`.
    pub(crate) fn read(item: &Item, bucket: &str, mut warn: impl FnMut(String)) -> Result<SampleItem, String> {
        let url = text(item, URL)?;
        let Some((found, object)) = bucket_and_object(url) else {
            return Err(format!("{URL} is {:?}: it takes s3://<bucket>/<object>", shown(url)));
        };
        if found != bucket {
            return Err(format!("its object is in the bucket {}, not in {bucket}", shown(found)));
        }
        if let Some(folder) = OWN_FOLDERS.into_iter().find(|folder| object.starts_with(folder)) {
            return Err(format!("its object is in {folder}, where edgehop keeps its own: put it elsewhere"));
        }
        let mut attributes = BTreeSet::new();
        match item.get(DEVICE_ATTR) {
            None | Some(AttributeValue::Null(_)) => {}
            Some(AttributeValue::M(map)) => {
                let wanted = map.iter().filter(|(_, value)| **value == AttributeValue::Bool(true));
                for (name, _) in wanted {
                    match name.to_ascii_lowercase().parse() {
                        Ok(name) => {
                            attributes.insert(name);
                        }
                        Err(error) => warn(format!("{DEVICE_ATTR}: {error}")),
                    }
                }
            }
            Some(_) => warn(format!("{DEVICE_ATTR} takes a map: no attribute selects the component")),
        }
        Ok(SampleItem {
            component: word(APP, text(item, APP)?)?,
            channel: word(ENV, &text(item, ENV)?.to_ascii_lowercase())?,
            version: word(VERSION, text(item, VERSION)?)?,
            attributes,
            md5: word(MD5, text(item, MD5)?)?,
            object: object.to_owned(),
            label: label(item),
        })
    }
}

/// Splits `s3://<bucket>/<object>` into bucket and object.
fn bucket_and_object(url: &str) -> Option<(&str, &str)> {
    let (bucket, object) = url.strip_prefix("s3://")?.split_once('/')?;
    (!bucket.is_empty() && !object.is_empty()).then_some((bucket, object))
}

fn text<'a>(item: &'a Item, name: &str) -> Result<&'a str, String> {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value.map(String::as_str).ok_or_else(|| format!("{name} takes a string"))
}

fn word<T: FromStr<Err: Display>>(name: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("{name}: {error}"))
}

/// Shortens a text for a warning.
fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use AttributeValue::{Bool, M, N, S};

    use super::*;

    fn good() -> Item {
        let wanted = [("Gamer", Bool(true)), ("camera", Bool(false)), ("modem", S("true".into()))];
        let text = |value: &str| S(value.to_owned());
        let fields = [
            (APP, text("videoStreamer")),
            (ENV, text("Prod")),
            (VERSION, text("0.0.1")),
            (URL, text("s3://ota/videoStreamer_0.0.1")),
            (MD5, text("D41D8CD98F00B204E9800998ECF8427E")),
            (DEVICE_ATTR, M(wanted.map(|(name, value)| (name.to_owned(), value)).into())),
        ];
        fields.map(|(name, value)| (name.to_owned(), value)).into()
    }

    fn read(item: &Item) -> (Result<SampleItem, String>, Vec<String>) {
        let mut warned = Vec::new();
        (SampleItem::read(item, "ota", |warning| warned.push(warning)), warned)
    }

    #[test]
    fn names_are_read_whatever_their_case() {
        let (Ok(item), warned) = read(&good()) else { panic!("it is good") };
        assert_eq!((item.component.as_str(), item.channel.as_str()), ("videoStreamer", "prod"));
        assert_eq!(item.attributes.iter().map(AttributeName::as_str).collect::<Vec<_>>(), ["gamer"]);
        assert_eq!((item.object.as_str(), item.label.as_str()), ("videoStreamer_0.0.1", "item videoStreamer Prod"));
        assert_eq!(warned, [""; 0]);
    }

    #[test]
    fn what_is_odd_is_named() {
        let long = "x".repeat(300_000);
        for (name, value, said) in [
            (MD5, None, "md5 takes a string"),
            (MD5, Some(S("d41d".into())), "\"d41d\" is not a digest"),
            (VERSION, Some(N("1".into())), "version takes a string"),
            (VERSION, Some(S(long.clone())), "is not a version"),
            (APP, Some(S("no.dots".into())), "is not a component name"),
            (ENV, Some(S("a channel".into())), "is not a channel"),
            (URL, Some(S("https://ota/x".into())), "it takes s3://<bucket>/<object>"),
            (URL, Some(S("s3://ota/".into())), "it takes s3://<bucket>/<object>"),
            (URL, Some(S("s3://other/x".into())), "is in the bucket other, not in ota"),
            (URL, Some(S(format!("s3://{long}/x"))), "is in the bucket xxx"),
            (URL, Some(S("s3://ota/blobs/x".into())), "is in blobs/, where edgehop keeps its own"),
        ] {
            let mut item = good();
            item.remove(name);
            item.extend(value.map(|value| (name.to_owned(), value)));
            let (Err(why), _) = read(&item) else { panic!("{name} is taken") };
            assert!(why.contains(said) && why.len() < 1000, "{why}");
        }
    }

    #[test]
    fn an_odd_attribute_spoils_nothing_else() {
        for (value, count) in
            [(M([("a b".to_owned(), Bool(true))].into()), 1), (S("gamer".into()), 1), (M([].into()), 0)]
        {
            let item = Item::from([(DEVICE_ATTR.to_owned(), value)]);
            let (read, warned) = read(&good().into_iter().chain(item).collect());
            assert!(read.unwrap().attributes.is_empty() && warned.len() == count, "{warned:?}");
        }
    }
}
