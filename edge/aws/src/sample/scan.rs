use aws_sdk_dynamodb::Client;
use store::StoreError;

use super::item::{DEVICE_ATTR, MD5, URL, VERSION, is_samples};
use crate::catalog::{APP, ENV, Item, STEP};
use crate::failure;

/// Most items of other software in a table that is read completely: a thousand times as many as the sample has.
const MAX_ITEMS: usize = 10_000;

/// Reads all items of a table that edgehop did not write, with the attributes needed here. Makes one call for each
/// started MB.
pub(crate) async fn scan(client: &Client, table: &str) -> Result<Vec<Item>, StoreError> {
    let fields = [APP, ENV, VERSION, URL, MD5, DEVICE_ATTR, STEP];
    // Some of these names are reserved in DynamoDB, so each gets a placeholder.
    let names = fields.map(|name| (format!("#{name}"), name.to_owned()));
    let scan = client
        .scan()
        .table_name(table)
        .consistent_read(true)
        .projection_expression(names.clone().map(|(stand_in, _)| stand_in).join(", "))
        // Items that edgehop wrote are left out.
        .filter_expression(format!("attribute_not_exists(#{STEP})"))
        .set_expression_attribute_names(Some(names.into()));
    let (mut items, mut next) = (Vec::new(), None);
    loop {
        let page = scan.clone().set_exclusive_start_key(next).send().await;
        let page = page.map_err(|error| failure::catalog(format!("Scan of {table}"), &error))?;
        items.extend(page.items.unwrap_or_default().into_iter().filter(|item| !is_on_a_list(item)));
        if items.len() > MAX_ITEMS {
            let problem = format!(
                "it is read for what the AWS sample's script put there, and it has more than {MAX_ITEMS} items that \
                 edgehop did not write: use another table"
            );
            return Err(StoreError::TooLarge { what: format!("table {table}"), problem });
        }
        next = page.last_evaluated_key.filter(|key| !key.is_empty());
        if next.is_none() {
            return Ok(items);
        }
    }
}

/// Returns true for an entry of one of edgehop's lists, which have no step. No component's name contains `#`.
fn is_on_a_list(item: &Item) -> bool {
    let app = item.get(APP).and_then(|app| app.as_s().ok());
    app.is_some_and(|app| app.contains('#')) && !is_samples(item)
}
