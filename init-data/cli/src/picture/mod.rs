//! A component drawn: releases in the order of their versions, what stands between them, and the next hop of a device
//! on each.
//!
//! ```text
//! component ─► survey ─► text · dot · mermaid · svg
//!    facts ──┘ (asks the resolver)   (pure)
//! ```
//!
//! A survey asks [`resolver::decide::decide`] what a device on each release gets; the drawings add nothing to that. The
//! same survey gives the same bytes, so a drawing can be committed and compared.

mod dot;
mod fit;
mod mermaid;
mod remark;
mod survey;
mod svg;
mod text;

pub(crate) use dot::dot;
pub(crate) use mermaid::mermaid;
pub(crate) use survey::{Next, Node, Survey, survey};
pub(crate) use svg::svg;
pub(crate) use text::text;

#[cfg(test)]
mod samples;
