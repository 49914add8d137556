//! The facts that are drawn and what releases require of them, with an answer written down by hand for each value.

/// Facts, and the values that devices say. A zero in front makes another word of the same number.
pub(crate) const FACTS: &[(&str, &[&str])] = &[("hw.rev", &["2", "3", "03", "10"]), ("hw.board", &["a", "b", "c"])];

/// A requirement, the fact it is about, and which of that fact's values meet it.
pub(crate) type Required = (&'static str, &'static str, &'static [&'static str]);

/// What releases require.
pub(crate) const REQUIREMENTS: &[Required] = &[
    ("hw.rev>=3", "hw.rev", &["3", "03", "10"]),
    ("hw.rev>3", "hw.rev", &["10"]),
    ("hw.rev<=3", "hw.rev", &["2", "3", "03"]),
    ("hw.rev<10", "hw.rev", &["2", "3", "03"]),
    ("hw.rev=3|10", "hw.rev", &["3", "10"]),
    ("hw.rev!=2", "hw.rev", &["3", "03", "10"]),
    ("hw.board=a|b", "hw.board", &["a", "b"]),
    ("hw.board!=a", "hw.board", &["b", "c"]),
];
