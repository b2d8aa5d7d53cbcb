//! A deployment's two addresses, and an agent that is told of them.

use std::{
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use chat::{
    agent::{AgentAnswer, AgentCall, CallToken, FromAgent, ToAgent},
    id::{CallId, ChatId, MessageId, WorkspaceId},
    time::Timestamp,
    tool::IfLost,
};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{Request, Response},
    },
};
use uuid::Uuid;

pub(crate) struct World {
    pub(crate) workspace_id: WorkspaceId,
    http: TcpListener,
    sockets: TcpListener,
    folder: tempfile::TempDir,
}

pub(crate) struct Socket {
    pub(crate) bearer: String,
    stream: WebSocketStream<TcpStream>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("work")).unwrap();
        Self {
            workspace_id: WorkspaceId(Uuid::from_u128(fastrand::u128(..))),
            http: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            sockets: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            folder,
        }
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub(crate) fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.work().join(path)).unwrap_or_default()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.http.local_addr().unwrap())
    }

    /// An agent that knows where to go but not as whom.
    pub(crate) fn start(&self, args: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quickstep-workspace"));
        command.arg("--folder").arg(self.work()).arg("--state").arg(self.state()).args(args);
        command.stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap()
    }

    /// An agent that is enrolled already.
    pub(crate) fn start_enrolled(&self) -> Child {
        std::fs::create_dir_all(self.state()).unwrap();
        let socket_url = format!("ws://{}", self.sockets.local_addr().unwrap());
        let identity =
            json!({ "url": self.url(), "workspace_id": self.workspace_id, "socket_url": socket_url });
        std::fs::write(self.state().join("agent.json"), identity.to_string()).unwrap();
        self.start(&[])
    }

    /// Takes a request; answers it, or breaks the connection.
    pub(crate) async fn request(&self, answer: Option<Value>) -> (String, Value) {
        let (mut stream, _) = self.http.accept().await.unwrap();
        let mut text = String::new();
        let (head, body) = loop {
            let mut buffer = [0; 4096];
            let length = stream.read(&mut buffer).await.unwrap();
            text.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let sized = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() == sized.map_or(0, |size| size.parse().unwrap()) {
                break (head.to_owned(), body.to_owned());
            }
        };
        if let Some(answer) = answer {
            let body = answer.to_string();
            let text = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(text.as_bytes()).await.unwrap();
        }
        (head, serde_json::from_str(&body).unwrap_or_default())
    }

    pub(crate) fn enrolled(&self) -> Value {
        let socket_url = format!("ws://{}", self.sockets.local_addr().unwrap());
        json!({ "workspace_id": self.workspace_id, "socket_url": socket_url })
    }

    /// Takes a connection up to its welcome.
    pub(crate) async fn socket(&self) -> Socket {
        let (stream, _) = self.sockets.accept().await.unwrap();
        let mut bearer = String::new();
        #[expect(clippy::result_large_err, reason = "the library's own type")]
        let look = |request: &Request, response: Response| {
            bearer = request.headers()["authorization"].to_str().unwrap().to_owned();
            Ok(response)
        };
        let stream = accept_hdr_async(stream, look).await.unwrap();
        let mut socket = Socket { bearer, stream };
        assert!(matches!(socket.hear().await, FromAgent::Hello { .. }));
        socket.tell(ToAgent::Welcome { workspace_id: self.workspace_id }).await;
        socket
    }
}

impl Socket {
    pub(crate) async fn tell(&mut self, event: ToAgent) {
        let text = serde_json::to_string(&[event]).unwrap();
        self.stream.send(Message::text(text)).await.unwrap();
    }

    pub(crate) async fn hear(&mut self) -> FromAgent {
        let message = self.stream.next().await.unwrap().unwrap();
        serde_json::from_str(message.to_text().unwrap()).unwrap()
    }

    /// Returns the next answer, and acknowledges it.
    pub(crate) async fn answer(&mut self) -> AgentAnswer {
        loop {
            if let FromAgent::Answer { answers } = self.hear().await {
                let tokens = answers.iter().map(|answer| answer.token.clone()).collect();
                self.tell(ToAgent::Acknowledged { tokens }).await;
                return answers.into_iter().next().unwrap();
            }
        }
    }

    /// Waits for what a running call puts out.
    pub(crate) async fn progress(&mut self) -> String {
        loop {
            if let FromAgent::Progress { output, .. } = self.hear().await {
                return output;
            }
        }
    }
}

pub(crate) fn call(tool: &str, args: Value) -> AgentCall {
    let chat_id = ChatId(Uuid::from_u128(1));
    AgentCall {
        token: CallToken { chat_id, message_id: MessageId(7), call_id: CallId("call_1".into()) },
        tool_name: tool.into(),
        args,
        args_omitted: false,
        deadline_at: Timestamp(4_000_000_000_000),
        if_lost: IfLost::Report,
    }
}

pub(crate) fn signal(agent: &Child, name: &str) {
    let pid = agent.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
}

pub(crate) async fn end(agent: &mut Child) -> (ExitStatus, String) {
    let mut log = String::new();
    agent.stderr.take().unwrap().read_to_string(&mut log).await.unwrap();
    (agent.wait().await.unwrap(), log)
}

/// Waits for a process to be gone.
pub(crate) async fn gone(pid: &str) {
    let gone = async {
        // A dead process that nobody has asked after is gone all the same.
        while is_alive(Path::new("/proc").join(pid.trim()).as_path()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.unwrap();
}

fn is_alive(process: &Path) -> bool {
    std::fs::read_to_string(process.join("stat")).is_ok_and(|stat| !stat.contains(") Z "))
}
