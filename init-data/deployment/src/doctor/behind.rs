//! What only an account of AWS shows: the stack's state, and doors that must be closed to everybody but the CDN.

use store::Catalog;

use super::examination::Examination;
use super::finding::Check;
use super::question::Question;
use crate::known_words::look;
use crate::stack::{Account, Stack};

/// Most missing words that are named.
const MOST_WORDS: usize = 5;

/// A stack, and the account that it is in.
pub(super) struct Behind<'a> {
    pub(super) account: &'a Account,
    pub(super) stack: &'a Stack,
}

impl Behind<'_> {
    /// Whether the stack is whole, and nobody changes it.
    pub(super) fn state(&self, exam: &mut Examination) {
        exam.checked("stack");
        let Stack { name, state, reason, .. } = self.stack;
        let asked = format!("the stack {name}");
        let found = match reason {
            Some(reason) => format!("{state} ({})", reason.split_whitespace().collect::<Vec<_>>().join(" ")),
            None => state.to_string(),
        };
        if !state.is_ready() {
            let means = "what devices meet may be an old part and a new one, or nothing";
            exam.problem(Check::Stack, asked, "a stack that is complete", found, means, state.advice(name));
        } else if state.is_failed() {
            let means = "the last update was undone: the stack is as it was before";
            let mend = format!("look at the first resource that failed, and repeat: edgehop init {name} --create");
            exam.problem(Check::Stack, asked, "a stack that is complete", found, means, mend);
            exam.only_a_note();
        }
    }

    /// What devices need is restored from cold storage when they ask for it.
    pub(super) fn restores(&self) -> bool {
        self.stack.parameters.get("RestoreTier").is_some_and(|tier| tier != "none")
    }

    /// The stack does not say where it is.
    pub(super) fn nowhere(&self, exam: &mut Examination) {
        let name = &self.stack.name;
        let means = "the stack was made from another template, or is not made yet";
        let mend = format!("bring it to the template (edgehop init {name} --create), or give --endpoint");
        let asked = format!("the output Endpoint of the stack {name}");
        exam.problem(Check::Stack, asked, "https://…", "it is not there", means, mend);
    }

    /// Whoever is not signed for must be refused: by the function's own URL, and by the bucket.
    pub(super) async fn doors(&self, exam: &mut Examination, question: Option<&Question>) {
        exam.checked("permissions");
        let name = &self.stack.name;
        if let Some(url) = &self.stack.outputs.function_url {
            let url = format!("{}/healthz", url.trim_end_matches('/'));
            let means = "anybody can ask the function past the CDN, its cache and its rules, and you pay for each call";
            let mend = format!("the function URL's AuthType must be AWS_IAM: edgehop init {name} --create");
            closed(exam, Check::FunctionOpen, &url, means, &mend).await;
        }
        let Ok(bucket) = self.stack.bucket(self.account).await else { return };
        let base = match &self.account.endpoint_url {
            Some(endpoint) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
            None => format!("https://{bucket}.s3.{}.amazonaws.com", self.account.region),
        };
        let means = "anybody can read the bucket past the CDN, and you pay for each byte";
        let mend = format!(
            "switch on all four of the bucket's public access blocks and take `*` out of its policy: edgehop init {name} \
             --create"
        );
        closed(exam, Check::BucketOpen, &format!("{base}/?list-type=2&max-keys=1"), means, &mend).await;
        if let Some(wanted) = question.and_then(Question::smallest).filter(|_| !exam.has(Check::BucketOpen)) {
            closed(exam, Check::BucketOpen, &format!("{base}/blobs/{}", wanted.artifact.sha256), means, &mend).await;
        }
    }

    /// Whether the viewer-request function knows the catalog's words, and publishing keeps its list current. It drops from
    /// a question what it does not know.
    pub(super) async fn words(&self, exam: &mut Examination, catalog: &impl Catalog) {
        let Some(place) = self.stack.known_words_place() else { return };
        exam.checked("known words");
        let name = &self.stack.name;
        let noted = match self.stack.catalog(self.account).await {
            Ok(table) => table.vocabulary_stores().await,
            // What is wrong with the table was found before.
            Err(_) => return,
        };
        if noted.is_ok_and(|noted| !noted.contains(&place.to_string())) {
            let means =
                "publishing does not keep the list of known words current, and what is new is hidden by an old one";
            let mend = format!("edgehop init {name} --create");
            exam.problem(Check::KnownWords, "the table's note", place.to_string(), "it is not there", means, mend);
        }
        let state = match look(&self.account.edge(place.clone()), catalog).await {
            Ok(state) => state,
            Err(error) => return exam.skip("the list of known words", error.to_string()),
        };
        let asked = format!("the list of known words at {place}");
        let stores = "--catalog dynamodb:TABLE --artifacts s3:BUCKET";
        let mend = format!("edgehop known-words --push {stores} --known-words {place}");
        if state.keeps_everything {
            let means = "the cache keeps an entry for each unknown key and digest that devices send";
            exam.problem(Check::KnownWords, asked, "the catalog's words", "it is not there", means, mend);
            exam.only_a_note();
        } else if !state.missing.is_empty() {
            let missing: Vec<&str> = state.missing.iter().take(MOST_WORDS).map(String::as_str).collect();
            let found = format!("{} are not there, such as {}", state.missing.len(), missing.join(", "));
            let means = "the viewer-request function drops them from what devices ask: they are answered as if it were not \
                         published";
            exam.problem(Check::KnownWords, asked, "the catalog's words", found, means, mend);
        } else if !state.current {
            let found = format!("{} words more", state.needless.len());
            let means = "the cache keeps entries for words that change no answer";
            exam.problem(Check::KnownWords, asked, "the catalog's words", found, means, mend);
            exam.only_a_note();
        }
    }
}

/// That an address refuses whoever does not sign.
async fn closed(exam: &mut Examination, check: Check, url: &str, means: &str, mend: &str) {
    match exam.elsewhere(url, &[]).await {
        Ok(answered) if [401, 403].contains(&answered.status.as_u16()) => {}
        // It is not open either.
        Ok(answered) if answered.status.as_u16() == 404 => {}
        Ok(answered) => exam.problem(check, format!("GET {url}, unsigned"), "403", answered.in_short(), means, mend),
        Err(trouble) => exam.skip("whether all doors are closed", format!("{url}: {trouble}")),
    }
}
