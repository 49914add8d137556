//! The real `edgehop` and the real `edgehop-server`, as an operator and a device with `curl` know them.

mod aws;
mod aws_errors;
mod aws_together;
mod bad_documents;
mod bad_edits;
mod bad_files;
mod bad_folders;
mod bad_signatures;
mod bad_words;
mod desk;
mod device;
mod explain;
mod going_down;
mod half_given;
mod json;
mod keys;
mod minisign;
mod shown;
mod signed_paths;
mod stories;
mod twins;
mod verbs;
mod warming;
