//! The agents of workspaces: their tokens, and the secrets that they exchange for one.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use chat::{
    id::WorkspaceId,
    port::{Agent, EnrolAgents, Kept, ReadAgents, Unavailable},
    time::Timestamp,
};

use super::{Directory, incomplete, of_person, person};
use crate::{
    codec::{self, EXPIRES_AT, Item, bytes, expiry, number, text, unreadable},
    key,
    table::failed,
};

/// The sort key of a token.
const AGENT: &str = "agent";
/// The sort key of a secret that can be exchanged.
const ENROLMENT: &str = "enrolment";
/// The sort key, beside a workspace, of what its agent's token is.
const CREDENTIAL: &str = "credential";
/// The attribute of the workspace whose agent it is.
const WORKSPACE: &str = "workspace";
/// The attribute of a token's hash.
const TOKEN: &str = "token";
/// How often an exchange is tried that others get into.
const ROUNDS: usize = 5;

/// When a secret was exchanged for the token in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opened {
    Now,
    Before,
}

impl ReadAgents for Directory {
    async fn agent(&self, token_hash: &str) -> Result<Option<Agent>, Unavailable> {
        let key = codec::key("key", key::agent(token_hash), AGENT);
        self.table.get(key).send().await.map_err(failed)?.item.as_ref().map(agent).transpose()
    }
}

impl EnrolAgents for Directory {
    async fn put_enrolment(
        &self,
        enrolment_hash: &str,
        agent: Agent,
        expires_at: Timestamp,
    ) -> Result<(), Unavailable> {
        let mut item = of_agent(key::enrolment(enrolment_hash), ENROLMENT, agent);
        item.insert(EXPIRES_AT.into(), expiry(expires_at));
        self.table.put(item).send().await.map(drop).map_err(failed)
    }

    async fn exchange(&self, enrolment_hash: &str, token_hash: &str) -> Result<Option<Agent>, Unavailable> {
        for _ in 0..ROUNDS {
            let Some((agent, opened)) = self.open_enrolment(enrolment_hash, token_hash).await? else {
                return Ok(None);
            };
            let holder = self.agent(token_hash).await?;
            if holder.is_some_and(|holder| holder.workspace_id != agent.workspace_id) {
                return Ok(None);
            }
            let before = self.credential(agent.workspace_id).await?;
            // A secret that was used lets nobody in again whose token was taken back.
            if opened == Opened::Before && before.as_deref() != Some(token_hash) {
                return Ok(None);
            }
            let writes = self.exchanging(enrolment_hash, token_hash, agent, before.as_deref())?;
            if self.transact(writes).await? == Kept::Done {
                return Ok(Some(agent));
            }
        }
        Err(unreadable("an enrolment is exchanged too often at once"))
    }

    async fn revoke(&self, id: WorkspaceId) -> Result<(), Unavailable> {
        for _ in 0..ROUNDS {
            let Some(token_hash) = self.credential(id).await? else { return Ok(()) };
            if self.transact(self.revoking(id, &token_hash)?).await? == Kept::Done {
                return Ok(());
            }
        }
        Err(unreadable("an agent's token changes too often at once"))
    }
}

impl Directory {
    /// Returns whose a secret is that can still be exchanged for this token.
    async fn open_enrolment(
        &self,
        hash: &str,
        token_hash: &str,
    ) -> Result<Option<(Agent, Opened)>, Unavailable> {
        let key = codec::key("key", key::enrolment(hash), ENROLMENT);
        let Some(item) = self.table.get(key).send().await.map_err(failed)?.item else { return Ok(None) };
        let opened = match item.contains_key(TOKEN) {
            true if codec::get_text(&item, TOKEN)? != token_hash => return Ok(None),
            true => Opened::Before,
            false => Opened::Now,
        };
        if codec::is_expired(&item, self.clock.now())? {
            return Ok(None);
        }
        Ok(Some((agent(&item)?, opened)))
    }

    async fn credential(&self, id: WorkspaceId) -> Result<Option<String>, Unavailable> {
        let Some(item) = self.table.get(credential_key(id)).send().await.map_err(failed)?.item else {
            return Ok(None);
        };
        codec::check_version(&item)?;
        codec::get_text(&item, TOKEN).map(|hash| Some(hash.to_owned()))
    }

    /// The secret is used, the token is known, and the one before is not any more: all of it, if nobody was quicker.
    fn exchanging(
        &self,
        enrolment_hash: &str,
        token_hash: &str,
        agent: Agent,
        before: Option<&str>,
    ) -> Result<Vec<TransactWriteItem>, Unavailable> {
        let mut writes =
            vec![self.using(enrolment_hash, token_hash)?, self.crediting(token_hash, agent, before)?];
        let token = of_agent(key::agent(token_hash), AGENT, agent);
        let put = Put::builder().table_name(&*self.table.name).set_item(Some(token));
        writes.push(TransactWriteItem::builder().put(put.build().map_err(incomplete)?).build());
        if let Some(before) = before.filter(|before| *before != token_hash) {
            let gone = codec::key("key", key::agent(before), AGENT);
            let delete = Delete::builder().table_name(&*self.table.name).set_key(Some(gone));
            let delete = delete.build().map_err(incomplete)?;
            writes.push(TransactWriteItem::builder().delete(delete).build());
        }
        Ok(writes)
    }

    /// The token is nobody's and the workspace has none, unless it has another by now.
    fn revoking(&self, id: WorkspaceId, token_hash: &str) -> Result<Vec<TransactWriteItem>, Unavailable> {
        let token = codec::key("key", key::agent(token_hash), AGENT);
        let token = Delete::builder().table_name(&*self.table.name).set_key(Some(token));
        let credential = Delete::builder()
            .table_name(&*self.table.name)
            .set_key(Some(credential_key(id)))
            .condition_expression("#t = :t")
            .expression_attribute_names("#t", TOKEN)
            .expression_attribute_values(":t", text(token_hash));
        let deletes = [token.build().map_err(incomplete)?, credential.build().map_err(incomplete)?];
        Ok(deletes.into_iter().map(|delete| TransactWriteItem::builder().delete(delete).build()).collect())
    }

    fn using(&self, enrolment_hash: &str, token_hash: &str) -> Result<TransactWriteItem, Unavailable> {
        let update = Update::builder()
            .table_name(&*self.table.name)
            .set_key(Some(codec::key("key", key::enrolment(enrolment_hash), ENROLMENT)))
            .update_expression("SET #t = :t")
            .condition_expression("#x > :now AND (attribute_not_exists(#t) OR #t = :t)")
            .expression_attribute_names("#t", TOKEN)
            .expression_attribute_names("#x", EXPIRES_AT)
            .expression_attribute_values(":t", text(token_hash))
            .expression_attribute_values(":now", number(self.clock.now().as_secs()));
        Ok(TransactWriteItem::builder().update(update.build().map_err(incomplete)?).build())
    }

    fn crediting(
        &self,
        token_hash: &str,
        agent: Agent,
        before: Option<&str>,
    ) -> Result<TransactWriteItem, Unavailable> {
        let mut item = codec::item("key", key::workspace(agent.workspace_id), CREDENTIAL);
        item.insert(TOKEN.into(), text(token_hash));
        let put = Put::builder().table_name(&*self.table.name).set_item(Some(item));
        let put = put.expression_attribute_names("#t", TOKEN);
        let put = match before {
            Some(before) => {
                put.condition_expression("#t = :b").expression_attribute_values(":b", text(before))
            }
            None => put.condition_expression("attribute_not_exists(#t)"),
        };
        Ok(TransactWriteItem::builder().put(put.build().map_err(incomplete)?).build())
    }
}

fn credential_key(id: WorkspaceId) -> Item {
    codec::key("key", key::workspace(id), CREDENTIAL)
}

fn of_agent(partition: String, name: &str, agent: Agent) -> Item {
    let mut item = of_person(partition, name.to_owned(), agent.person);
    item.insert(WORKSPACE.into(), bytes(agent.workspace_id.0.into_bytes()));
    item
}

fn agent(item: &Item) -> Result<Agent, Unavailable> {
    Ok(Agent { workspace_id: WorkspaceId(codec::get_uuid(item, WORKSPACE)?), person: person(item)? })
}
