//! Looking at a directory, without following a link.

use super::{
    beneath::{Folder, Found},
    beside,
};
use crate::destinations::{
    Stores,
    sight::{Asked, ForeignRead, Sight},
};
use domain::{ErrorKind, Result, destination::DirectoryStore, drift::Seen};
use std::collections::BTreeSet;

pub async fn look(stores: &Stores, store_uid: &str, store: &DirectoryStore, asked: Vec<Asked>) -> Result<Sight> {
    beside(stores, store_uid, store, move |top| {
        let mut sight = Sight::of(&asked);
        for (at, one) in asked.iter().enumerate() {
            match folder(top, at, one, &mut sight) {
                // something stands in the way of it, or there is more than anybody placed
                Err(error) if error.kind == ErrorKind::Conflict => {
                    one.files.keys().for_each(|path| sight.see(at, path, Seen::Odd));
                }
                done => done?,
            }
        }
        Ok(sight)
    })
    .await
}

fn folder(top: &Folder, at: usize, asked: &Asked, sight: &mut Sight) -> Result<()> {
    let root = if asked.root.is_empty() { Some(top.clone()) } else { top.descend(&asked.root)? };
    let Some(root) = root else { return Ok(()) };
    let mut foreign = ForeignRead::default();
    let mut paths: BTreeSet<String> = asked.files.keys().cloned().collect();
    if asked.owned {
        let everything = root.everything()?.into_iter();
        paths.extend(everything.filter(|(_, found)| *found != Found::Folder).map(|(path, _)| path));
    }
    for path in paths {
        let ours = asked.files.contains_key(&path);
        let found = match root.at(&path) {
            Ok(Some((parent, name))) => parent.find(&name)?.map(|found| (found, parent, name)),
            Ok(None) => None,
            Err(error) if error.kind == ErrorKind::Conflict => {
                sight.see(at, &path, Seen::Odd);
                continue;
            }
            Err(error) => return Err(error),
        };
        match found {
            None => {}
            Some((Found::File, parent, name)) if ours || foreign.reads(at, parent.size(&name)?) => {
                // gone between two looks is gone
                if let Some(content) = parent.read(&name)? {
                    sight.note(at, asked, &path, &content);
                }
            }
            Some((Found::File, ..)) => sight.see(at, &path, Seen::Unread),
            Some(_) => sight.see(at, &path, Seen::Odd),
        }
    }
    Ok(())
}
