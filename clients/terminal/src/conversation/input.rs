//! What somebody types.

use std::io;

use tokio::sync::mpsc::{self, Receiver};

/// Reads lines beside everything else; reading a terminal cannot be given up half-way.
pub(super) fn lines() -> Receiver<String> {
    let (sender, receiver) = mpsc::channel(8);
    std::thread::spawn(move || {
        for line in io::stdin().lines() {
            let Ok(line) = line else { return };
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Returns the next line that says something; none when there will be no more, or for `/quit`.
pub(super) async fn next(lines: &mut Receiver<String>) -> Option<String> {
    loop {
        let line = lines.recv().await?;
        match line.trim() {
            "/quit" => return None,
            "" => {}
            said => return Some(said.to_owned()),
        }
    }
}
