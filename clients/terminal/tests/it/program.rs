//! The binary, running.

use std::{path::Path, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, ChildStderr, ChildStdout, Command},
    time::timeout,
};

/// A lease of a killed step lasts 30 s.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Program {
    child: Child,
    out: ChildStdout,
    notices: BufReader<ChildStderr>,
    printed: String,
    noticed: String,
}

/// How a program ended, and what it printed.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) printed: String,
    pub(crate) notices: String,
}

impl Program {
    /// Starts it beside a stack's data, with nothing to read.
    pub(crate) fn start(data: &Path, args: &[&str]) -> Self {
        Self::spawn(data, args, Stdio::null())
    }

    /// Starts it and gives it this to read.
    pub(crate) async fn reading(data: &Path, args: &[&str], text: &str) -> Self {
        let mut program = Self::spawn(data, args, Stdio::piped());
        let mut input = program.child.stdin.take().unwrap();
        input.write_all(text.as_bytes()).await.unwrap();
        program
    }

    fn spawn(data: &Path, args: &[&str], input: Stdio) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_quickstep"))
            .args(args)
            .arg("--data")
            .arg(data)
            .env_remove("QUICKSTEP_URL")
            .env_remove("QUICKSTEP_SOCKET_URL")
            .env_remove("QUICKSTEP_TOKEN")
            .env_remove("QUICKSTEP_PROVIDER_KEY")
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let out = child.stdout.take().unwrap();
        let notices = BufReader::new(child.stderr.take().unwrap());
        Self { child, out, notices, printed: String::new(), noticed: String::new() }
    }

    /// Waits until it printed this.
    pub(crate) async fn prints(&mut self, text: &str) {
        let mut buffer = [0; 1_024];
        while !self.printed.contains(text) {
            let read = timeout(PATIENCE, self.out.read(&mut buffer)).await.unwrap().unwrap();
            assert_ne!(read, 0, "{text} is missing: {}", self.printed);
            self.printed.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
    }

    /// Waits for a notice that begins so.
    pub(crate) async fn notices(&mut self, beginning: &str) {
        loop {
            let start = self.noticed.len();
            let read = self.notices.read_line(&mut self.noticed);
            assert_ne!(timeout(PATIENCE, read).await.unwrap().unwrap(), 0, "{beginning}: {}", self.noticed);
            if self.noticed[start..].starts_with(beginning) {
                return;
            }
        }
    }

    /// Presses Ctrl-C.
    pub(crate) async fn interrupt(&self) {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().await.unwrap().success());
    }

    /// Waits until it ends.
    pub(crate) async fn ends(mut self) -> Ended {
        let (mut printed, mut notices) = (self.printed, self.noticed);
        tokio::join!(drain(&mut self.out, &mut printed), drain(&mut self.notices, &mut notices));
        let code = timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap().code();
        Ended { code, printed, notices }
    }
}

async fn drain(from: &mut (impl AsyncRead + Unpin), to: &mut String) {
    timeout(PATIENCE, from.read_to_string(to)).await.unwrap().unwrap();
}

impl Ended {
    /// The chat that it says how to go on with.
    pub(crate) fn chat(&self) -> &str {
        let (_, rest) = self.notices.split_once("quickstep chat --id ").unwrap();
        rest.split_once(' ').unwrap().0
    }

    /// How often a notice begins so.
    pub(crate) fn count(&self, beginning: &str) -> usize {
        self.notices.lines().filter(|line| line.starts_with(beginning)).count()
    }
}
