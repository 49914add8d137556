//! Devices: what they have, how they say it, and whether what they get is right for them.

use std::net::SocketAddr;

use edgehop_tests::client::{Response, request};

use crate::truth::{Question, SETS, Truth};

/// How a device says what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    Nothing,
    /// `If-None-Match` with a digest dressed like this.
    Header(Dress),
    /// `have=`.
    Query(Dress),
    /// One half here, the other there.
    Both,
    /// Only the tag of the package that it has fetched.
    Tag,
    /// Digests in the header, with the tag of the package that it got for them.
    DigestsAndTag,
    /// Digests in the header, with a tag that nobody knows.
    DigestsAndOldTag,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dress {
    Bare,
    Quoted,
    Weak,
    /// Upper-case, in another order, with spaces.
    Odd,
}

/// What a device wants of the answer.
#[derive(Debug, Clone, Copy)]
enum Wants {
    Whole,
    Head,
    Range(&'static str),
}

/// One request of one device.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    question: usize,
    has: u8,
    pub(crate) says: Says,
    wants: Wants,
}

/// How an answer was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    Exact,
    /// It holds something that the device has said it has.
    Untrimmed,
}

const SAYS: [Says; 12] = [
    Says::Nothing,
    Says::Header(Dress::Bare),
    Says::Query(Dress::Bare),
    Says::Header(Dress::Quoted),
    Says::Query(Dress::Quoted),
    Says::Tag,
    Says::Header(Dress::Weak),
    Says::Query(Dress::Odd),
    Says::Both,
    Says::Header(Dress::Odd),
    Says::DigestsAndTag,
    Says::DigestsAndOldTag,
];

const WANTS: [Wants; 9] = [
    Wants::Whole,
    Wants::Whole,
    Wants::Head,
    Wants::Whole,
    Wants::Whole,
    Wants::Range("bytes=10-99"),
    Wants::Whole,
    Wants::Range("bytes=-200"),
    Wants::Range("bytes=50-"),
];

impl Device {
    /// The device of this number. Every set, every way to say it and every question come together sooner or later.
    pub(crate) fn new(number: usize, truth: &Truth) -> Self {
        let says = SAYS[number / usize::from(SETS) % SAYS.len()];
        let has = (number % usize::from(SETS)) as u8;
        // One who says nothing has nothing, as far as anybody can know.
        let has = if matches!(says, Says::Nothing | Says::Tag) { 0 } else { has };
        let drawn = (number as u32).wrapping_mul(2_654_435_761) as usize >> 12;
        // Half of all ask the gamer's question.
        let question = if drawn.is_multiple_of(2) { 0 } else { drawn / 2 % truth.questions.len() };
        Device { question, has, says, wants: WANTS[drawn / 32 % WANTS.len()] }
    }

    /// It asks the gamer's question and has this set.
    pub(crate) fn is_gamer(&self, has: u8) -> bool {
        self.question == 0 && self.has == has
    }

    /// Nothing that it says may get lost on the way: it is all in the query, or it is only a tag.
    pub(crate) fn is_in_the_query(&self) -> bool {
        matches!(self.says, Says::Nothing | Says::Query(_) | Says::Tag) || self.has == 0
    }

    pub(crate) fn ask(&self, truth: &Truth, cache: SocketAddr) -> Response {
        let (have, mut tags) = self.said(truth);
        let target = format!("{}{have}", truth.questions[self.question].target);
        let mut headers: Vec<(&str, &str)> = Vec::new();
        if !tags.is_empty() {
            tags = tags.trim_matches([',', ' ']).to_owned();
            headers.push(("If-None-Match", &tags));
        }
        let method = match self.wants {
            Wants::Head => "HEAD",
            Wants::Whole => "GET",
            Wants::Range(range) => {
                headers.push(("Range", range));
                "GET"
            }
        };
        request(cache, method, target.as_bytes(), &headers)
    }

    /// What stands in the query, and what in the header.
    fn said(&self, truth: &Truth) -> (String, String) {
        let digests = truth.of(self.has);
        let (one, other) = digests.split_at(digests.len() / 2);
        let query = |listed: String| if listed.is_empty() { listed } else { format!("&have={listed}") };
        match self.says {
            Says::Nothing => Default::default(),
            Says::Header(dress) => (String::new(), dressed(&digests, dress)),
            Says::Query(dress) => (query(dressed(&digests, dress).replace('"', "%22").replace(", ", "%2C")), "".into()),
            Says::Both => (query(dressed(one, Dress::Bare)), dressed(other, Dress::Quoted)),
            Says::Tag | Says::DigestsAndTag => {
                (String::new(), format!("{},{}", dressed(&digests, Dress::Bare), self.tag(truth)))
            }
            Says::DigestsAndOldTag => (String::new(), format!("{OLD}, {}", dressed(&digests, Dress::Quoted))),
        }
    }

    /// The tag that came with what is right for it.
    fn tag(&self, truth: &Truth) -> String {
        let content = truth.questions[self.question].content(self.has);
        content.map_or(OLD.to_owned(), |content| content.tag.clone())
    }

    /// Whether the answer is right for this device, or what is wrong.
    pub(crate) fn judge(&self, truth: &Truth, answer: &Response) -> Result<Right, String> {
        let question = &truth.questions[self.question];
        let tags = self.said(truth).1;
        let wanted = question.content(self.has).filter(|wanted| !tags.contains(&wanted.tag));
        if answer.status >= 400 {
            return Err(format!("status {}", answer.status));
        }
        if !answer.complete {
            return Err("the transfer was cut".to_owned());
        }
        if [204, 304].contains(&answer.status) {
            let known = question.find(|content| tags.contains(&content.tag));
            let knows = known.is_some_and(|(set, _)| question.has_all(self.has, set));
            let right = wanted.is_none() || knows || question.is_answered_by(self.has);
            return if right { Ok(Right::Exact) } else { Err("it was told that it has everything".to_owned()) };
        }
        let (set, is_right) = self.received(question, answer)?;
        if !is_right {
            Err(format!("these are not the bytes of the content for {set:04b}"))
        } else if !question.has_all(self.has, set) {
            Err(format!("it needs something that the content for {set:04b} leaves out"))
        } else if question.same(set, self.has) && (wanted.is_some() || question.is_answered_by(self.has)) {
            Ok(Right::Exact)
        } else {
            Ok(Right::Untrimmed)
        }
    }

    /// For which set the content is that was received, by its tag, and whether its bytes are right.
    fn received(&self, question: &Question, answer: &Response) -> Result<(u8, bool), String> {
        let tag = answer.header("etag").ok_or_else(|| format!("a {} without a tag", answer.status))?;
        let (set, content) =
            question.find(|content| content.tag == tag).ok_or("content of another question, or of none")?;
        let length = content.bytes.len();
        let is_right = match (answer.status, self.wants) {
            (200, Wants::Head) => answer.header("content-length") == Some(length.to_string()),
            (200, _) => answer.body == content.bytes,
            (206, Wants::Range(range)) => {
                let (first, last) = bounds(range, length);
                answer.header("content-range") == Some(format!("bytes {first}-{last}/{length}"))
                    && answer.body == content.bytes[first..=last]
            }
            (status, _) => return Err(format!("status {status}")),
        };
        Ok((set, is_right))
    }
}

/// A tag of a package that there is no more.
const OLD: &str = "\"p-00000000000000000000000000000000\"";

fn dressed(digests: &[&str], dress: Dress) -> String {
    let each = |before: &str, after: &str, between: &str| {
        digests.iter().map(|digest| format!("{before}{digest}{after}")).collect::<Vec<_>>().join(between)
    };
    match dress {
        Dress::Bare => each("", "", ","),
        Dress::Quoted => each("\"", "\"", ","),
        Dress::Weak => each("W/\"", "\"", ", "),
        Dress::Odd => {
            let reversed: Vec<&str> = digests.iter().rev().copied().collect();
            dressed(&reversed, Dress::Quoted).replace(',', ", ").to_uppercase()
        }
    }
}

/// The first and the last byte of a range of so many.
fn bounds(range: &str, length: usize) -> (usize, usize) {
    let (first, last) = range.trim_start_matches("bytes=").split_once('-').unwrap();
    match (first.parse(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) => (first, last.min(length - 1)),
        (Ok(first), Err(_)) => (first, length - 1),
        (Err(_), last) => (length - last.unwrap(), length - 1),
    }
}
