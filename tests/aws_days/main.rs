//! The service over DynamoDB and S3 on their bad days, and what a question costs on a good one.
//!
//! Between the SDK and the stand-ins is a proxy (`edgehop_tests::fault_proxy`) that counts calls and does what AWS does
//! when it is in trouble. Everything else is what a deployment runs: clients, time-outs, attempts, stores, service.

mod catalog_outage;
mod costs;
mod crowds;
mod day;
mod first_objects;
mod harmed_bodies;
mod injection;
mod place;
mod recovery;
