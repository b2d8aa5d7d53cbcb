use super::*;
use crate::args::StackArgs;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc,
};
use tokio_tungstenite::accept_async;

fn finder(port: u16) -> Finder {
    let args = StackArgs {
        url: Some("http://unused".into()),
        socket_url: Some(format!("ws://127.0.0.1:{port}")),
        token: Some("t".into()),
        data: None,
    };
    Finder { args, directory: "/".into() }
}

#[tokio::test]
async fn a_dropped_connection_is_made_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        for frame in ["[1]", "[2]"] {
            let (stream, _) = listener.accept().await.unwrap();
            let mut socket = accept_async(stream).await.unwrap();
            let asked = socket.next().await.unwrap().unwrap();
            assert_eq!(asked.to_text().unwrap(), "subscribe");
            socket.send(Message::text(frame)).await.unwrap();
        }
    });
    let (actions, to_socket) = mpsc::channel(8);
    let (from_socket, mut signals) = mpsc::channel(8);
    tokio::spawn(keep(finder(port), to_socket, from_socket));
    let mut frames = Vec::new();
    while frames.len() < 2 {
        match signals.recv().await.unwrap() {
            Signal::Connected => actions.send(Action::Send("subscribe".into())).await.unwrap(),
            Signal::Frame(frame) => frames.push(frame),
            Signal::Lost(_) | Signal::Refused(_) => {}
        }
    }
    assert_eq!(frames, ["[1]", "[2]"]);
    server.await.unwrap();
}

#[tokio::test]
async fn a_connection_without_an_answer_is_left_for_another() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut silent = accept_async(stream).await.unwrap();
        assert!(silent.next().await.is_none_or(|message| message.is_err()));
        let (stream, _) = listener.accept().await.unwrap();
        accept_async(stream).await.unwrap();
    });
    let (actions, to_socket) = mpsc::channel(8);
    let (from_socket, mut signals) = mpsc::channel(8);
    tokio::spawn(keep(finder(port), to_socket, from_socket));
    assert_eq!(signals.recv().await, Some(Signal::Connected));
    actions.send(Action::Renew).await.unwrap();
    assert_eq!(signals.recv().await, Some(Signal::Lost("no answer in time".into())));
    assert_eq!(signals.recv().await, Some(Signal::Connected));
    server.await.unwrap();
}

#[test]
fn waits_double_to_five_seconds() {
    let mut backoff = Backoff::default();
    let waits: Vec<_> = (0..8).map(|_| backoff.next_delay().as_millis()).collect();
    assert_eq!(waits, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
}

#[tokio::test]
async fn a_refused_token_is_not_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert_ne!(stream.read(&mut [0; 1_024]).await.unwrap(), 0);
        stream.write_all(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    });
    let (_actions, to_socket) = mpsc::channel(8);
    let (from_socket, mut signals) = mpsc::channel(8);
    tokio::spawn(keep(finder(port), to_socket, from_socket));
    let reason = "the stack does not accept the token (401 Unauthorized)".to_owned();
    assert_eq!(signals.recv().await, Some(Signal::Refused(reason)));
    assert_eq!(signals.recv().await, None);
    server.await.unwrap();
}
