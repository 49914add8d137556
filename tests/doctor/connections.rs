//! Connections that end between two requests, as any may.

use crate::deployment::{HEALTHY, Plan};
use crate::front::{Break, WHOLE};

#[test]
fn a_connection_that_ends_without_a_word_is_nobodys_fault() {
    let front = Break { is_curt: true, ..WHOLE };
    Plan { front, ..HEALTHY }.build().visit().is_well();
}
