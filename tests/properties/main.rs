//! What holds for every question and every package, shown with drawn ones.

mod vectors;
