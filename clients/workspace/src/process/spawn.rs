//! Starting a command: its shell, its environment, its bounds.

use std::{
    io::{self, PipeReader, Write as _},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
};

use rustix::process::{Pid, Resource, Rlimit};
use tokio::{
    io::AsyncReadExt as _,
    net::unix::pipe::Receiver,
    process::Child,
    sync::{oneshot, watch},
    time::{Instant, timeout},
};

use super::{End, Output, Process, ProcessId, census, group};
use crate::limit;

/// Waits for its bounds, then becomes the shell. An agent that dies before closes the pipe, and nothing begins.
const GATE: &str = r#"read -r _ && exec "$0" -c "$1" </dev/null"#;

/// A command to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// For the shell.
    pub text: String,
    /// Where; the workspace's folder where nothing is said.
    pub folder: Option<PathBuf>,
}

/// What commands may take of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The workspace, by which its processes are known.
    pub workspace: String,
    /// Bytes of memory of one command with all that it starts.
    pub memory_bytes: u64,
    /// Processes of one command.
    pub processes: u64,
}

/// Why a command was not started.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// The chat runs as many as it may.
    #[error("{} processes are running in this chat; end one with process_signal first", limit::PROCESSES)]
    TooMany,
    /// The system did not start it.
    #[error("the command could not be started: {0}")]
    System(#[from] io::Error),
}

/// Starts a command, and what hears it to its end.
pub(super) fn spawn(id: ProcessId, command: Command, home: &Path, bounds: &Bounds) -> io::Result<Process> {
    let folder = command.folder.as_deref().unwrap_or(home);
    let (mut child, reader) = start(&command.text, folder, bounds)?;
    let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let group = group.ok_or_else(|| io::Error::other("it has no process id"))?;
    let reader = Receiver::from_owned_fd(OwnedFd::from(reader));
    // Nothing can go wrong any more once the gate is open.
    let opened = reader.and_then(|reader| {
        bound(group, bounds)?;
        open(&mut child)?;
        Ok(reader)
    });
    let reader = opened.inspect_err(|_| group::signal(group, rustix::process::Signal::KILL))?;
    let output = Arc::new(Mutex::new(Output::default()));
    let (drained, has_drained) = oneshot::channel();
    tokio::spawn(hear(reader, Arc::clone(&output), drained));
    let (ended, end) = watch::channel(None);
    tokio::spawn(wait(child, has_drained, ended));
    let (begun_at, reason, is_gone) = (Instant::now(), Mutex::default(), AtomicBool::new(false));
    Ok(Process { id, command: command.text, begun_at, group, output, end, reason, is_gone })
}

fn start(text: &str, folder: &Path, bounds: &Bounds) -> io::Result<(Child, PipeReader)> {
    let (reader, writer) = io::pipe()?;
    let mut command = tokio::process::Command::new("/bin/sh");
    command.arg("-c").arg(GATE).arg(shell()).arg(text).current_dir(folder).process_group(0);
    command.stdin(Stdio::piped()).stdout(writer.try_clone()?).stderr(writer);
    command
        .env_remove("QUICKSTEP_ENROLMENT")
        .env("QUICKSTEP_AGENT", "true")
        .env(group::MARK, &bounds.workspace);
    for editor in ["EDITOR", "GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "VISUAL"] {
        command.env(editor, "true");
    }
    command.envs([("GIT_TERMINAL_PROMPT", "0"), ("NO_COLOR", "1"), ("TERM", "dumb")]);
    command.envs([("PAGER", "cat"), ("GIT_PAGER", "cat")]);
    Ok((command.spawn()?, reader))
}

fn shell() -> &'static str {
    let shells = ["/bin/bash", "/usr/bin/bash"];
    shells.into_iter().find(|shell| Path::new(shell).exists()).unwrap_or("/bin/sh")
}

/// What is inherited by all that it starts. Reserved addresses are no memory, so `DATA` and not `AS`.
fn bound(pid: Pid, bounds: &Bounds) -> io::Result<()> {
    lower(pid, Resource::Data, bounds.memory_bytes)?;
    lower(pid, Resource::Core, 0)?;
    // It counts all threads of the user, whoever's they are.
    census::threads().map_or(Ok(()), |threads| lower(pid, Resource::Nproc, threads + bounds.processes))
}

/// Lowers a bound; one that is lower already holds.
fn lower(pid: Pid, resource: Resource, most: u64) -> io::Result<()> {
    let most = rustix::process::getrlimit(resource).maximum.map_or(most, |held| held.min(most));
    rustix::process::prlimit(Some(pid), resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    Ok(())
}

/// Lets the shell begin.
fn open(child: &mut Child) -> io::Result<()> {
    let gate = child.stdin.take().ok_or_else(|| io::Error::other("it cannot be told to begin"))?;
    let mut gate = std::fs::File::from(gate.into_owned_fd()?);
    gate.write_all(b"\n")
}

async fn hear(mut reader: Receiver, output: Arc<Mutex<Output>>, drained: oneshot::Sender<()>) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match reader.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(length) => {
                let heard = {
                    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
                    output.push(buffer.get(..length).unwrap_or_default());
                    output.original_bytes()
                };
                if heard > limit::FAST_BYTES {
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
            }
        }
    }
    let _ = drained.send(());
}

/// What it started may hold its output open for ever; that is heard on, but not waited for.
async fn wait(mut child: Child, drained: oneshot::Receiver<()>, ended: watch::Sender<Option<End>>) {
    let status = child.wait().await;
    let at = Instant::now();
    drop(timeout(limit::DRAIN, drained).await);
    let (code, signal) = status.map_or((-1, None), exit);
    ended.send_replace(Some(End { code, signal, at }));
}

fn exit(status: ExitStatus) -> (i32, Option<i32>) {
    use std::os::unix::process::ExitStatusExt as _;
    let signal = status.signal();
    (status.code().or(signal.map(|signal| 128 + signal)).unwrap_or(-1), signal)
}
