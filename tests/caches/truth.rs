//! What is right: every question's content for every set of digests, asked of the origin itself and unpacked.

use std::collections::BTreeMap;

use edgehop_tests::client::get;
use edgehop_tests::sample::{GAMER, md5, members};
use edgehop_tests::server::Server;

/// The components of the gamer's device. A set of them is a number: bit 0 for the first.
const GAMERS: [&str; 4] = ["modemFW", "os_armv8", "scoreboard", "videoStreamer"];

/// How many sets of them there are.
pub(crate) const SETS: u8 = 16;

/// Questions on several components and channels, some of which differ in a channel only. The gamer's device has
/// something for some of them.
const QUESTIONS: [&str; 8] = [
    GAMER,
    "/package?cpuArch=armv8",
    "/package?cpuArch=armv8&os=beta",
    "/package?modemFW=prod&videoStreamer=prod",
    "/package?cpuArch=armv8&attrGamer=beta&attrCellular=prod",
    "/package?cpuArch=armv7&attrCamera=prod",
    "/package?scoreboard=prod",
    "/package?scoreboard=beta",
];

/// What is right.
pub(crate) struct Truth {
    /// The digests of the gamer's four artifacts.
    pub(crate) digests: [String; 4],
    pub(crate) questions: Vec<Question>,
}

/// A question, and its content by what the asking device has.
pub(crate) struct Question {
    pub(crate) target: String,
    /// Which of the gamer's four it is about.
    about: u8,
    /// It is about nothing else.
    only: bool,
    /// By the set of those that the device has; `None` if nothing is left to say.
    contents: BTreeMap<u8, Option<Content>>,
}

/// A package or a list.
pub(crate) struct Content {
    pub(crate) bytes: Vec<u8>,
    pub(crate) tag: String,
}

impl Truth {
    pub(crate) fn new(server: &Server) -> Self {
        let digests = GAMERS.map(|component| md5(server.address(), component, "prod"));
        let packages = QUESTIONS.map(|target| Question::new(server, &digests, target, true));
        let lists = QUESTIONS.map(|target| Question::new(server, &digests, &lists(target), false));
        let questions: Vec<_> = packages.into_iter().chain(lists).collect();
        assert_eq!(questions[0].contents.len(), usize::from(SETS), "the gamer's question has an answer for each set");
        Truth { digests, questions }
    }

    /// The digests of a set.
    pub(crate) fn of(&self, set: u8) -> Vec<&str> {
        let digests = self.digests.iter().enumerate();
        digests.filter(|(index, _)| set & 1 << index != 0).map(|(_, digest)| digest.as_str()).collect()
    }
}

fn lists(target: &str) -> String {
    format!("{target}&payloadType=metadataOnly")
}

impl Question {
    fn new(server: &Server, digests: &[String; 4], target: &str, package: bool) -> Self {
        let manifest = get(server.address(), &lists(target), &[]).json();
        let about = (0..4).filter(|index| {
            let entry = manifest.as_object().unwrap().values().find(|entry| entry["md5"] == digests[*index]);
            entry.is_some()
        });
        let about: u8 = about.map(|index| 1 << index).sum();
        let only = manifest.as_object().unwrap().len() == about.count_ones() as usize;
        let mut question = Question { target: target.to_owned(), about, only, contents: BTreeMap::new() };
        for set in (0..SETS).filter(|set| set & !about == 0) {
            let listed: Vec<&str> =
                (0..4).filter(|index| set & 1 << index != 0).map(|index| digests[index].as_str()).collect();
            let answer = get(server.address(), &format!("{target}&have={}", listed.join(",")), &[]);
            assert!(answer.complete && [200, 204, 304].contains(&answer.status), "{target} {set}: {answer:?}");
            let content = (answer.status == 200)
                .then(|| Content { tag: answer.header("etag").unwrap(), bytes: answer.body.clone() });
            if let Some(content) = content.as_ref().filter(|_| package && !question.is_answered_by(set)) {
                check(server, content, &manifest, &listed);
            }
            question.contents.insert(set, content);
        }
        question
    }

    /// A device that has this set has everything.
    pub(crate) fn is_answered_by(&self, has: u8) -> bool {
        self.only && has & self.about == self.about
    }

    /// What a device that has a set of artifacts is to get.
    pub(crate) fn content(&self, has: u8) -> Option<&Content> {
        self.contents[&(has & self.about)].as_ref()
    }

    /// The content that `is` tells, and for which set it is.
    pub(crate) fn find(&self, is: impl Fn(&Content) -> bool) -> Option<(u8, &Content)> {
        self.contents.iter().find_map(|(set, content)| Some((*set, content.as_ref().filter(|content| is(content))?)))
    }

    /// Two sets are the same to this question.
    pub(crate) fn same(&self, one: u8, other: u8) -> bool {
        (one ^ other) & self.about == 0
    }

    /// The device has all of a set that this question is about.
    pub(crate) fn has_all(&self, has: u8, of: u8) -> bool {
        of & self.about & !has == 0
    }
}

/// That a package holds each artifact of the full manifest which is not listed, and no other.
fn check(server: &Server, package: &Content, manifest: &serde_json::Value, listed: &[&str]) {
    let found: BTreeMap<_, _> = members(&package.bytes).into_iter().skip(1).collect();
    let wanted =
        manifest.as_object().unwrap().iter().filter(|(_, entry)| !listed.contains(&entry["md5"].as_str().unwrap()));
    let wanted: BTreeMap<_, _> = wanted
        .map(|(component, entry)| {
            let blob = get(server.address(), &format!("/blobs/{}", entry["sha256"].as_str().unwrap()), &[]).body;
            (format!("{component}_{}", entry["latestVersion"].as_str().unwrap()), blob)
        })
        .collect();
    assert!(found == wanted, "{:?} for one who has {listed:?}", found.keys());
}
