//! The numbers that bound the agent. Each says what it protects or where it comes from.

use std::time::Duration;

/// Calls that run beside each other; the others wait.
pub const RUNNING_CALLS: usize = 64;
/// Calls that run or wait; what is given beyond is left for the deployment to send again.
pub const HELD_CALLS: usize = 1_024;
/// How long answers are collected for one message.
pub const BATCH: Duration = Duration::from_millis(5);
/// How long answers are collected while others are on their way: each message is a write of the same chat.
pub const GATHER: Duration = Duration::from_millis(100);
/// After how long a call is said to be accepted.
pub const ACCEPTED: Duration = Duration::from_secs(2);
/// How long an answer may stay unacknowledged before it is sent again; each time twice as long.
pub const RESEND: Duration = Duration::from_secs(10);
/// What a call is given at least, whatever the clocks of machine and deployment say.
pub const PATIENCE_MIN: Duration = Duration::from_secs(10);
/// What a call is given at most.
pub const PATIENCE_MAX: Duration = Duration::from_secs(24 * 3_600);
/// What is left of a call's time when a tool that waits gives up, so that its answer arrives.
pub const MARGIN: Duration = Duration::from_secs(2);
/// Bytes of one result; a request that carries it has at most [`chat::limit::BODY_BYTES`].
pub const RESULT_BYTES: usize = 200 * 1024;
/// How often a running command says what it put out.
pub const PROGRESS: Duration = Duration::from_secs(1);
/// Bytes of one such piece.
pub const PROGRESS_BYTES: usize = 8 * 1024;
/// How long answers and the memory of calls are kept, in milliseconds.
pub const KEPT_MS: u64 = 24 * 3_600_000;
/// Calls that the journal remembers; the oldest that are done go first.
pub const JOURNAL_CALLS: usize = 20_000;
/// Bytes of the journal's file below which it is not written anew.
pub const JOURNAL_BYTES: u64 = 8 * 1024 * 1024;

/// Lines that `read_file` shows.
pub const READ_LINES: usize = 2_000;
/// Bytes of a line that is shown.
pub const LINE_BYTES: usize = 1_024;
/// Bytes of text that one look at files shows.
pub const SHOWN_BYTES: usize = 32 * 1024;
/// Bytes of a file that `edit_files` takes.
pub const EDITED_BYTES: u64 = 4 * 1024 * 1024;
/// Bytes of all files that one `edit_files` takes, before and after.
pub const EDITED_TOGETHER_BYTES: usize = 64 * 1024 * 1024;
/// How long `read_file` reads.
pub const READ: Duration = Duration::from_secs(30);
/// Bytes of a file that says what git ignores.
pub const IGNORE_BYTES: u64 = 256 * 1024;
/// Files that `search_files` looks at.
pub const SEARCHED_FILES: usize = 50_000;
/// Bytes of a file that `search_files` looks into; what is larger is passed over.
pub const SEARCHED_BYTES: u64 = 8 * 1024 * 1024;
/// Lines that `search_files` shows.
pub const FOUND_LINES: usize = 200;
/// Lines of one file among those.
pub const FOUND_LINES_PER_FILE: usize = 50;
/// How long `search_files` looks.
pub const SEARCH: Duration = Duration::from_secs(20);
/// Bytes of a plan.
pub const PLAN_BYTES: u64 = 32 * 1024;
/// Bytes of a `SKILL.md`.
pub const SKILL_BYTES: u64 = 64 * 1024;
/// Bytes of another file of a skill.
pub const SKILL_FILE_BYTES: u64 = 512 * 1024;
/// Bytes of such a file that are shown: an answer must fit into a request.
pub const SKILL_FILE_SHOWN_BYTES: usize = 160 * 1024;
/// Files of a skill that are listed, and skills that are reported.
pub const SKILL_FILES: usize = 100;
/// Folders that are looked into for skills, of each place where they are kept.
pub const SKILL_FOLDERS: usize = 1_000;
/// Instruction files that are reported.
pub const INSTRUCTION_FILES: usize = 16;

/// Bytes at the beginning of a command's output that are kept.
pub const HEAD_BYTES: usize = 16 * 1024;
/// Bytes at its end that are kept.
pub const TAIL_BYTES: usize = 16 * 1024;
/// Bytes of a line of output; the rest of it is cut.
pub const OUTPUT_LINE_BYTES: usize = 2_048;
/// Bytes of output after which a command is read slowly: nobody will see them.
pub const FAST_BYTES: u64 = 64 * 1024 * 1024;
/// How long a command has where nothing is said, and how long `process_output` waits.
pub const WAIT: Duration = Duration::from_secs(10);
/// How long `process_output` waits at most.
pub const WAIT_MAX: Duration = Duration::from_secs(5 * 60);
/// How long the end of a command waits for what it put out.
pub const DRAIN: Duration = Duration::from_millis(200);
/// Running processes of one chat.
pub const PROCESSES: usize = 32;
/// Ended processes of one chat that are remembered.
pub const ENDED_PROCESSES: usize = 64;
/// For how long.
pub const ENDED: Duration = Duration::from_secs(3_600);
/// Processes that are listed.
pub const LISTED_PROCESSES: usize = 10;
/// How long a process that is asked to end has until it is made to.
pub const TERMINATE: Duration = Duration::from_secs(5);
/// How often the groups of running commands are counted.
pub const WATCH: Duration = Duration::from_millis(500);
/// How often where none of them is [`YOUNG`]: a server that runs for days shall cost nothing.
pub const WATCH_OLD: Duration = Duration::from_secs(3);
/// How long a command is likely to turn into something else.
pub const YOUNG: Duration = Duration::from_secs(30);

/// How often the machine is looked at where no call has ended.
pub const LOOK: Duration = Duration::from_secs(30);
/// How long after a call has ended it is looked at: a burst of calls is one look.
pub const SETTLE: Duration = Duration::from_secs(1);
/// How many times as long as a look took it is not looked again: a large tree is looked at seldom.
pub const LOOK_REST: u32 = 10;
/// How long one run of `git` may take.
pub const GIT: Duration = Duration::from_secs(10);
