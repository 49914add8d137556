//! `cargo bench --package edgehop-tests`: edgehop beside its peers, measured in turn in the same run.
//!
//! Machines differ and are noisy, so what counts is the ratio to nginx serving the same bytes as a static file.

mod answer;
mod cost;
mod decision;
mod keys;
mod lambda;
mod load;
mod memory;
mod throughput;

/// Every benchmark and its name; `-- NAME` after the command runs only those whose name holds that.
const ALL: [(&str, fn()); 8] = [
    ("answer", answer::list),
    ("lists", throughput::lists),
    ("packages", throughput::packages),
    ("memory", memory::peak),
    ("decide", decision::decisions),
    ("lambda", lambda::function),
    ("cost", cost::table),
    ("keys", keys::simulated),
];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    println!("{:<46} {:>12} {:>12} {:>7}  goal", "what", "edgehop", "peer", "ratio");
    // It takes an hour: only who names it waits for it.
    if wanted.iter().any(|word| word == "load") {
        load::mixed();
    }
    for (name, run) in ALL {
        if wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str())) {
            run();
        }
    }
}

/// One line of the report.
fn report(what: &str, ours: String, peer: String, ratio: f64, goal: &str, met: bool) {
    let mark = if met { "met" } else { "MISSED" };
    println!("{what:<46} {ours:>12} {peer:>12} {ratio:>7.2}  {goal}: {mark}");
}

/// The middle one of an odd number of figures.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
