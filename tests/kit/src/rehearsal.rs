//! A model server that speaks the providers' wire formats and says what it is told.
//!
//! Routes: `POST /v1/messages` (Anthropic Messages), `POST /v1/responses` and `POST /v1/chat/completions`
//! (OpenAI), `POST /v1beta/models/{model}:generateContent` and `:streamGenerateContent` (Google, also below `/v1`),
//! each streaming or whole. It refuses what the providers refuse, with their statuses and words.
//! Any key is accepted but `wrong`; models are `rehearsal-*`, `claude-*`, `gpt-*`, `gemini-*` and `o*`.
//!
//! What is asked beside a turn, a title or how a turn ended, it answers by itself (`kit::aside`): no script of a test is
//! used for it, and no directive counts in it. Unless the last user text has directives, it answers about fifty words at 25 ms a word. Directives, one
//! per line:
//!
//! | directive | does |
//! | --- | --- |
//! | `/say TEXT` | says the text; several make one text of several lines |
//! | `/text N` | says N words |
//! | `/reason N` | reasons for N words |
//! | `/call NAME JSON` | calls a tool; without JSON with `{}`; the JSON is sent as it is |
//! | `/pace MS` | waits that long between chunks (25); stays in force for the turn |
//! | `/then [TEXT or DIRECTIVE]` | what follows is for the next model call of this turn |
//! | `/loop N` | gives this answer N more times, after each round of tool results |
//! | `/stop length`, `refusal`, `filter`, `pause` | stops for this reason; `pause` only with Anthropic |
//! | `/fail STATUS or KIND [retry-after=S] [times=N]` | fails before anything is streamed |
//! | `/stall MS [after=N] [times=N]` | is silent in mid-stream |
//! | `/cut [after=N] [times=N]` | drops the connection in mid-stream |
//! | `/error-event KIND [after=N] [times=N]` | reports an error in mid-stream |
//!
//! `after=N` counts chunks (1 unless said); beyond the end means just before the end. `times=N` spoils only
//! the first N attempts at a request (the same body), so that a retry goes well. A KIND is one of
//! `overloaded`, `rate_limit`, `quota`, `auth`, `forbidden`, `not_found`, `too_large`, `context`, `timeout`,
//! `server`, `invalid`. After tool results without a `/then`, it says what the tools answered.

mod anthropic;
mod cache;
mod completions;
mod dialect;
mod directive;
mod director;
mod google;
mod hold;
mod log;
mod openai;
mod player;
mod refusal;
mod responses;
mod scene;
mod script;
mod seal;
mod server;
mod talk;
mod wire;
mod words;

use std::{future::IntoFuture, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::serve::ListenerExt;
use tokio::{
    net::TcpListener,
    sync::{oneshot, watch},
    task::JoinHandle,
    time::timeout,
};

use director::Director;
pub use hold::Hold;
use log::Log;
pub use log::Request;
pub use script::{Failure, Fault, Mishap, Piece, Script, Stop, Trouble};
use server::Shared;

/// How long streams may go on after [`Rehearsal::stop`].
const GRACE: Duration = Duration::from_secs(1);

/// A running server. Dropping it drops its streams.
#[derive(Debug)]
pub struct Rehearsal {
    addr: SocketAddr,
    shared: Arc<Shared>,
    streams: watch::Sender<()>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<io::Result<()>>,
}

impl Rehearsal {
    /// Listens at this address; port 0 takes a free one.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub async fn start(addr: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        let (streams, closing) = watch::channel(());
        let shared =
            Arc::new(Shared { director: Director::new(), log: Log::new(), asides: Log::new(), closing });
        let (stop, stopped) = oneshot::channel::<()>();
        // A chunk must leave when it is due, not when the next one fills the packet. Without the option the
        // stream is only late, so a failure does not matter.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let serving = axum::serve(listener, server::router(Arc::clone(&shared)))
            .with_graceful_shutdown(async move { drop(stopped.await) });
        Ok(Self { addr, shared, streams, stop, server: tokio::spawn(serving.into_future()) })
    }

    /// Where it listens: `http://127.0.0.1:4000`. `ANTHROPIC_BASE_URL` as it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What `OPENAI_BASE_URL` wants: the URL with `/v1`.
    #[must_use]
    pub fn openai_url(&self) -> String {
        format!("{}/v1", self.url())
    }

    /// Plays this script for the next request that has none yet.
    pub fn enqueue(&self, script: Script) {
        self.enqueue_when("", script);
    }

    /// Plays this script for the next request whose last user text contains the words.
    pub fn enqueue_when(&self, words: &str, script: Script) {
        self.shared.director.enqueue(words, script);
    }

    /// The last requests for turns, oldest first: at most 4,096, and 32 MiB of bodies.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.shared.log.requests()
    }

    /// As [`Self::requests`], those that were made beside turns: for titles, and for how turns ended.
    #[must_use]
    pub fn asides(&self) -> Vec<Request> {
        self.shared.asides.requests()
    }

    /// Waits until this many requests were made beside turns.
    pub async fn asked_aside(&self, total: u64) {
        self.shared.asides.reached(total).await;
    }

    /// Waits until this many requests for turns arrived since the start.
    pub async fn requested(&self, total: u64) {
        self.shared.log.reached(total).await;
    }

    /// Takes no more requests, lets streams go on for a second, then drops them.
    ///
    /// # Errors
    /// The server failed while it ran.
    pub async fn stop(self) -> io::Result<()> {
        let Self { streams, stop, mut server, .. } = self;
        drop(stop);
        if let Ok(ended) = timeout(GRACE, &mut server).await {
            return ended?;
        }
        drop(streams);
        match timeout(GRACE, &mut server).await {
            Ok(ended) => ended?,
            Err(_) => {
                server.abort();
                Ok(())
            }
        }
    }
}
