use anyhow::{Context as _, ensure};
use resolver::catalog::Component;
use resolver::words::{ComponentKey, ComponentName};
use store::Catalog;

/// The component of this name, or every component, in the order of their keys. A name that nothing is published under
/// is an error that says what there is.
pub(crate) async fn published(catalog: &impl Catalog, name: Option<&ComponentName>) -> anyhow::Result<Vec<Component>> {
    let keys = catalog.components().await?;
    let wanted = match name {
        None => keys,
        Some(name) => {
            let there: Vec<&str> = keys.iter().map(ComponentKey::as_str).collect();
            let there = if there.is_empty() { "nothing".to_owned() } else { there.join(", ") };
            ensure!(keys.contains(&name.key()), "{name} is not published: there is {there}");
            vec![name.key()]
        }
    };
    let mut components = Vec::new();
    for key in wanted {
        let component = catalog.component(&key).await?;
        components.push(component.with_context(|| format!("{key} went away while it was read: try again"))?);
    }
    Ok(components)
}
