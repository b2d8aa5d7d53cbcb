//! Lambda's Runtime API, for one process: it asks for an event, and says what became of it.

use std::{
    io::BufReader,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, bail};

use crate::http::{self, Request};

const NEXT: &str = "/2018-06-01/runtime/invocation/next";
/// How long a process may be silent.
const WAIT: Duration = Duration::from_secs(10);
/// How long an invocation may take, as the process is told.
const TIME: Duration = Duration::from_secs(60);

/// The API. It runs until the process of the benchmark ends.
pub(crate) struct Runtime {
    pub(crate) address: SocketAddr,
    calls: Receiver<Call>,
}

/// What the process says.
struct Call {
    at: Instant,
    request: Request,
    reply: Sender<Reply>,
}

/// What the process is told: an event, or that it was heard.
enum Reply {
    Event(String),
    Heard,
}

/// A process that waits for an event.
pub(crate) struct Waiting {
    pub(crate) since: Instant,
    reply: Sender<Reply>,
}

impl Runtime {
    pub(crate) fn serve() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let (sender, calls) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let sender = sender.clone();
                // A connection ends with its process, in whatever state it is.
                thread::spawn(move || drop(converse(stream, &sender)));
            }
        });
        Ok(Self { address, calls })
    }

    /// Waits until the process asks for an event.
    pub(crate) fn next(&self) -> Result<Waiting> {
        let Call { at, request, reply } = self.hear()?;
        if request.path != NEXT {
            bail!("it said {} instead of asking: {}", request.path, String::from_utf8_lossy(&request.body));
        }
        Ok(Waiting { since: at, reply })
    }

    /// Waits until the process says what became of its event, and returns when that was.
    pub(crate) fn response(&self) -> Result<Instant> {
        let Call { at, request, reply } = self.hear()?;
        if !(request.method == "POST" && request.path.ends_with("/response")) {
            bail!("it said {}: {}", request.path, String::from_utf8_lossy(&request.body));
        }
        reply.send(Reply::Heard)?;
        Ok(at)
    }

    fn hear(&self) -> Result<Call> {
        self.calls.recv_timeout(WAIT).context("silence for ten seconds")
    }
}

impl Waiting {
    /// Hands an event to the process, and returns when that was.
    pub(crate) fn hand(self, event: &str) -> Result<Instant> {
        let at = Instant::now();
        self.reply.send(Reply::Event(event.to_owned()))?;
        Ok(at)
    }
}

fn converse(stream: TcpStream, calls: &Sender<Call>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(request) = Request::read(&mut stream)? {
        let (reply, replied) = channel();
        calls.send(Call { at: Instant::now(), request, reply })?;
        match replied.recv()? {
            Reply::Event(event) => http::answer(stream.get_mut(), "200 OK", &headers(), &event)?,
            Reply::Heard => http::answer(stream.get_mut(), "202 Accepted", &[], "")?,
        }
    }
    Ok(())
}

fn headers() -> [(&'static str, String); 5] {
    [
        ("content-type", "application/json".into()),
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd".into()),
        ("lambda-runtime-deadline-ms", deadline_ms().to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:1:function:cold".into()),
        (
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0".into(),
        ),
    ]
}

#[expect(
    clippy::disallowed_methods,
    reason = "it stands in for Lambda, whose deadlines are the wall clock's"
)]
fn deadline_ms() -> u128 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (now + TIME).as_millis()
}
