//! A page of a list, with the way back: the page before is the same query read the other way round.

use domain::{Object, Result};
use store::{Cursor, Query, Store};

pub struct Paged {
    pub objects: Vec<Object>,
    pub previous: Option<String>,
    pub next: Option<String>,
}

/// Reads the page after or before a cursor, both as they stand in the address.
pub async fn page(store: &Store, query: Query, after: &str, before: &str) -> Result<Paged> {
    let backwards = !before.is_empty();
    let cursor = if backwards { before } else { after };
    let asked = Query {
        after: if cursor.is_empty() { None } else { Some(Cursor::parse(cursor)?) },
        descending: query.descending != backwards,
        ..query.clone()
    };
    let found = store.list(&asked).await?;
    let mut objects = found.objects;
    let more = found.next.map(|next| next.to_string());
    if backwards {
        objects.reverse();
        let next = objects.last().map(|last| Cursor::at(last, query.sort).to_string());
        return Ok(Paged { previous: more, next, objects });
    }
    let previous = objects.first().filter(|_| !after.is_empty()).map(|first| Cursor::at(first, query.sort).to_string());
    Ok(Paged { previous, next: more, objects })
}
