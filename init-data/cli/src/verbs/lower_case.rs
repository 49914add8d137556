use std::str::FromStr;

/// Reads a word that a device's query has in any case, and the catalog in lower case.
pub(crate) fn lower_case<T: FromStr>(given: &str) -> Result<T, T::Err> {
    given.to_ascii_lowercase().parse()
}
