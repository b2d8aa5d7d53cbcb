use chat::{
    agent::ToAgent,
    id::{CallId, ChatId, MessageId},
    limit::{FRAME_BYTES, FRAME_MAX_BYTES},
};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc::unbounded_channel,
};
use tokio_tungstenite::{WebSocketStream, accept_async, tungstenite::Message};
use uuid::Uuid;

use super::*;
use crate::http::Api;

const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(1));

/// The other end of a link.
struct Deployment {
    listener: TcpListener,
    outgoing: UnboundedSender<Outgoing>,
    incoming: UnboundedReceiver<Incoming>,
    link: tokio::task::JoinHandle<Ended>,
}

type Socket = WebSocketStream<TcpStream>;

impl Deployment {
    async fn new(ping: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let hello = FromAgent::Hello {
            run_id: Uuid::nil(),
            version: "1".into(),
            os: "linux".into(),
            folder: "/work".into(),
        };
        let deployment = super::Deployment {
            socket_url: format!("ws://127.0.0.1:{port}"),
            secret: "s".into(),
            api: Api::new(&format!("http://127.0.0.1:{port}")).unwrap(),
        };
        let link = Link { deployment, workspace_id: WORKSPACE, hello, ping, doubt: DOUBT };
        let (outgoing, said) = unbounded_channel();
        let (heard, incoming) = unbounded_channel();
        Self { listener, outgoing, incoming, link: tokio::spawn(link.keep(said, heard)) }
    }

    /// Takes a connection up to its welcome.
    async fn welcome(&self) -> Socket {
        let mut socket = self.accept().await;
        tell(&mut socket, &[ToAgent::Welcome { workspace_id: WORKSPACE }]).await;
        socket
    }

    async fn accept(&self) -> Socket {
        let (stream, _) = self.listener.accept().await.unwrap();
        let mut socket = accept_async(stream).await.unwrap();
        assert!(matches!(hear(&mut socket).await, FromAgent::Hello { .. }));
        socket
    }

    async fn refuse(&self, status: &str) {
        refuse(&self.listener, status).await;
    }

    fn answer(&self, number: u64, bytes: usize) -> AgentAnswer {
        let answer = AgentAnswer {
            token: token(number),
            result: json!("x".repeat(bytes)),
            is_error: false,
            outcome: None,
        };
        self.outgoing.send(Outgoing::Answer(Box::new(answer.clone()))).unwrap();
        answer
    }
}

async fn refuse(listener: &TcpListener, status: &str) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let request = read(&mut stream).await;
    assert!(request.contains("authorization: Bearer s\r\n"), "{request}");
    stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes()).await.unwrap();
}

fn token(number: u64) -> CallToken {
    CallToken { chat_id: ChatId(Uuid::nil()), message_id: MessageId(number), call_id: CallId("c".into()) }
}

async fn read(stream: &mut TcpStream) -> String {
    let mut buffer = vec![0; 64 * 1024];
    let length = stream.read(&mut buffer).await.unwrap();
    String::from_utf8_lossy(&buffer[..length]).to_lowercase().replace("bearer", "Bearer")
}

async fn tell(socket: &mut Socket, events: &[ToAgent]) {
    socket.send(Message::text(serde_json::to_string(events).unwrap())).await.unwrap();
}

async fn hear(socket: &mut Socket) -> FromAgent {
    serde_json::from_str(socket.next().await.unwrap().unwrap().to_text().unwrap()).unwrap()
}

const DOUBT: Duration = Duration::from_secs(2);
const LONG: Duration = Duration::from_secs(240);

#[tokio::test]
async fn nothing_is_said_before_the_welcome() {
    let mut deployment = Deployment::new(LONG).await;
    let answer = deployment.answer(1, 1);
    let mut socket = deployment.accept().await;
    tell(&mut socket, &[ToAgent::Pong {}]).await;
    tell(&mut socket, &[ToAgent::Acknowledged { tokens: vec![token(9)] }]).await;
    assert_eq!(deployment.incoming.recv().await, Some(Incoming::Acknowledged(vec![token(9)])));
    tell(&mut socket, &[ToAgent::Welcome { workspace_id: WORKSPACE }]).await;
    assert_eq!(hear(&mut socket).await, FromAgent::Answer { answers: vec![answer] });
}

#[tokio::test]
async fn an_answer_that_was_not_acknowledged_is_said_again_on_the_next_connection() {
    let mut deployment = Deployment::new(LONG).await;
    let (first, second) = (deployment.answer(1, 1), deployment.answer(2, 1));
    let mut socket = deployment.welcome().await;
    assert_eq!(hear(&mut socket).await, FromAgent::Answer { answers: vec![first, second.clone()] });
    tell(&mut socket, &[ToAgent::Acknowledged { tokens: vec![token(1)] }]).await;
    assert_eq!(deployment.incoming.recv().await, Some(Incoming::Acknowledged(vec![token(1)])));
    drop(socket);
    let mut socket = deployment.welcome().await;
    assert_eq!(hear(&mut socket).await, FromAgent::Answer { answers: vec![second] });
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_of_an_answer_loses_none() {
    let deployment = Deployment::new(LONG).await;
    let (mut stream, _) = deployment.listener.accept().await.unwrap();
    let mut socket = accept_async(&mut stream).await.unwrap();
    socket.next().await.unwrap().unwrap();
    let welcome = serde_json::to_string(&[ToAgent::Welcome { workspace_id: WORKSPACE }]).unwrap();
    socket.send(Message::text(welcome)).await.unwrap();
    let answer = deployment.answer(1, 100_000);
    drop(socket);
    // Some of the answer, and not its end.
    let mut some = vec![0; 10_000];
    stream.read_exact(&mut some).await.unwrap();
    drop(stream);
    let mut socket = deployment.welcome().await;
    assert_eq!(hear(&mut socket).await, FromAgent::Answer { answers: vec![answer] });
}

#[tokio::test]
async fn long_messages_come_in_frames_that_the_gateway_takes() {
    let deployment = Deployment::new(LONG).await;
    let (mut stream, _) = deployment.listener.accept().await.unwrap();
    let mut socket = accept_async(&mut stream).await.unwrap();
    socket.next().await.unwrap().unwrap();
    let welcome = serde_json::to_string(&[ToAgent::Welcome { workspace_id: WORKSPACE }]).unwrap();
    socket.send(Message::text(welcome)).await.unwrap();
    drop(socket);
    deployment.answer(1, 3 * FRAME_BYTES);
    let mut codes = Vec::new();
    loop {
        let mut header = [0; 2];
        stream.read_exact(&mut header).await.unwrap();
        let length = match header[1] & 0x7f {
            126 => usize::from(stream.read_u16().await.unwrap()),
            127 => usize::try_from(stream.read_u64().await.unwrap()).unwrap(),
            short => usize::from(short),
        };
        assert!(length <= FRAME_BYTES);
        let mut rest = vec![0; length + 4];
        stream.read_exact(&mut rest).await.unwrap();
        codes.push(header[0]);
        if header[0] & 0x80 != 0 {
            break;
        }
    }
    assert_eq!(codes, [0x01, 0x00, 0x00, 0x80]);
}

#[tokio::test]
async fn an_answer_too_large_for_the_socket_goes_over_http_until_it_arrives() {
    let mut deployment = Deployment::new(LONG).await;
    let mut socket = deployment.welcome().await;
    let answer = deployment.answer(1, FRAME_MAX_BYTES);
    let (mut stream, request) = request(&deployment).await;
    assert!(request.starts_with("POST /v1/agent/answers HTTP/1.1\r\n"));
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, serde_json::to_string(&json!({ "answers": [answer] })).unwrap());
    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    assert_eq!(deployment.incoming.recv().await, Some(Incoming::Acknowledged(vec![token(1)])));
    tell(&mut socket, &[ToAgent::Cancelled { tokens: vec![token(2)] }]).await;
    assert_eq!(deployment.incoming.recv().await, Some(Incoming::Cancelled(vec![token(2)])));
}

/// Takes a request over HTTP up to its end.
async fn request(deployment: &Deployment) -> (TcpStream, String) {
    let (mut stream, _) = deployment.listener.accept().await.unwrap();
    let mut request = Vec::new();
    while !request.ends_with(b"}]}") {
        let mut buffer = vec![0; 64 * 1024];
        let length = stream.read(&mut buffer).await.unwrap();
        request.extend_from_slice(&buffer[..length]);
    }
    (stream, String::from_utf8(request).unwrap())
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_replaced_by_one_that_says_so() {
    let deployment = Deployment::new(LONG).await;
    let mut socket = deployment.welcome().await;
    let answer = deployment.answer(1, FRAME_MAX_BYTES);
    let (mut stream, _) = request(&deployment).await;
    let body = r#"{"code":"invalid","message":"no"}"#;
    let head = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all((head + body).as_bytes()).await.unwrap();
    let result = json!({ "error": "the result was not taken: the deployment answered 400 Bad Request no" });
    let expected = AgentAnswer { result, is_error: true, ..answer };
    assert_eq!(hear(&mut socket).await, FromAgent::Answer { answers: vec![expected] });
}

#[tokio::test]
async fn a_report_is_told_on_each_connection() {
    let deployment = Deployment::new(LONG).await;
    let report = Box::<Report>::default();
    deployment.outgoing.send(Outgoing::Report(report.clone(), Timestamp(1))).unwrap();
    for _ in 0..2 {
        let mut socket = deployment.welcome().await;
        assert_eq!(
            hear(&mut socket).await,
            FromAgent::Report { report: report.clone(), seen_at: Timestamp(1) }
        );
    }
}

#[tokio::test]
async fn what_nobody_understands_changes_nothing() {
    let mut deployment = Deployment::new(LONG).await;
    let mut socket = deployment.welcome().await;
    for frame in ["", "{}", "[1]", r#"[{"type":"new_thing"},{"type":"pong"}]"#, "[{\"type\":\"call\"}]"] {
        socket.send(Message::text(frame)).await.unwrap();
    }
    tell(&mut socket, &[ToAgent::Acknowledged { tokens: vec![] }]).await;
    assert_eq!(deployment.incoming.recv().await, Some(Incoming::Acknowledged(vec![])));
}

#[tokio::test]
async fn a_silent_deployment_is_left_for_another_connection() {
    let deployment = Deployment::new(Duration::from_millis(50)).await;
    let mut socket = deployment.welcome().await;
    assert_eq!(hear(&mut socket).await, FromAgent::Ping {});
    tell(&mut socket, &[ToAgent::Pong {}]).await;
    assert_eq!(hear(&mut socket).await, FromAgent::Ping {});
    tokio::time::pause();
    // Its pings are not answered; with nothing else to wait for, the clock runs on.
    let silent = async { while socket.next().await.is_some_and(|message| message.is_ok()) {} };
    silent.await;
    tokio::time::resume();
    deployment.welcome().await;
}

#[tokio::test]
async fn an_agent_that_is_not_known_for_long_gives_up() {
    let mut deployment = Deployment::new(LONG).await;
    let begun = Instant::now();
    deployment.refuse("401 Unauthorized").await;
    let trouble = Instant::now();
    deployment.refuse("500 Internal Server Error").await;
    let mut refusals = 0;
    let reason = loop {
        tokio::select! {
            ended = &mut deployment.link => break ended.unwrap(),
            () = refuse(&deployment.listener, "403 Forbidden") => refusals += 1,
        }
    };
    let expected = "the deployment does not accept this agent (403 Forbidden); enrol it again";
    assert_eq!(reason, Ended::Refused(expected.into()));
    // Trouble of another kind in between begins the doubt anew.
    assert!(refusals > 1 && trouble.elapsed() >= DOUBT && begun.elapsed() < 20 * DOUBT);
}

#[tokio::test]
async fn an_agent_whose_workspace_is_gone_gives_up_at_once() {
    let deployment = Deployment::new(LONG).await;
    let mut socket = deployment.accept().await;
    let (action, message) = (json!("hello"), "this workspace was deleted".into());
    tell(&mut socket, &[ToAgent::Refused { action, code: "gone".into(), message }]).await;
    assert_eq!(deployment.link.await.unwrap(), Ended::Refused("this workspace was deleted".into()));
}

#[tokio::test]
async fn a_link_ends_with_whoever_listens() {
    let deployment = Deployment::new(LONG).await;
    let _socket = deployment.welcome().await;
    drop(deployment.incoming);
    assert_eq!(deployment.link.await.unwrap(), Ended::Unheard);
}
