use aws_sdk_dynamodb::Client;
use store::StoreError;

use super::item::{DEVICE_ATTR, MD5, URL, VERSION};
use crate::catalog::{APP, ENV, Item, STEP};
use crate::failure;

/// Most items of a table that is read as a whole: a thousand times the sample's own. A larger one is no sample's.
const MAX_ITEMS: usize = 10_000;

/// Every item of a table, with the attributes that count here. One call for each started MB.
pub(crate) async fn scan(client: &Client, table: &str) -> Result<Vec<Item>, StoreError> {
    let fields = [APP, ENV, VERSION, URL, MD5, DEVICE_ATTR, STEP];
    // Some of these names are words of DynamoDB's own: each is given a stand-in.
    let (stand_ins, names): (Vec<_>, Vec<_>) = (fields.iter().enumerate())
        .map(|(index, name)| (format!("#f{index}"), (*name).to_owned()))
        .map(|(stand_in, name)| (stand_in.clone(), (stand_in, name)))
        .unzip();
    let scan = client
        .scan()
        .table_name(table)
        .consistent_read(true)
        .projection_expression(stand_ins.join(", "))
        .set_expression_attribute_names(Some(names.into_iter().collect()));
    let (mut items, mut next) = (Vec::new(), None);
    loop {
        let page = scan.clone().set_exclusive_start_key(next).send().await;
        let page = page.map_err(|error| failure::catalog(format!("Scan of {table}"), &error))?;
        items.extend(page.items.unwrap_or_default());
        if items.len() > MAX_ITEMS {
            let problem = format!(
                "nothing was published into it with edgehop, so it is read as a whole, and it has more than {MAX_ITEMS} \
                 items: use another table"
            );
            return Err(StoreError::TooLarge { what: format!("table {table}"), problem });
        }
        next = page.last_evaluated_key.filter(|key| !key.is_empty());
        if next.is_none() {
            return Ok(items);
        }
    }
}
