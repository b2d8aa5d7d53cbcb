//! The ports of one function, gathered from the crates that implement them.

use std::future::Future;

use chat::{
    Change,
    agent::{CallToken, Report},
    catalogue::{Catalogue, Edited, Editions, Preferences},
    cursor::Episode,
    diff::Checkout,
    id::{ChatId, ConnectionId, OrgId, ServerId, UserId, WorkspaceId},
    mcp::Grant,
    message::Message,
    part::Delta,
    port::{
        AcceptCalls, Agent, AppendParts, BindChats, CallServers, ClaimCalls, Clock, CommitChats, CommitError,
        CommitFamilies, CountWorkspaces, EnrolAgents, EraseChats, Flush, ForgetGrants, ForgetReports,
        KeepCatalogue, KeepCheckouts, KeepGrants, KeepLeases, KeepListeners, KeepReports, KeepSockets,
        KeepWorkspaces, Kept, ListChildren, ListSpend, LogParts, Observe, Observed, Person, PinChats, Range,
        ReadCatalogue, ReadChats, ReadCheckouts, ReadHistory, ReadParts, ReadReceipts, ReadSpend,
        ReadWatchers, ReadWorkspaces, Receipt, RefreshServers, Renewal, Reported, Scope, SeedCeilings,
        SendMachines, SendPulls, SendWakes, SpendPage, SpendQuery, TellError, TellSockets, Unavailable,
    },
    record::{Chat, Snapshot, Spec},
    spend::Day,
    time::Timestamp,
    wake::{Due, PullWake},
    workspace::Workspace,
};
use uuid::Uuid;

/// What it takes to tell the world of a committed change.
pub trait Announce:
    Observe + KeepListeners + ReadWatchers + KeepSockets + SendWakes + TellSockets + ReadWorkspaces
{
}

impl<P> Announce for P where
    P: Observe + KeepListeners + ReadWatchers + KeepSockets + SendWakes + TellSockets + ReadWorkspaces
{
}

/// The ports of one function: chats, the directory, wakes, sockets, the clock. Each field implements its
/// own few; the whole implements them all by passing on.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "named by what they hold")]
pub struct Ports<C, D, W, S, K> {
    pub chats: C,
    pub directory: D,
    pub wakes: W,
    pub sockets: S,
    pub clock: K,
}

type Reply<T> = Result<T, Unavailable>;

macro_rules! pass_on {
    ($field:ident: $port:ident => $(fn $name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)+) => {
        impl<C, D, W, S, K> $port for Ports<C, D, W, S, K>
        where
            C: Send + Sync,
            D: Send + Sync,
            W: Send + Sync,
            S: Send + Sync,
            K: Send + Sync,
            pass_on!(@bound $field C D W S K): $port,
        {
            $(fn $name(&self, $($arg: $ty),*) -> impl Future<Output = $out> + Send {
                self.$field.$name($($arg),*)
            })+
        }
    };
    (@bound chats $c:ident $d:ident $w:ident $s:ident $k:ident) => { $c };
    (@bound directory $c:ident $d:ident $w:ident $s:ident $k:ident) => { $d };
    (@bound wakes $c:ident $d:ident $w:ident $s:ident $k:ident) => { $w };
    (@bound sockets $c:ident $d:ident $w:ident $s:ident $k:ident) => { $s };
}

pass_on!(chats: ReadChats =>
    fn snapshot(chat_id: ChatId) -> Reply<Option<Snapshot>>;
    fn spec(chat_id: ChatId) -> Reply<Spec>;
);
pass_on!(chats: CommitChats =>
    fn commit(change: &Change, receipt: Option<&Receipt>) -> Result<(), CommitError>;
);
pass_on!(chats: CommitFamilies => fn commit_all(changes: &[Change]) -> Result<(), CommitError>;);
pass_on!(chats: ReadReceipts => fn receipt(scope: Scope, key: &str) -> Reply<Option<Receipt>>;);
pass_on!(chats: ReadHistory => fn messages(range: Range) -> Reply<Vec<Message>>;);
pass_on!(chats: KeepLeases =>
    fn renew(chat_id: ChatId, renewal: Renewal) -> Reply<bool>;
);
pass_on!(chats: LogParts => fn log(flush: &Flush) -> Reply<()>;);
pass_on!(chats: ReadParts =>
    fn parts(chat_id: ChatId, episode: Episode) -> Reply<Vec<(u64, Delta)>>;
);
pass_on!(chats: Observe => fn observe(chat_id: ChatId) -> Reply<Option<Observed>>;);
pass_on!(chats: KeepListeners =>
    fn listen(chat_id: ChatId, connection: &ConnectionId, expires_at: Timestamp) -> Reply<()>;
    fn unlisten(chat_id: ChatId, connection: &ConnectionId) -> Reply<()>;
);
pass_on!(chats: ListChildren =>
    fn children(parent_id: ChatId) -> Reply<Vec<ChatId>>;
    fn families(parent_ids: &[ChatId]) -> Reply<Vec<Chat>>;
);
pass_on!(chats: EraseChats => fn erase(chat_id: ChatId) -> Reply<bool>;);
pass_on!(directory: ReadCatalogue =>
    fn editions() -> Reply<Editions>;
    fn catalogue() -> Reply<Catalogue>;
    fn preferences(user_id: UserId) -> Reply<Preferences>;
);
pass_on!(directory: ReadSpend =>
    fn user_micros(person: Person, first: Day, last: Day) -> Reply<u64>;
    fn org_micros(org_id: OrgId, since: Day) -> Reply<u64>;
);
pass_on!(directory: ReadWatchers => fn watchers(user_id: UserId) -> Reply<Vec<ConnectionId>>;);
pass_on!(directory: KeepSockets =>
    fn open(connection: &ConnectionId, person: Person, expires_at: Timestamp) -> Reply<()>;
    fn holder(connection: &ConnectionId) -> Reply<Option<Person>>;
    fn close(connection: &ConnectionId) -> Reply<()>;
    fn watch(user_id: UserId, connection: &ConnectionId, expires_at: Timestamp) -> Reply<()>;
    fn unwatch(user_id: UserId, connection: &ConnectionId) -> Reply<()>;
);
pass_on!(chats: AppendParts =>
    fn append(
        chat_id: ChatId, episode: Episode, part: &Delta, expires_at: Timestamp
    ) -> Reply<Option<u64>>;
);
pass_on!(chats: AcceptCalls => fn accept(token: &CallToken, at: Timestamp) -> Reply<()>;);
pass_on!(directory: ReadWorkspaces =>
    fn workspace(id: WorkspaceId) -> Reply<Option<Workspace>>;
    fn report(id: WorkspaceId) -> Reply<Option<Report>>;
);
pass_on!(directory: KeepWorkspaces =>
    fn put_workspace(workspace: &Workspace) -> Result<(), CommitError>;
);
pass_on!(directory: CountWorkspaces => fn held(owner_id: UserId) -> Reply<usize>;);
pass_on!(directory: BindChats =>
    fn bind(id: WorkspaceId, chat_id: ChatId, until: Timestamp) -> Reply<()>;
    fn bound(id: WorkspaceId) -> Reply<Vec<ChatId>>;
);
pass_on!(chats: ClaimCalls => fn claim(token: &CallToken, claim: Uuid, at: Timestamp) -> Reply<bool>;);
pass_on!(directory: KeepCatalogue =>
    fn keep(edited: &Edited, receipt: Option<&Receipt>) -> Reply<Kept>;
    fn keep_preferences(user_id: UserId, preferences: &Preferences) -> Reply<Kept>;
);
pass_on!(directory: ListSpend =>
    fn spendings(query: SpendQuery, from: Option<String>) -> Reply<SpendPage>;
);
pass_on!(directory: SeedCeilings => fn seed_ceiling(org_id: OrgId, since: Day, last: Day) -> Reply<()>;);
pass_on!(wakes: RefreshServers => fn refresh_server(id: ServerId) -> Reply<()>;);
pass_on!(directory: KeepGrants =>
    fn grant(id: ServerId) -> Reply<Option<Grant>>;
    fn put_grant(id: ServerId, grant: &Grant) -> Result<(), CommitError>;
);
pass_on!(directory: ForgetGrants => fn forget_grant(id: ServerId) -> Reply<()>;);
pass_on!(directory: PinChats =>
    fn pin(id: WorkspaceId, chat_id: ChatId, until: Timestamp) -> Reply<()>;
    fn pinned(id: WorkspaceId) -> Reply<Vec<ChatId>>;
);
pass_on!(directory: KeepReports =>
    fn put_report(id: WorkspaceId, report: &Report, seen_at: Timestamp) -> Reply<Kept>;
);
pass_on!(directory: ForgetReports => fn forget_reports(id: WorkspaceId) -> Reply<()>;);
pass_on!(directory: ReadCheckouts =>
    fn reported(id: WorkspaceId) -> Reply<Option<Reported>>;
    fn checkout(id: WorkspaceId) -> Reply<Option<Checkout>>;
);
pass_on!(directory: KeepCheckouts =>
    fn put_checkout(checkout: &Checkout) -> Result<(), CommitError>;
);
pass_on!(directory: EnrolAgents =>
    fn put_enrolment(enrolment_hash: &str, agent: Agent, expires_at: Timestamp) -> Reply<()>;
    fn exchange(enrolment_hash: &str, token_hash: &str) -> Reply<Option<Agent>>;
    fn revoke(id: WorkspaceId) -> Reply<()>;
);
pass_on!(wakes: CallServers => fn call_server(token: &CallToken) -> Reply<()>;);
pass_on!(wakes: SendMachines => fn provision(id: WorkspaceId) -> Reply<()>;);
pass_on!(wakes: SendPulls => fn look(wake: &PullWake, delay_ms: u64) -> Reply<()>;);
pass_on!(wakes: SendWakes => fn send(chat_id: ChatId, due: Due) -> Reply<()>;);
pass_on!(sockets: TellSockets =>
    fn tell(connection: &ConnectionId, frame: &str) -> Result<(), TellError>;
);

impl<C, D, W, S, K> Clock for Ports<C, D, W, S, K>
where
    C: Send + Sync,
    D: Send + Sync,
    W: Send + Sync,
    S: Send + Sync,
    K: Clock,
{
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn new_id(&self) -> Uuid {
        self.clock.new_id()
    }
}
