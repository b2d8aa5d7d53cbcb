//! All of AWS that a first invocation meets: an HTTPS server that answers every request of the SDK at once, as if
//! there were nothing.

use std::{
    io::{BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::{
    certificates,
    http::{self, Request},
};

/// How long a call is waited for.
const WAIT: Duration = Duration::from_secs(10);

/// The server. It runs until the process ends.
pub(crate) struct Aws {
    pub(crate) address: SocketAddr,
    answered: Receiver<Instant>,
}

impl Aws {
    pub(crate) fn serve() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let config = Arc::new(certificates::server_config()?);
        let (sender, answered) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (config, sender) = (Arc::clone(&config), sender.clone());
                // A connection ends with its process, in whatever state it is.
                thread::spawn(move || drop(converse(stream, config, &sender)));
            }
        });
        Ok(Self { address, answered })
    }

    /// Forgets the calls of processes before.
    pub(crate) fn forget(&self) {
        while self.answered.try_recv().is_ok() {}
    }

    /// Waits until a call is answered, and returns when that was.
    pub(crate) fn answered(&self) -> Result<Instant> {
        self.answered.recv_timeout(WAIT).context("no call over TLS within ten seconds")
    }
}

fn converse(stream: TcpStream, config: Arc<ServerConfig>, answered: &Sender<Instant>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(StreamOwned::new(ServerConnection::new(config)?, stream));
    while let Some(request) = Request::read(&mut stream)? {
        let headers = [("content-type", "application/x-amz-json-1.0".to_owned())];
        http::answer(stream.get_mut(), "200 OK", &headers, nothing(&request))?;
        stream.get_mut().flush()?;
        answered.send(Instant::now())?;
    }
    Ok(())
}

/// Returns an answer that finds nothing.
fn nothing(request: &Request) -> &'static str {
    match request.header("x-amz-target") {
        Some("DynamoDB_20120810.Query" | "DynamoDB_20120810.Scan") => {
            r#"{"Items": [], "Count": 0, "ScannedCount": 0}"#
        }
        Some(_) | None => "{}",
    }
}
