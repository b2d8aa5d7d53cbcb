//! Who a caller is.

use chat::{
    id::{OrgId, UserId},
    port::{Clock, KeepTickets, KeepTokens, Person, ReadAgents, Unavailable},
};
use edge::{FunctionError, request::Caller};
use serde_json::Value;

use crate::{event::Question, kept::Kept};

/// Where the directory keeps the first administrator, among the hashes of tokens: it is no hash of any.
const FIRST_ADMIN: &str = "first-administrator";

/// Says who a caller is.
#[derive(Debug)]
pub struct Authorizer<D, K> {
    directory: D,
    clock: K,
    admin_hash: Option<String>,
    kept: Kept,
}

impl<D: KeepTokens + KeepTickets + ReadAgents, K: Clock> Authorizer<D, K> {
    /// Looks people up in `directory`; `admin_hash` is the hash of the first administrator's token.
    pub fn new(directory: D, clock: K, admin_hash: Option<String>) -> Self {
        Self { directory, clock, admin_hash, kept: Kept::default() }
    }

    /// Answers an authorizer event of either API.
    ///
    /// # Errors
    /// It is no such event.
    pub async fn answer(&self, event: Value) -> Result<Value, FunctionError> {
        let question = Question::read(event)?;
        let caller = match self.caller(&question).await {
            Ok(caller) => caller,
            Err(error) => {
                tracing::error!(%error, "caller not found out");
                Caller::Unclear
            }
        };
        Ok(question.answer(caller))
    }

    async fn caller(&self, question: &Question) -> Result<Caller, Unavailable> {
        if let Some(hash) = question.token().map(|token| token.hash()) {
            if let Some(person) = self.bearer(&hash).await? {
                return Ok(if self.is_admin(&hash) { Caller::Admin(person) } else { Caller::Known(person) });
            }
            // Not remembered: an agent that is taken in no more is a stranger at once, and each calls seldom.
            if let Some(agent) = self.directory.agent(&hash).await? {
                return Ok(Caller::Agent(agent));
            }
        }
        let Some(ticket) = question.ticket() else { return Ok(Caller::Stranger) };
        let person = self.directory.use_ticket(&ticket.hash(), self.clock.now()).await?;
        Ok(person.map_or(Caller::Stranger, Caller::Known))
    }

    /// The first administrator's token makes an administrator, and until people have roles nothing else does.
    fn is_admin(&self, hash: &str) -> bool {
        self.admin_hash.as_deref() == Some(hash)
    }

    async fn bearer(&self, hash: &str) -> Result<Option<Person>, Unavailable> {
        let now = self.clock.now();
        if let Some(person) = self.kept.get(hash, now) {
            return Ok(Some(person));
        }
        let known = match self.is_admin(hash) {
            true => Some(self.first_admin(hash).await?),
            false => self.directory.person(hash).await?,
        };
        if let Some(person) = known {
            self.kept.put(hash.to_owned(), person, now);
        }
        Ok(known)
    }

    /// Two calls at once make one person: the directory keeps the first. The token itself is not kept there, so
    /// that another one in its place is the same person, and the old one is nobody.
    async fn first_admin(&self, hash: &str) -> Result<Person, Unavailable> {
        if let Some(person) = self.directory.person(FIRST_ADMIN).await? {
            return Ok(person);
        }
        let known = self.directory.person(hash).await?;
        let new = || Person { user_id: UserId(self.clock.new_id()), org_id: OrgId(self.clock.new_id()) };
        self.directory.put_token(FIRST_ADMIN, known.unwrap_or_else(new)).await
    }
}
