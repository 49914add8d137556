use std::fmt;

use deployment::stack::{AccountOptions, Amount, Removal, StackName};
use serde::Serialize;

use super::asking::{ask, can_ask};
use super::report::Report;
use super::watching::Watching;

/// `edgehop destroy`.
#[derive(Debug, clap::Args)]
pub(crate) struct DestroyArgs {
    /// The stack
    stack: StackName,
    #[command(flatten)]
    account: AccountOptions,
    /// Delete without asking
    #[arg(long)]
    yes: bool,
}

/// Nobody agreed to it.
#[derive(Debug, thiserror::Error)]
#[error("nothing was deleted: {0}")]
pub(crate) struct NotAgreed(String);

/// What is deleted, and what stays.
#[derive(Debug, Serialize)]
struct Going {
    stack: StackName,
    region: String,
    state: String,
    endpoint: Option<String>,
    tables: Vec<Table>,
    buckets: Vec<Bucket>,
    /// The bucket with code and templates, and how much of what is there is deleted.
    uploads: Option<Bucket>,
    /// Why what was uploaded for the stack stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    unseen: Option<String>,
    /// Tables and buckets that the stack uses and did not make.
    kept: Vec<String>,
    /// It was deleted.
    deleted: bool,
}

#[derive(Debug, Serialize)]
struct Table {
    name: String,
    /// `None` where that cannot be seen.
    components: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Bucket {
    name: String,
    #[serde(flatten)]
    amount: Amount,
}

impl DestroyArgs {
    /// Says what there is, asks, and deletes it.
    pub(crate) async fn run(self, json: bool) -> anyhow::Result<Report> {
        let account = self.account.open().await?;
        let removal = Removal::of(&account, &self.stack).await?;
        let mut going = Going::of(&removal, &account.region);
        let asked = || ask(&format_args!("{going}\nThis cannot be undone. Type the stack's name to delete all of it:"));
        agreed(self.yes, can_ask(json), &self.stack, asked)?;
        let mut watching = Watching::new(json);
        if self.yes {
            // Who is not asked is told all the same.
            watching.say(&going.to_string());
        }
        removal.run(&account, &mut |told| watching.tell(&told)).await?;
        watching.end();
        going.deleted = true;
        Report::of(&going)
    }
}

/// Whether to go on. Where nobody can be asked, nothing is deleted.
fn agreed(
    yes: bool,
    terminal: bool,
    stack: &StackName,
    answer: impl FnOnce() -> anyhow::Result<String>,
) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    if !terminal {
        let why = format!("there is no terminal to ask on; give --yes to delete the stack {stack} and all its data");
        return Err(NotAgreed(why).into());
    }
    match answer()?.trim() {
        typed if typed == stack.as_str() => Ok(()),
        _ => Err(NotAgreed(format!("what was typed is not {stack}")).into()),
    }
}

impl Going {
    fn of(removal: &Removal, region: &str) -> Going {
        let (stack, uploads) = (&removal.stack, &removal.uploads);
        let tables =
            removal.tables.iter().map(|(name, components)| Table { name: name.clone(), components: *components });
        let buckets = removal.buckets.iter().map(|(name, amount)| Bucket { name: name.clone(), amount: *amount });
        Going {
            stack: stack.name.clone(),
            region: region.to_owned(),
            state: stack.state.to_string(),
            endpoint: stack.outputs.endpoint.clone(),
            tables: tables.collect(),
            buckets: buckets.collect(),
            uploads: uploads.as_ref().map(|uploads| Bucket { name: uploads.bucket.clone(), amount: uploads.amount }),
            unseen: removal.unseen.clone(),
            kept: removal.kept.clone(),
            deleted: false,
        }
    }
}

impl fmt::Display for Going {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.deleted { "deleted" } else { "to be deleted" };
        writeln!(f, "{verb}: the stack {} in {}, which was in {}", self.stack, self.region, self.state)?;
        self.endpoint
            .iter()
            .try_for_each(|url| writeln!(f, "{verb}: the endpoint {url}, and every answer to devices"))?;
        for Table { name, components } in &self.tables {
            let components = components.map_or("an unknown number of".to_owned(), |count| count.to_string());
            writeln!(f, "{verb}: the table {name} with {components} components")?;
        }
        for Bucket { name, amount: Amount { objects, bytes } } in &self.buckets {
            writeln!(f, "{verb}: the bucket {name} with {objects} objects, {bytes} bytes, old versions included")?;
        }
        if let Some(Bucket { name, amount: Amount { objects, .. } }) = &self.uploads {
            writeln!(f, "{verb}: {objects} uploads of code and templates for it in the bucket {name}, which stays")?;
        }
        self.unseen.iter().try_for_each(|why| writeln!(f, "stays: what was uploaded for it; {why}"))?;
        self.kept.iter().try_for_each(|name| writeln!(f, "stays: {name}, which the stack did not make"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_deleted_without_its_name() {
        let stack: StackName = "ota".parse().unwrap();
        let says = |answer: &'static str| move || Ok(answer.to_owned());
        let never = || -> anyhow::Result<String> { panic!("there is nobody to ask") };
        assert!(agreed(true, true, &stack, never).is_ok() && agreed(true, false, &stack, never).is_ok());
        assert!(agreed(false, false, &stack, never).unwrap_err().to_string().contains("--yes"));
        assert!(agreed(false, true, &stack, says("ota\n")).is_ok());
        for answer in ["", "\n", "y\n", "yes\n", "OTA\n", "ota2\n"] {
            assert!(agreed(false, true, &stack, says(answer)).is_err(), "{answer:?}");
        }
    }
}
