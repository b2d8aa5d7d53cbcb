//! Workspaces, each with what its agent reported, and the lists in which they are found.

use aws_sdk_dynamodb::types::{Delete, KeysAndAttributes, Put, Select, TransactWriteItem};
use chat::{
    agent::Report,
    id::{UserId, WorkspaceId},
    limit::{GONE_WORKSPACE_MS, WORKSPACES},
    port::{
        CommitError, CountWorkspaces, KeepWorkspaces, Kept, ListUp, ListWorkspaces, MakeWorkspaces,
        ReadCheckouts, ReadWorkspaces, Receipt, Unavailable, WorkspacePage, WorkspaceQuery,
    },
    workspace::{Wanted, Workspace},
};

use super::{Directory, incomplete};
use crate::{
    codec::{self, BODY, EXPIRES_AT, Item, bytes, expiry, number, unreadable},
    key,
    table::failed,
};

/// The sort key of a workspace.
const WORKSPACE: &str = "workspace";
/// The attribute that counts its writes.
const EDITION: &str = "edition";
/// How often what a batch left out is asked for again.
const BATCHES: usize = 5;
/// Bodies larger than this are compressed.
const PLAIN_BYTES: usize = 900;

impl ReadWorkspaces for Directory {
    async fn workspace(&self, id: WorkspaceId) -> Result<Option<Workspace>, Unavailable> {
        let found = self.table.get(workspace_key(id)).send().await.map_err(failed)?;
        found.item.as_ref().map(workspace).transpose()
    }

    async fn report(&self, id: WorkspaceId) -> Result<Option<Report>, Unavailable> {
        Ok(self.reported(id).await?.map(|reported| reported.report))
    }
}

/// A workspace is written with its places in the lists: what is listed is there, and what is there is listed.
impl KeepWorkspaces for Directory {
    async fn put_workspace(&self, workspace: &Workspace) -> Result<(), CommitError> {
        self.write(self.workspace_writes(workspace)?).await
    }
}

impl MakeWorkspaces for Directory {
    async fn make_workspace(
        &self,
        workspace: &Workspace,
        receipt: Option<&Receipt>,
    ) -> Result<(), CommitError> {
        let mut writes = self.workspace_writes(workspace)?;
        if let Some(receipt) = receipt {
            writes.push(self.receipting(receipt)?);
        }
        self.write(writes).await
    }
}

impl ListWorkspaces for Directory {
    async fn workspaces(&self, query: &WorkspaceQuery) -> Result<WorkspacePage, Unavailable> {
        let partition = key::workspaces(query.owner_id);
        let last = query.after.clone().unwrap_or_else(|| "~".to_owned());
        let page = self.table.between("key", partition, "0", last).scan_index_forward(false);
        // Both ends are included, and one more than is wanted says whether there is more.
        let limit = query.limit.saturating_add(2);
        let page = page.limit(i32::try_from(limit).unwrap_or(i32::MAX)).send().await.map_err(failed)?;
        let mut marks: Vec<String> =
            page.items.unwrap_or_default().iter().map(|item| codec::name(item).to_owned()).collect();
        marks.retain(|mark| query.after.as_ref() != Some(mark));
        let more = marks.len() > query.limit;
        marks.truncate(query.limit);
        let next = marks.last().filter(|_| more).cloned();
        Ok(WorkspacePage { workspaces: self.marked(&marks).await?, next })
    }
}

impl CountWorkspaces for Directory {
    async fn held(&self, owner_id: UserId) -> Result<usize, Unavailable> {
        let query = self.table.between("key", key::workspaces(owner_id), "0", "~");
        let most = i32::try_from(WORKSPACES).unwrap_or(i32::MAX);
        let page = query.select(Select::Count).limit(most).send().await.map_err(failed)?;
        Ok(usize::try_from(page.count).unwrap_or_default())
    }
}

impl ListUp for Directory {
    async fn up(&self, after: Option<WorkspaceId>, limit: usize) -> Result<Vec<WorkspaceId>, Unavailable> {
        // Behind the id itself and before the next.
        let first = after.map_or_else(|| "0".to_owned(), |after| format!("{after}#"));
        let page = self.table.between("key", key::UP, first, "~").consistent_read(false);
        let page = page.limit(i32::try_from(limit).unwrap_or(i32::MAX)).send().await.map_err(failed)?;
        let items = page.items.unwrap_or_default();
        items.iter().map(|item| codec::name(item).parse().map_err(|_| codec::missing(item, "item"))).collect()
    }
}

impl Directory {
    async fn write(&self, writes: Vec<TransactWriteItem>) -> Result<(), CommitError> {
        match self.transact(writes).await? {
            Kept::Done => Ok(()),
            Kept::Overtaken => Err(CommitError::Conflict),
        }
    }

    fn workspace_writes(&self, workspace: &Workspace) -> Result<Vec<TransactWriteItem>, Unavailable> {
        let mine = codec::item("key", key::workspaces(workspace.person.user_id), mark(workspace));
        let up = codec::item("key", key::UP, workspace.id.to_string());
        Ok(vec![
            self.put_if_next(workspace)?,
            self.place(mine, workspace.wanted != Wanted::Gone)?,
            self.place(up, workspace.is_up())?,
        ])
    }

    fn put_if_next(&self, workspace: &Workspace) -> Result<TransactWriteItem, Unavailable> {
        let mut item = codec::item("key", key::workspace(workspace.id), WORKSPACE);
        item.insert(EDITION.into(), number(workspace.edition));
        item.insert(BODY.into(), bytes(codec::pack(workspace, PLAIN_BYTES)?));
        if workspace.is_gone() {
            item.insert(EXPIRES_AT.into(), expiry(workspace.updated_at.plus_ms(GONE_WORKSPACE_MS)));
        }
        let put = Put::builder().table_name(&*self.table.name).set_item(Some(item));
        let put = put.expression_attribute_names("#e", EDITION);
        let put = match workspace.edition.saturating_sub(1) {
            0 => put.condition_expression("attribute_not_exists(#e)"),
            before => put
                .condition_expression("#e = :before")
                .expression_attribute_values(":before", number(before)),
        };
        Ok(TransactWriteItem::builder().put(put.build().map_err(incomplete)?).build())
    }

    /// Puts an entry of a list there, or takes it away.
    fn place(&self, entry: Item, is_there: bool) -> Result<TransactWriteItem, Unavailable> {
        let write = TransactWriteItem::builder();
        if is_there {
            let put = Put::builder().table_name(&*self.table.name).set_item(Some(entry));
            return Ok(write.put(put.build().map_err(incomplete)?).build());
        }
        let key = ["key", "item"].map(|name| entry.get(name).cloned().map(|value| (name.to_owned(), value)));
        let key = key.into_iter().flatten().collect();
        let delete = Delete::builder().table_name(&*self.table.name).set_key(Some(key));
        Ok(write.delete(delete.build().map_err(incomplete)?).build())
    }

    /// Returns the workspaces at places of a list, in its order.
    async fn marked(&self, marks: &[String]) -> Result<Vec<Workspace>, Unavailable> {
        let ids: Vec<WorkspaceId> = marks
            .iter()
            .filter_map(|mark| mark.split_once('#').and_then(|(_, id)| id.parse().ok()))
            .collect();
        let mut found = Vec::with_capacity(ids.len());
        for item in self.batch(ids.iter().map(|id| workspace_key(*id)).collect()).await? {
            found.push(workspace(&item)?);
        }
        found.sort_by_key(|workspace| ids.iter().position(|id| *id == workspace.id));
        Ok(found)
    }

    async fn batch(&self, keys: Vec<Item>) -> Result<Vec<Item>, Unavailable> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let mut wanted = wanted.map_err(incomplete)?;
        for _ in 0..BATCHES {
            let batch = self.table.client.batch_get_item().request_items(&*self.table.name, wanted);
            let page = batch.send().await.map_err(failed)?;
            found.extend(page.responses.unwrap_or_default().into_values().flatten());
            match page.unprocessed_keys.unwrap_or_default().remove(&*self.table.name) {
                Some(left) => wanted = left,
                None => return Ok(found),
            }
        }
        Err(unreadable("batches stay incomplete"))
    }
}

fn workspace_key(id: WorkspaceId) -> Item {
    codec::key("key", key::workspace(id), WORKSPACE)
}

fn mark(workspace: &Workspace) -> String {
    key::listed(workspace.created_at.0, workspace.id)
}

fn workspace(item: &Item) -> Result<Workspace, Unavailable> {
    codec::check_version(item)?;
    codec::unpack(codec::get_bytes(item, BODY)?)
}
