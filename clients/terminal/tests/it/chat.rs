//! A stack that is well.

use crate::{program::Program, world::World};

#[tokio::test]
async fn a_message_is_answered_and_the_answer_alone_is_printed() {
    let world = World::start().await;
    let ended = Program::start(world.data(), &["chat", "/pace 1\n/reason 3\n/say Hello, you"]).ends().await;
    assert_eq!((ended.code, ended.printed.as_str()), (Some(0), "Hello, you\n"));
    world.end().await;
}

#[tokio::test]
async fn a_pipe_is_read_to_its_end() {
    let world = World::start().await;
    let ended = Program::reading(world.data(), &["chat"], "/say one\n/say two\n").await.ends().await;
    assert_eq!((ended.code, ended.printed.as_str()), (Some(0), "one\ntwo\n"));
    world.end().await;
}

#[tokio::test]
async fn an_old_chat_goes_on_without_what_was_said_before() {
    let world = World::start().await;
    let first = Program::start(world.data(), &["chat", "/say one"]).ends().await;
    let args = ["chat", "--id", first.chat(), "/say two"];
    let second = Program::start(world.data(), &args).ends().await;
    assert_eq!((second.code, second.printed.as_str()), (Some(0), "two\n"));
    assert_eq!(second.chat(), first.chat());
    world.end().await;
}

#[tokio::test]
async fn a_failed_turn_is_told_and_exits_with_1() {
    let world = World::start().await;
    let ended = Program::start(world.data(), &["chat", "/fail auth"]).ends().await;
    assert_eq!((ended.code, ended.printed.as_str()), (Some(1), ""));
    assert_eq!(ended.count("error: "), 1, "{}", ended.notices);
    world.end().await;
}

#[tokio::test]
async fn a_call_and_its_result_take_a_line_each() {
    let world = World::start().await;
    let args = ["chat", "/call nosuch {}\n/then /say so"];
    let ended = Program::start(world.data(), &args).ends().await;
    let expected = "⚙ nosuch {}\n  ✗ nosuch: {\"error\":\"there is no tool named nosuch\"}\nso\n";
    assert_eq!((ended.code, ended.printed.as_str()), (Some(0), expected));
    world.end().await;
}

#[tokio::test]
async fn ctrl_c_stops_the_turn_and_keeps_what_was_said() {
    let world = World::start().await;
    let mut program = Program::start(world.data(), &["chat", "/say begun\n/stall 600000 after=1"]);
    program.prints("begun").await;
    program.interrupt().await;
    let ended = program.ends().await;
    assert_eq!((ended.code, ended.printed.as_str()), (Some(130), "begun\n"));
    world.end().await;
}

#[tokio::test]
async fn a_second_ctrl_c_leaves_at_once() {
    let mut world = World::start().await;
    let mut program = Program::start(world.data(), &["chat", "/say begun\n/stall 600000 after=1"]);
    program.prints("begun").await;
    world.kill().await;
    program.notices("reconnecting…").await;
    program.interrupt().await;
    program.notices("interrupting…").await;
    program.interrupt().await;
    let ended = program.ends().await;
    assert_eq!((ended.code, ended.count("quickstep chat --id ")), (Some(130), 1));
    world.end().await;
}

#[tokio::test]
async fn lists_show_what_was_said() {
    let world = World::start().await;
    let chat = Program::start(world.data(), &["chat", "/say one"]).ends().await;
    let list = Program::start(world.data(), &["list"]).ends().await;
    assert_eq!(list.printed, format!("{}  waiting          /say one\n", chat.chat()));
    let mut watch = Program::start(world.data(), &["watch"]);
    watch.prints(chat.chat()).await;
    let other = Program::start(world.data(), &["chat", "/say two"]).ends().await;
    // Told as a change, or in a list once more if the socket was made anew.
    watch.prints(&format!("{}  waiting", other.chat())).await;
    watch.interrupt().await;
    assert_eq!(watch.ends().await.code, Some(0));
    world.end().await;
}
