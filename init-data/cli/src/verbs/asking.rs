use std::fmt::Display;
use std::io::{BufRead as _, IsTerminal as _};

use anyhow::Context as _;

/// Somebody sits at a terminal who can be asked. A program that wants JSON is not.
pub(crate) fn can_ask(json: bool) -> bool {
    !json && std::io::stdin().is_terminal() && terminal::is_watched()
}

/// What the operator answers.
pub(crate) fn ask(question: &impl Display) -> anyhow::Result<String> {
    let mut line = String::new();
    terminal::complain(&format!("{question} "));
    std::io::stdin().lock().read_line(&mut line).context("cannot read the answer")?;
    Ok(line)
}

/// Whether to go on. Where nobody can be asked, nothing is done.
pub(crate) fn agreed(
    yes: bool,
    terminal: bool,
    answer: impl FnOnce() -> anyhow::Result<String>,
) -> anyhow::Result<bool> {
    if yes || !terminal {
        return Ok(yes);
    }
    Ok(matches!(answer()?.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_done_without_a_yes() {
        let says = |answer: &'static str| move || Ok(answer.to_owned());
        let never = || -> anyhow::Result<String> { panic!("there is nobody to ask") };
        assert!(agreed(true, true, never).unwrap() && agreed(true, false, never).unwrap());
        assert!(!agreed(false, false, never).unwrap());
        for (answer, yes) in
            [("y\n", true), ("YES\n", true), ("\n", false), ("", false), ("no\n", false), ("yy\n", false)]
        {
            assert_eq!(agreed(false, true, says(answer)).unwrap(), yes, "{answer:?}");
        }
        assert!(agreed(false, true, || anyhow::bail!("gone")).is_err());
    }
}
