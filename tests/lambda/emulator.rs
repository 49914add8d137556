//! cargo-lambda.
