//! A deployment that `edgehop init` makes and fills, and `edgehop destroy` takes down: on moto, which knows tables, buckets,
//! roles and functions, and makes a stack at once; and on a CloudFormation of the tests' own, which takes its time, fails,
//! and forbids.

mod bad_code;
mod bad_input;
mod busy;
mod busy_s3;
mod cloudformation;
mod data;
mod desk;
mod existing;
mod flow;
mod killed;
mod known_words;
mod lost;
mod out_of_reach;
mod refusing;
mod request;
mod states;
mod uploads;
mod zips;
