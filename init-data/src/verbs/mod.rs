//! The verbs of the command line: what each takes, does and shows.

/// `edgehop graph`: draws a component.
pub mod graph;
