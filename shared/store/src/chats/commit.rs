//! Writes a change: one update of the row, or one transaction when other items go with it.

use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemError,
    types::{ConditionCheck, Delete, Put, TransactWriteItem},
};
use chat::{
    Change,
    change::Share,
    port::{CommitChats, CommitError, CommitFamilies, Receipt, Unavailable},
    spend::Spent,
};

use super::Chats;
use crate::{
    codec::{self, EXPIRES_AT, Item, number, unreadable},
    items, key,
    row::{self, FORKED, GONE},
    spend,
    table::{built, failed, refused},
    update::Updating,
};

/// Items that one transaction takes.
const TRANSACTION_ITEMS: usize = 100;

impl CommitChats for Chats {
    async fn commit(&self, change: &Change, receipt: Option<&Receipt>) -> Result<(), CommitError> {
        let row = row::update(change)?;
        let beside = self.beside(change, receipt)?;
        let dropped = self.dropped(change);
        if beside.is_empty() && dropped.is_empty() {
            return self.update_row(change, &row).await;
        }
        let row = built(row.in_transaction(&self.table.name, row_key(change)))?;
        let mut writes = vec![TransactWriteItem::builder().update(row).build()];
        writes.extend(beside);
        self.transact_with(writes, &dropped).await
    }
}

impl CommitFamilies for Chats {
    async fn commit_all(&self, changes: &[Change]) -> Result<(), CommitError> {
        let (mut writes, mut dropped) = (Vec::new(), Vec::new());
        for change in changes {
            let row = built(row::update(change)?.in_transaction(&self.table.name, row_key(change)))?;
            writes.push(TransactWriteItem::builder().update(row).build());
            writes.extend(self.beside(change, None)?);
            dropped.extend(self.dropped(change));
        }
        self.transact_with(writes, &dropped).await
    }
}

impl Chats {
    async fn update_row(&self, change: &Change, row: &Updating) -> Result<(), CommitError> {
        let sent = self.table.update(row_key(change), row).send().await;
        sent.map(drop).map_err(|error| match error.as_service_error() {
            Some(
                UpdateItemError::ConditionalCheckFailedException(_)
                | UpdateItemError::TransactionConflictException(_),
            ) => CommitError::Conflict,
            Some(_) | None => failed(error).into(),
        })
    }

    /// Writes, and removes what the rows no longer name.
    async fn transact_with(
        &self,
        mut writes: Vec<TransactWriteItem>,
        dropped: &[Item],
    ) -> Result<(), CommitError> {
        if writes.len() > TRANSACTION_ITEMS {
            return Err(unreadable(format!("a change of {} items is too large", writes.len())).into());
        }
        let room = dropped.len().min(TRANSACTION_ITEMS - writes.len());
        let (with_it, later) = dropped.split_at(room);
        for key in with_it {
            writes.push(self.deleting(key.clone())?);
        }
        self.transact(writes).await?;
        self.delete_later(later).await;
        Ok(())
    }

    /// The SDK gives every transaction a token, so that its own repetitions write once.
    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<(), CommitError> {
        let sent = self.table.client.transact_write_items().set_transact_items(Some(writes)).send().await;
        sent.map(drop).map_err(refused)
    }

    /// What must be written together with the row.
    fn beside(
        &self,
        change: &Change,
        receipt: Option<&Receipt>,
    ) -> Result<Vec<TransactWriteItem>, Unavailable> {
        let id = change.chat.id;
        let mut puts = Vec::new();
        for message in &change.messages {
            puts.extend(items::of_message(id, message)?);
        }
        for queued in &change.queue_put {
            puts.push(items::of_queued(id, queued)?);
        }
        for call in &change.calls_put {
            puts.push(items::of_call(id, call)?);
        }
        puts.extend(items::of_child(change));
        if let Some(spec) = &change.spec {
            puts.push(items::of_spec(id, spec)?);
        }
        let puts = puts.into_iter().map(|item| self.putting(item));
        let share = change.share.map(|share| self.sharing(share));
        let receipt = receipt.map(|receipt| self.receipting(receipt));
        let mut beside: Vec<_> = puts.chain(share).chain(receipt).collect::<Result<_, _>>()?;
        for spent in &change.spent {
            beside.extend(self.counted(spent)?);
        }
        Ok(beside)
    }

    fn counted(&self, spent: &Spent) -> Result<Vec<TransactWriteItem>, Unavailable> {
        let Some(directory) = &self.directory else {
            return Err(unreadable("this function counts nothing, and a change says what it spent"));
        };
        spend::members(spent, directory)
    }

    /// What the row no longer names. It would do no harm if it stayed: nobody reads what the row does not
    /// name. So what one transaction has no room for is removed after it.
    fn dropped(&self, change: &Change) -> Vec<Item> {
        let partition = || key::partition(change.chat.id);
        let calls = change.calls_dropped.iter().map(key::call);
        let queue = change.queue_dropped.iter().map(|id| key::queued(*id));
        calls.chain(queue).map(|item| codec::key("chat", partition(), item)).collect()
    }

    fn putting(&self, item: Item) -> Result<TransactWriteItem, Unavailable> {
        let put = built(Put::builder().table_name(&*self.table.name).set_item(Some(item)).build())?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn deleting(&self, key: Item) -> Result<TransactWriteItem, Unavailable> {
        let delete = built(Delete::builder().table_name(&*self.table.name).set_key(Some(key)).build())?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// A receipt is written once; after its expiry the key is free again, removed or not.
    fn receipting(&self, receipt: &Receipt) -> Result<TransactWriteItem, Unavailable> {
        let put = Put::builder()
            .table_name(&*self.table.name)
            .set_item(Some(items::of_receipt("chat", receipt)?))
            .condition_expression("attribute_not_exists(#i) OR #x <= :now")
            .expression_attribute_names("#i", "item")
            .expression_attribute_names("#x", EXPIRES_AT)
            .expression_attribute_values(":now", number(self.clock.now().as_secs()));
        Ok(TransactWriteItem::builder().put(built(put.build())?).build())
    }

    /// Makes the messages that a fork shows outlive their chat. Only the first fork of a stretch writes to
    /// the parent, so that many forks of one chat do not get in each other's way.
    fn sharing(&self, share: Share) -> Result<TransactWriteItem, Unavailable> {
        let key = codec::key("chat", key::partition(share.chat_id), key::CHAT);
        let mut parent = Updating::default();
        parent.present("chat");
        parent.absent(GONE);
        if share.known >= share.through {
            let check = ConditionCheck::builder()
                .table_name(&*self.table.name)
                .set_key(Some(key))
                .set_condition_expression(parent.condition())
                .set_expression_attribute_names(Some(parent.names()));
            return Ok(TransactWriteItem::builder().condition_check(built(check.build())?).build());
        }
        parent.set(FORKED, number(share.through.0));
        parent.absent_or_below_new(FORKED);
        let update = built(parent.in_transaction(&self.table.name, key))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    async fn delete_later(&self, keys: &[Item]) {
        if let Err(error) = self.table.remove_all(keys).await {
            tracing::info!(%error, "items that no row names stay until their chat is erased");
        }
    }
}

fn row_key(change: &Change) -> Item {
    codec::key("chat", key::partition(change.chat.id), key::CHAT)
}
