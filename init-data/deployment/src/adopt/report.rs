use std::fmt;

use super::plan::{AdoptChange, AdoptPlan};

impl fmt::Display for AdoptPlan {
    /// What comes, component by component; what does not; then the sums.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for AdoptChange { component, lines, .. } in &self.changes {
            writeln!(f, "{component}")?;
            lines.iter().try_for_each(|line| writeln!(f, "  {line}"))?;
        }
        self.left_out.iter().try_for_each(|what| writeln!(f, "not adopted: {what}"))?;
        self.kept.iter().try_for_each(|what| writeln!(f, "stays: {what}"))?;
        if self.changes.is_empty() && self.complete && !self.done {
            return f.write_str("nothing to adopt: all that can be is published already");
        }
        let AdoptPlan { changes, releases, channels, bytes, .. } = self;
        let sums = format!("{} components, {releases} releases, {channels} channels", changes.len());
        match self.done {
            true => write!(f, "adopted: {sums}"),
            false => write!(f, "to adopt: {sums}; {bytes} bytes to read, and to copy within the bucket"),
        }
    }
}
