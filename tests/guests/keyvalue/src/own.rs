//! `peko:keyvalue@0.1.0`.

use crate::peko::keyvalue::store::{Error, Options, open, stores};
use crate::{Ask, Outcome, lines};

pub fn run(ask: &Ask) -> Result<Outcome, Error> {
    if ask.operation == "stores" {
        return Ok(lines(stores()));
    }
    let bucket = open(&ask.store)?;
    Ok(match ask.operation.as_str() {
        "get" => match bucket.get(&ask.key)? {
            Some(entry) => Outcome::Entry(entry.value, entry.metadata, entry.expires),
            None => Outcome::None,
        },
        "set" => {
            let options = Options { metadata: ask.query.get("metadata").cloned(), expires: ask.number("expires") };
            bucket.set(&ask.key, &ask.body, &options)?;
            Outcome::Value(vec![])
        }
        "delete" => {
            bucket.delete(&ask.key)?;
            Outcome::Value(vec![])
        }
        "list" => {
            let limit = ask.number("limit").unwrap_or(1000);
            let page = bucket.list(&ask.key, limit, ask.query.get("cursor").map(String::as_str))?;
            let keys = page.keys.into_iter().map(|info| {
                format!("{} {} {}", info.key, info.metadata.unwrap_or_default(), info.expires.unwrap_or_default())
            });
            lines(keys.chain(page.cursor.map(|cursor| format!("cursor {cursor}"))))
        }
        other => Outcome::Failed(format!("no operation {other}")),
    })
}
