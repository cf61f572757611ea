//! `wasi:keyvalue@0.2.0-draft`.

use crate::wasi::keyvalue0_2_0_draft::store::{Error, open};
use crate::wasi::keyvalue0_2_0_draft::{atomics, batch};
use crate::{Ask, Outcome, found, lines};

pub fn run(ask: &Ask) -> Result<Outcome, Error> {
    let bucket = open(&ask.store)?;
    Ok(match ask.operation.as_str() {
        "get" => bucket.get(&ask.key)?.map_or(Outcome::None, Outcome::Value),
        "set" => {
            bucket.set(&ask.key, &ask.body)?;
            Outcome::Value(vec![])
        }
        "delete" => {
            bucket.delete(&ask.key)?;
            Outcome::Value(vec![])
        }
        "exists" => Outcome::Value(bucket.exists(&ask.key)?.to_string().into_bytes()),
        "list" => {
            let mut keys = Vec::new();
            let mut cursor = None;
            loop {
                let page = bucket.list_keys(cursor)?;
                keys.extend(page.keys);
                cursor = page.cursor;
                if cursor.is_none() {
                    break lines(keys);
                }
            }
        }
        "increment" => {
            let delta = ask.number("delta").unwrap_or(1);
            Outcome::Value(atomics::increment(&bucket, &ask.key, delta)?.to_string().into_bytes())
        }
        "get-many" => found(batch::get_many(&bucket, &ask.keys())?),
        "set-many" => {
            batch::set_many(&bucket, &ask.pairs())?;
            Outcome::Value(vec![])
        }
        "delete-many" => {
            batch::delete_many(&bucket, &ask.keys())?;
            Outcome::Value(vec![])
        }
        other => Outcome::Failed(format!("no operation {other}")),
    })
}
