//! The CDN's viewer-request function beside the origin's own reading of a question.

mod deployment;
