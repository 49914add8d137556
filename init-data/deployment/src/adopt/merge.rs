use aws::AdoptionState;
use resolver::catalog::{Component, Edit};

/// What is missing of the sample's component, and what is otherwise here and stays so.
///
/// As long as the sample's items count, channels become what they say. After that only new ones come: one whose release
/// is here already was removed, or is not wanted on that channel.
pub(super) fn merge(before: &Component, samples: &Component, adoption_state: AdoptionState) -> (Edit, Vec<String>) {
    let mut edit = Edit::default();
    let mut kept = Vec::new();
    let new = samples.releases().iter().filter(|release| before.release(&release.version).is_none());
    edit.releases.extend(new.map(|release| (**release).clone()));
    let ours = adoption_state == AdoptionState::Own;
    for (name, channel) in &samples.channels {
        match before.channels.get(name) {
            Some(there) if there == channel => {}
            Some(there) if ours => {
                let of = &before.name;
                let how = match there.target == channel.target {
                    true => "with other attributes or downgrades".to_owned(),
                    false => format!("at {}: `edgehop channel set {of} {name} {0}` follows it", channel.target),
                };
                kept.push(format!("{of} {name} points at {} here, and in the sample's item {how}", there.target));
            }
            None if ours && before.release(&channel.target).is_some() => {
                let of = &before.name;
                kept.push(format!(
                    "{of} has no channel {name} here, and the sample's item points at {0}: `edgehop channel set {of} {name} \
                     {0}` makes it",
                    channel.target
                ));
            }
            _ => drop(edit.channels.insert(name.clone(), Some(channel.clone()))),
        }
    }
    if !ours {
        let gone = before.channels.keys().filter(|name| !samples.channels.contains_key(*name));
        edit.channels.extend(gone.map(|name| (name.clone(), None)));
    }
    (edit, kept)
}
