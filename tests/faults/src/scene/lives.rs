//! Forks, archives, deletions, repetitions: what happens to chats and queues as a whole.

use anyhow::{Context as _, Result, ensure};
use chat::message::{MessageView, Role};
use futures::FutureExt as _;
use serde_json::json;

use super::{Scene, anything, said, talks::echoes, texts};
use crate::person::{Ask, Fate, Person, content};

pub(super) fn scenes() -> Vec<Scene> {
    vec![
        Scene { name: "a fork", replies: echoes, play: |person| fork(person).boxed(), check: anything },
        Scene {
            name: "archived while it runs, then deleted",
            replies: echoes,
            play: |person| delete(person).boxed(),
            check: anything,
        },
        Scene {
            name: "a request that is sent again",
            replies: echoes,
            play: |person| repeat(person).boxed(),
            check: |messages| said(messages, &["hello", "again"]),
        },
    ]
}

async fn fork(person: &mut Person) -> Result<()> {
    person.create(Some("hello"), &[]).await?;
    person.rest().await?;
    let (messages, _) = person.read().await?;
    let last = messages.last().context("nothing was said")?.id;
    let body = json!({ "message_id": last });
    let route = "POST /v1/chats/{chat}/fork";
    let reply = person.ask(Ask { route, body: Some(body), keyed: true, ..Ask::default() }).await?;
    ensure!(reply.status == 201, "fork: {} {}", reply.status, reply.body);
    person.send("in the old one").await?;
    let old = person.chat.clone();
    person.chat = reply.body["id"].as_str().context("no id")?.to_owned();
    person.note("hello", Fate::Answered);
    person.send("in the new one").await?;
    person.rest().await?;
    let new = std::mem::replace(&mut person.chat, old);
    person.rest().await?;
    person.chat = new;
    Ok(())
}

async fn delete(person: &mut Person) -> Result<()> {
    person.create(Some("hello"), &[]).await?;
    person.pass_ms(300).await;
    let put_away = json!({"archived": true});
    let reply = person.act("PATCH /v1/chats/{chat}", "", Some(put_away.clone())).await?;
    ensure!(reply.status == 409 || reply.status == 200, "archive: {}", reply.status);
    person.rest().await?;
    let reply = person.act("PATCH /v1/chats/{chat}", "", Some(put_away)).await?;
    ensure!(reply.status == 200 || reply.status == 409, "archive at rest: {}", reply.status);
    let archived = person.look().await?.is_some_and(|chat| chat.archived);
    ensure!(archived, "the chat is not archived");
    let reply = person.act("DELETE /v1/chats/{chat}", "", None).await?;
    ensure!(reply.status == 204 || (reply.status == 404 && reply.tries > 1), "delete: {}", reply.status);
    ensure!(person.look().await?.is_none(), "a deleted chat is shown");
    person.fate("hello", Fate::Gone);
    Ok(())
}

async fn repeat(person: &mut Person) -> Result<()> {
    let body = json!({"content": content("hello"), "title": "a title"});
    let create = Ask { route: "POST /v1/chats", body: Some(body), keyed: true, ..Ask::default() };
    let first = person.ask(create.clone()).await?;
    let second = person.ask_again(create).await?;
    ensure!((first.status, second.status) == (201, 201), "create: {} {}", first.status, second.status);
    ensure!(first.body["id"] == second.body["id"], "two chats were made");
    person.chat = first.body["id"].as_str().context("no id")?.to_owned();
    person.note("hello", Fate::Answered);
    let body = json!({"content": content("again")});
    let send =
        Ask { route: "POST /v1/chats/{chat}/messages", body: Some(body), keyed: true, ..Ask::default() };
    let first = person.ask(send.clone()).await?;
    let second = person.ask_again(send).await?;
    ensure!(first.status == 200 && first.body == second.body, "send: {} {}", first.body, second.body);
    person.note("again", Fate::Answered);
    person.rest().await?;
    let list = Ask { route: "GET /v1/chats", immune: true, ..Ask::default() };
    let chats = person.ask(list).await?.body["chats"].as_array().map_or(0, Vec::len);
    ensure!(chats == 1, "there are {chats} chats");
    Ok(())
}

pub(super) async fn queue_is_changed(person: &mut Person) -> Result<()> {
    person.create(Some("one"), &[]).await?;
    person.fate("one", Fate::Stopped);
    let mut ids = Vec::new();
    for text in ["two", "three", "four"] {
        let reply = person.send(text).await?;
        ids.push(reply.body["queued_message"]["id"].to_string());
    }
    let [two, three, four] = ids.as_slice() else { return Ok(()) };
    let body = json!({"content": content("two and a half")});
    let edited = person.act("PATCH /v1/chats/{chat}/queue/{id}", two, Some(body)).await?;
    if edited.status == 200 {
        person.fate("two", Fate::Gone);
        person.note("two and a half", Fate::Stopped);
    } else {
        // It was answered meanwhile: as it was, or, where a first request had worked, as it was to be.
        person.fate("two", Fate::Perhaps);
        person.note("two and a half", Fate::Perhaps);
    }
    let deleted = person.act("DELETE /v1/chats/{chat}/queue/{id}", three, None).await?;
    person.fate("three", if deleted.status == 204 { Fate::Gone } else { Fate::Perhaps });
    drop(person.act("POST /v1/chats/{chat}/queue/{id}/promote", four, None).await?);
    person.fate("four", Fate::Stopped);
    person.rest().await
}

pub(super) fn queue_was_changed(messages: &[MessageView]) -> Result<()> {
    let said = texts(messages, Role::User);
    ensure!(said.first().is_some_and(|first| first == "one"), "{said:?}");
    let twos = said.iter().filter(|text| text.starts_with("two")).count();
    ensure!(twos == 1 && said.contains(&"four".to_owned()), "{said:?}");
    Ok(())
}
