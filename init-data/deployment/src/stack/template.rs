//! The template that every stack of edgehop's is made from.

use resolver::words::Sha256;

/// The template's text.
pub(super) const TEMPLATE: &str = include_str!("../../../../cloudformation/template.yaml");

/// The names of its parameters, in the order in which they stand there.
///
/// The template is our own, and its parameters stand two spaces from the left: no YAML is parsed for that.
pub(super) fn parameters() -> Vec<&'static str> {
    let mut lines = TEMPLATE.lines().skip_while(|line| *line != "Parameters:");
    let section = lines.by_ref().skip(1).take_while(|line| line.is_empty() || line.starts_with([' ', '#']));
    let names = section.filter_map(|line| line.strip_prefix("  ")?.trim_end().strip_suffix(':'));
    names.filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase())).collect()
}

/// SHA-256 of the template.
pub(super) fn digest() -> Sha256 {
    Sha256::of(TEMPLATE.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::found::DESCRIPTION;
    use crate::stack::parameters::{CODE_BUCKET, CODE_KEY};

    #[test]
    fn the_description_says_whose_it_is() {
        let mut lines = TEMPLATE.lines().skip_while(|line| !line.starts_with("Description:"));
        assert!(lines.nth(1).unwrap().trim_start().starts_with(DESCRIPTION));
    }

    #[test]
    fn the_parameters_are_found() {
        let found = parameters();
        for name in [CODE_BUCKET, CODE_KEY, "Architecture", "ExistingBucket"] {
            assert!(found.contains(&name), "{name} is not among {found:?}");
        }
        assert!(found.iter().all(|name| name.bytes().all(|b| b.is_ascii_alphanumeric())), "{found:?}");
    }
}
