//! The template of a deployment: what two judges say of it, and what a stack made of it is, read from the template itself.
//! Of what it makes, moto knows the smaller half; CloudFront's part is held here to what the book and the resolver say.

mod alarms;
mod contract;
mod edge;
mod judges;
mod made;
mod rights;
mod stores;
mod template;
mod viewer;
mod zip;
