//! The numbers that bound everything. Each says what it protects or where it comes from.

/// Most messages in a chat's queue; the next send is answered 429.
pub const QUEUED_MESSAGES: usize = 20;
/// Steps of one turn, after which it ends quietly.
pub const STEPS_PER_TURN: u32 = 1_200;
/// Failed attempts at one model call before the chat stops with an error.
pub const ATTEMPTS: u32 = 25;
/// How long a pending call of a client may stay unanswered.
pub const CLIENT_CALL_MS: u64 = 5 * 60_000;
/// How long a lease lasts without renewal.
pub const LEASE_MS: u64 = 30_000;
/// How often a lease is renewed, and the wake's visibility with it. Two renewals may fail before it ends; each costs
/// $1 a million, and most model calls are over before the first.
pub const HEARTBEAT_MS: u64 = 12_000;
/// How long a chat waits in vain for its wake, its retry or an answer's deadline before it counts as forgotten.
pub const DUE_MS: u64 = 15_000;
/// When a chat is due on which a step works; a heartbeat puts it off. Seldom, because it moves an index.
pub const WORKING_DUE_MS: u64 = 60_000;
/// How often forgotten chats are looked for: with [`DUE_MS`] before it, whoever dies is made up for within 40 s.
pub const SWEEP_MS: u64 = 20_000;
/// What is forgotten for longer is looked for once a minute only: each time costs a wake, and there may be a backlog of
/// them already.
pub const LONG_FORGOTTEN_MS: u64 = 80_000;
/// Files that one model call carries.
pub const ATTACHMENTS: usize = 20;
/// Bytes of those together; a step has 128 MB, and sends them in base64.
pub const ATTACHMENT_BYTES: usize = 10 * 1024 * 1024;
/// Bytes of a text file that a model is shown.
pub const ATTACHED_TEXT_BYTES: usize = 128 * 1024;
/// How long a provider's stream may be silent before the attempt ends.
pub const STREAM_SILENCE_MS: u64 = 10 * 60_000;
/// Tool calls of one model turn whose results get a message each; a write transaction takes 100 items.
pub const RESULT_MESSAGES: usize = 64;
/// Bytes of all results of one model turn; each call may have its share. All are written at once, and a write transaction
/// takes 4 MB.
pub const RESULTS_BYTES: usize = 2 * 1024 * 1024;
/// Earlier boundaries of the context that a chat remembers; they live on the chat item.
pub const BOUNDARIES: usize = 64;
/// Visible runs in one history; each edit in the middle adds one, and they live on the chat item.
pub const SPANS: usize = 500;
/// Characters of a provider's own words that are kept.
pub const FAILURE_DETAIL_CHARS: usize = 500;
/// Bytes of a request body that carries messages or tool results.
pub const BODY_BYTES: usize = 256 * 1024;
/// Bytes of a chat's own system prompt.
pub const SYSTEM_PROMPT_BYTES: usize = 10_000;
/// Tools that a client may declare.
pub const CLIENT_TOOLS: usize = 250;
/// Labels of a chat.
pub const LABELS: usize = 50;
/// Bytes of a label's key.
pub const LABEL_KEY_BYTES: usize = 64;
/// Bytes of a label's value.
pub const LABEL_VALUE_BYTES: usize = 256;
/// Characters of a title.
pub const TITLE_CHARS: usize = 200;
/// Bytes of one socket frame that we send where events allow it.
pub const FRAME_BYTES: usize = 32 * 1024;
/// Bytes that no frame may exceed.
pub const FRAME_MAX_BYTES: usize = 128 * 1024;
/// How long the receipt of an idempotent request is kept.
pub const RECEIPT_MS: u64 = 24 * 3_600_000;
/// How long streamed parts are kept after their episode.
pub const PARTS_MS: u64 = 3_600_000;
/// Bytes of streamed parts that one episode keeps.
pub const EPISODE_BYTES: usize = 4 * 1024 * 1024;
/// Sockets that one chat tells; the oldest subscriptions make room for new ones.
pub const LISTENERS: usize = 200;
/// The longest delay that SQS takes.
pub const WAKE_DELAY_MS: u64 = 900_000;
/// Bytes of text in one streamed part; several fit into a frame.
pub const PART_BYTES: usize = 16 * 1024;
/// Bytes of an instruction file that a model is shown.
pub const INSTRUCTION_BYTES: usize = 64 * 1024;
/// Instruction files of a workspace that a chat keeps; the nearest to its folder.
pub const INSTRUCTION_FILES: usize = 16;
/// Skills of a workspace that a chat keeps.
pub const SKILLS: usize = 100;
/// Chats that are told when what they keep of a workspace has changed there; the newest.
pub const PINNED_CHATS: usize = 100;
/// For how long they are known after they took it.
pub const PINNED_MS: u64 = 90 * 24 * 3_600_000;
/// Bytes of a working tree's diff that are kept.
pub const DIFF_BYTES: usize = 256 * 1024;
/// Files of a working tree that are told by name.
pub const DIFF_FILES: usize = 300;
/// Chats that one workspace's agent is told the open calls of; the newest.
pub const BOUND_CHATS: usize = 100;
/// Bytes of a call's arguments that an agent is sent with the call.
pub const AGENT_ARGS_BYTES: usize = 64 * 1024;
/// How long a workspace's call may go unheard of before it is sent again; each time twice as long.
pub const RESEND_MS: u64 = 10_000;
/// Workspaces of one person.
pub const WORKSPACES: usize = 50;
/// Characters of a workspace's name.
pub const WORKSPACE_NAME_CHARS: usize = 64;
/// How long an enrolment can be exchanged for a token.
pub const ENROLMENT_MS: u64 = 3_600_000;
/// How long what is known of a deleted workspace is kept.
pub const GONE_WORKSPACE_MS: u64 = 7 * 24 * 3_600_000;
/// Tools of one tool server that are kept.
pub const SERVER_TOOLS: usize = 128;
/// Bytes of one of them: name, description and schema.
pub const SERVER_TOOL_BYTES: usize = 16 * 1024;
/// Bytes of all tools of one server; they are an item, and every process holds them.
pub const SERVER_TOOLS_BYTES: usize = 96 * 1024;
/// Tools of servers that one chat is offered; some providers take no more than 128 tools in all.
pub const OFFERED_SERVER_TOOLS: usize = 100;
/// How long a tool server may take to be connected.
pub const SERVER_CONNECT_MS: u64 = 10_000;
/// How long it may take for a call.
pub const SERVER_CALL_MS: u64 = 60_000;
/// How long a call of a tool server may stay unanswered: it waits for its turn, and where whoever makes it dies, it is
/// delivered again before that.
pub const SERVER_PATIENCE_MS: u64 = 4 * 60_000;
/// Bytes of a tool server's answer that are kept.
pub const SERVER_RESULT_BYTES: usize = 64 * 1024;
/// Agents of one chat that are not archived.
pub const CHILDREN: usize = 50;
/// Agents of one chat, archived ones too: with it they fit into one transaction.
pub const FAMILY: usize = 99;
