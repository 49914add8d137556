use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use open::Stores;
use publishing::signing::{read_signature, signature_of};
use publishing::{Pointer, Publication, Terms, publish};
use resolver::catalog::Requirement;
use resolver::words::{AttributeName, ChannelName, ComponentName, Notes, Reason, Timestamp, Version, VersionRange};
use store::{Artifacts, Catalog};

use super::lower_case::lower_case;
use super::public_key::public_key;
use super::report::Report;

/// `edgehop publish`.
#[derive(Debug, clap::Args)]
pub(crate) struct PublishArgs {
    /// What it is a release of
    component: ComponentName,
    /// Which release it is; versions keep their spelling
    version: Version,
    /// The artifact
    file: PathBuf,
    /// Point this channel at it
    #[arg(long, value_name = "NAME", value_parser = lower_case::<ChannelName>)]
    channel: Option<ChannelName>,
    /// A device with this attribute, on that channel, gets the component; may be given several times
    #[arg(long = "attribute", value_name = "NAME", requires = "channel", value_parser = lower_case::<AttributeName>)]
    attributes: Vec<AttributeName>,
    /// Whether a device on something newer goes down to that channel's target; ends when the channel moves,
    /// unless given again
    #[arg(long, value_name = "BOOL", requires = "channel", num_args = 0..=1, default_missing_value = "true")]
    allow_downgrade: Option<bool>,
    /// A fact that it takes, such as hw.rev>=3 or hw.board=a|b; may be given several times
    #[arg(long, value_name = "RULE")]
    requires: Vec<Requirement>,
    /// The versions it may be installed over, such as ">=5.6.30" or ">=5.6, <7"
    #[arg(long, value_name = "RANGE")]
    from: Option<VersionRange>,
    /// Older devices must install it before anything newer, for this reason
    #[arg(long, value_name = "REASON")]
    barrier: Option<Reason>,
    /// Nothing leads on from it, for this reason; it is never offered
    #[arg(long, value_name = "REASON")]
    dead_end: Option<Reason>,
    /// The oldest version that may ever be installed over it
    #[arg(long, value_name = "VERSION")]
    floor: Option<Version>,
    /// A public key that it trusts once installed, as a file or a line; may be given several times [default: the key
    /// that signed it]
    #[arg(long, value_name = "FILE_OR_LINE")]
    trusts: Vec<String>,
    /// Its signature [default: <FILE>.minisig, if it is there]
    #[arg(long, value_name = "FILE", conflicts_with = "unsigned")]
    signature: Option<PathBuf>,
    /// Pass over a signature that lies beside the file
    #[arg(long)]
    unsigned: bool,
    /// What to say about it
    #[arg(long, value_name = "TEXT")]
    notes: Option<Notes>,
    /// Publish it although devices would be stranded, for this reason, which is kept
    #[arg(long, value_name = "REASON")]
    force: Option<Reason>,
}

impl PublishArgs {
    pub(crate) async fn run<C: Catalog, A: Artifacts>(
        self,
        stores: &Stores<C, A>,
        now: Timestamp,
        quiet: bool,
    ) -> anyhow::Result<Report> {
        let beside = signature_of(&self.file);
        let signature = match self.signature {
            Some(file) => Some(file),
            // A link that leads nowhere is no unsigned file.
            None if !self.unsigned && beside.symlink_metadata().is_ok() => Some(beside),
            None => None,
        };
        let trusts =
            self.trusts.iter().map(|given| public_key("--trusts", given)).collect::<Result<BTreeSet<_>, _>>()?;
        let what = format!("cannot publish {} as {} {}", self.file.display(), self.component, self.version);
        let terms = Terms {
            signature: signature.as_deref().map(read_signature).transpose().with_context(|| what.clone())?,
            trusts: given(trusts),
            requires: given(self.requires.into_iter().collect()),
            from: self.from,
            barrier: self.barrier,
            dead_end: self.dead_end,
            floor: self.floor,
            notes: self.notes,
        };
        let attributes = given(self.attributes.into_iter().collect());
        let allow_downgrade = self.allow_downgrade;
        let channel = self.channel.map(|name| Pointer { name, attributes, allow_downgrade });
        let bar = progress(&self.file, quiet);
        let publication = Publication {
            component: self.component,
            version: self.version,
            file: self.file,
            terms,
            channel,
            force: self.force,
        };
        let read = bar.clone();
        let published = publish(stores, publication, now, move |bytes| read.inc(bytes)).await;
        bar.finish_and_clear();
        Report::of(&published.with_context(|| what)?)
    }
}

/// A set that was given; an empty one was not.
fn given<T>(set: BTreeSet<T>) -> Option<BTreeSet<T>> {
    (!set.is_empty()).then_some(set)
}

/// How far the file was read, for whoever watches.
fn progress(file: &std::path::Path, quiet: bool) -> ProgressBar {
    let length = std::fs::metadata(file).map_or(0, |meta| meta.len());
    if quiet || !terminal::is_watched() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
