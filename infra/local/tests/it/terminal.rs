//! The command line follows a chat while the process is killed and another takes its place.

use std::{io, process::ExitCode};

use terminal::{
    args::{ChatArgs, StackArgs},
    conversation,
    output::{Output, Style},
    stack::Finder,
};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::kill::Running;

/// What is written here can be read while it is written.
struct Pipe(UnboundedSender<String>);

impl io::Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8(bytes.to_vec()).map_err(io::Error::other)?;
        self.0.send(text).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn until(printed: &mut UnboundedReceiver<String>, text: &str) -> String {
    let mut all = String::new();
    while !all.contains(text) {
        all.push_str(&printed.recv().await.unwrap());
    }
    all
}

#[tokio::test]
async fn an_answer_is_printed_once_though_the_process_is_killed_in_its_middle() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Running::start(folder.path());
    let ((out, mut printed), (err, mut notices)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
    let mut output = Output::new(Box::new(Pipe(out)), Box::new(Pipe(err)), Style::Plain);
    let place = StackArgs { data: Some(folder.path().to_owned()), ..StackArgs::default() };
    let finder = Finder { args: place, directory: folder.path().to_owned() };
    let asked = ChatArgs { message: Some("/pace 20\n/text 120".into()), ..ChatArgs::default() };
    let outage = async {
        let mut said = until(&mut printed, "laughed").await;
        drop(stack);
        until(&mut notices, "reconnecting…").await;
        // On another port: the terminal looks again where the stack is.
        let stack = Running::start(folder.path());
        said.push_str(&until(&mut printed, "\n").await);
        (stack, said)
    };
    let (code, (stack, said)) = tokio::join!(conversation::run(finder, asked, &mut output), outage);
    assert_eq!(code.unwrap(), ExitCode::SUCCESS);
    let told = until(&mut notices, " goes on").await;
    let id = told.rsplit(' ').nth(2).unwrap();
    let history = stack.history(id).await;
    assert_eq!(said, format!("{}\n", history[1]["content"][0]["text"].as_str().unwrap()));
    assert_eq!((history.len(), said.split(' ').count()), (2, 120));
}
