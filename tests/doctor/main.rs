//! `edgehop doctor` before real deployments: the function, Varnish and the local server, whole and broken.

mod answers;
mod caches;
mod connections;
mod deployment;
mod front;
mod healthy;
mod late;
mod origins;
mod stack;
mod stores;
