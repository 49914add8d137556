//! The real `edgehop` and the real `edgehop-server`, as an operator and a device with `curl` know them.

mod desk;
mod device;
mod keys;
mod minisign;
mod stories;
