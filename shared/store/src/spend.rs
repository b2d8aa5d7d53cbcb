//! How what was spent is laid out: counts to which commits add. They are small, and kept.

use aws_sdk_dynamodb::types::TransactWriteItem;
use chat::{
    id::UserId,
    port::Unavailable,
    spend::{Spending, Spent, Tally},
};

use crate::{
    codec::{self, Item, VERSION},
    key,
    table::built,
    update::Updating,
};

/// The attribute with what calls cost, in millionths of a dollar.
pub(crate) const COST: &str = "cost";

/// Returns the items that a commit adds to, and what it adds: the counts, and the ceiling's while there is one.
pub(crate) fn counts(spent: &Spent) -> impl Iterator<Item = (Item, Updating)> {
    let Spent { person, day, shard, tally, ceiling_since, .. } = spent;
    let count = codec::key("key", key::usage(person.org_id, *day), key::spent(spent));
    let ceiling = ceiling_since.map(|since| {
        (
            codec::key("key", key::ceiling(person.org_id, since), shard.to_string()),
            adding([(COST, tally.cost_micros)]),
        )
    });
    std::iter::once((count, adding(attributes(tally)))).chain(ceiling)
}

/// Returns the same as members of a transaction.
pub(crate) fn members(spent: &Spent, directory: &str) -> Result<Vec<TransactWriteItem>, Unavailable> {
    let adding = |(key, adding): (Item, Updating)| {
        let update = built(adding.in_transaction(directory, key))?;
        Ok(TransactWriteItem::builder().update(update).build())
    };
    counts(spent).map(adding).collect()
}

/// Reads what somebody used.
pub(crate) fn spending(item: &Item) -> Result<Spending, Unavailable> {
    codec::check_version(item)?;
    let name = codec::name(item);
    let mut parts = name.split('#');
    let mut part = || parts.next().ok_or_else(|| codec::missing(item, "item"));
    let misnamed = || codec::missing(item, "item");
    let user_id = UserId(part()?.parse().map_err(|_| misnamed())?);
    let day = part()?.parse().map_err(|_| misnamed())?;
    let model_id = part()?.parse().map_err(|_| misnamed())?;
    Ok(Spending { user_id, model_id, day, tally: tally(item)? })
}

/// Reads what calls cost.
pub(crate) fn cost(item: &Item) -> Result<u64, Unavailable> {
    codec::check_version(item)?;
    codec::get_number(item, COST)
}

fn adding<const N: usize>(attributes: [(&str, u64); N]) -> Updating {
    let mut adding = Updating::default();
    adding.set(VERSION, codec::newest());
    for (attribute, value) in attributes {
        adding.add(attribute, value);
    }
    adding
}

const fn attributes(tally: &Tally) -> [(&'static str, u64); 8] {
    [
        ("calls", tally.calls),
        ("unpriced", tally.unpriced_calls),
        ("input", tally.input_tokens),
        ("output", tally.output_tokens),
        ("cache_read", tally.cache_read_tokens),
        ("cache_write", tally.cache_write_tokens),
        ("reasoning", tally.reasoning_tokens),
        (COST, tally.cost_micros),
    ]
}

fn tally(item: &Item) -> Result<Tally, Unavailable> {
    let get = |attribute| codec::get_number(item, attribute);
    Ok(Tally {
        calls: get("calls")?,
        unpriced_calls: get("unpriced")?,
        input_tokens: get("input")?,
        output_tokens: get("output")?,
        cache_read_tokens: get("cache_read")?,
        cache_write_tokens: get("cache_write")?,
        reasoning_tokens: get("reasoning")?,
        cost_micros: get(COST)?,
    })
}
