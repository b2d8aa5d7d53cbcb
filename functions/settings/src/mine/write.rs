//! `PUT /v1/me/settings/{name}`

use std::collections::BTreeMap;

use chat::{
    catalogue::{Catalogue, Preferences, Sealed},
    id::ProviderId,
    port::{Clock, KeyOwner, Person},
};
use edge::{Rejection, Reply, Request};
use serde::Deserialize;

use super::{Name, Prompt, Thresholds};
use crate::{App, Keys, SettingPorts, change, fields::Fields};

/// The keys that change: a new one, or none any more. The others stay, because nobody could say them again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewKeys {
    keys: BTreeMap<ProviderId, Option<String>>,
}

/// What becomes of keys.
type SealedKeys = BTreeMap<ProviderId, Option<Sealed>>;

pub(crate) async fn run<P: SettingPorts, S: Keys, K: Clock>(
    app: &App<P, S, K>,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let name = Name::read(request.name())?;
    let offer = app.catalogues.offer(&app.ports, person.user_id).await?;
    let changed = match name {
        Name::Prompt => {
            let Prompt { prompt } = request.json()?;
            let mut fields = Fields::default();
            fields.prompt("prompt", &prompt);
            fields.done()?;
            change::prefer(&app.ports, person, |mine| mine.prompt.clone_from(&prompt)).await?
        }
        Name::CompactionThresholds => {
            let Thresholds { mut thresholds } = request.json()?;
            // What was read may be put again, whatever has gone since: that goes with this change.
            let held = &offer.preferences.compaction_thresholds;
            thresholds.retain(|id, _| offer.catalogue.model(*id).is_some() || !held.contains_key(id));
            check_thresholds(&thresholds, &offer.catalogue)?;
            let set = |mine: &mut Preferences| mine.compaction_thresholds.clone_from(&thresholds);
            change::prefer(&app.ports, person, set).await?
        }
        Name::Keys => {
            let NewKeys { keys } = request.json()?;
            check_keys(&keys, &offer.catalogue)?;
            let sealed = seal(&app.keys, person, keys).await?;
            check_room(&offer.preferences, &sealed, &offer.catalogue)?;
            change::prefer(&app.ports, person, |mine| replace(mine, &sealed, &offer.catalogue)).await?
        }
    };
    Ok(name.reply(&changed, &offer.catalogue))
}

fn check_thresholds(
    thresholds: &BTreeMap<chat::id::ModelId, u8>,
    catalogue: &Catalogue,
) -> Result<(), Rejection> {
    let mut fields = Fields::default();
    for (id, percent) in thresholds {
        let field = format!("thresholds.{id}");
        fields.must(*percent <= 100, &field, "must be 0 to 100");
        fields.must(catalogue.model(*id).is_some(), &field, "there is no such model");
    }
    fields.done()
}

fn check_keys(keys: &BTreeMap<ProviderId, Option<String>>, catalogue: &Catalogue) -> Result<(), Rejection> {
    let mut fields = Fields::default();
    for (id, key) in keys {
        let field = format!("keys.{id}");
        // Who takes a key away may do so whatever became of its provider.
        let Some(key) = key else { continue };
        fields.key(&field, key);
        match catalogue.provider(*id) {
            None => fields.wrong(field, "there is no such provider"),
            Some(provider) => {
                fields.must(provider.keys.own, &field, "this provider takes no keys of people's own");
            }
        }
    }
    fields.done()
}

async fn seal<S: Keys>(
    keys: &S,
    person: Person,
    new: BTreeMap<ProviderId, Option<String>>,
) -> Result<SealedKeys, Rejection> {
    let mut sealed = SealedKeys::new();
    for (id, key) in new {
        let key = match key {
            Some(key) => Some(keys.seal(KeyOwner::Person(person.user_id, id), &key).await?),
            None => None,
        };
        sealed.insert(id, key);
    }
    Ok(sealed)
}

fn check_room(mine: &Preferences, sealed: &SealedKeys, catalogue: &Catalogue) -> Result<(), Rejection> {
    let mut next = mine.clone();
    replace(&mut next, sealed, catalogue);
    let mut fields = Fields::default();
    let message = format!("all keys together must be at most {} bytes", Preferences::KEYS_BYTES);
    fields.must(next.keys_bytes() <= Preferences::KEYS_BYTES, "keys", &message);
    fields.done()
}

/// Keys of providers that have gone go with the next change.
fn replace(mine: &mut Preferences, sealed: &SealedKeys, catalogue: &Catalogue) {
    let is_removed = |id: &ProviderId| matches!(sealed.get(id), Some(None));
    mine.keep_keys_of(|id| catalogue.provider(id).is_some() && !is_removed(&id));
    for (id, key) in sealed {
        if let (Some(provider), Some(key)) = (catalogue.provider(*id), key) {
            mine.keep_key(provider, key.clone());
        }
    }
}
