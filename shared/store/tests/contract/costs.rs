//! What the calls that are made most often cost, in DynamoDB's units.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::HttpRequest,
        runtime_components::RuntimeComponents,
    },
    http::{Response, StatusCode},
};
use chat::{
    Draft,
    account::{Account, keep},
    catalogue::Period,
    cursor::Episode,
    id::{OrgId, UserId},
    message::Usage,
    part::Delta,
    port::{
        Clock as _, CommitChats as _, EraseChats as _, Flush, KeepLeases as _, KeepListeners as _,
        KeepTickets as _, ListDue as _, LogParts as _, Observe as _, Person, ReadChats as _,
        ReadWatchers as _,
    },
    record::Lease,
    spend::Used,
    time::Timestamp,
};
use dynamo::Dynamo;
use kit::seed;
use uuid::Uuid;

use super::{
    tables,
    world::{WORKER, World, renewal},
};

/// Calls by name, with the units that each read and wrote.
type Bill = Arc<Mutex<Vec<(String, f64, f64)>>>;

#[derive(Clone, Debug)]
struct Metered(Dynamo, Bill);

impl HttpClient for Metered {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Metered {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self(dynamo, bill) = self.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
            let reply = dynamo.handle(&target, request.body().bytes().unwrap_or_default());
            let name = target.rsplit('.').next().unwrap_or_default().to_owned();
            bill.lock().unwrap().push((name, reply.consumed.read_units, reply.consumed.write_units));
            Ok(Response::new(StatusCode::try_from(reply.status).unwrap(), reply.body.into()))
        })
    }
}

async fn metered() -> (World<store::Chats, store::Directory>, Bill) {
    let (dynamo, _) = tables::empty().await;
    let bill = Bill::default();
    let http = SharedHttpClient::new(Metered(dynamo, Arc::clone(&bill)));
    (World::over(tables::client(http)), bill)
}

fn billed(bill: &Bill) -> Vec<(String, f64, f64)> {
    std::mem::take(&mut bill.lock().unwrap())
}

#[tokio::test]
async fn a_flush_is_one_small_write_and_one_small_query() {
    let (world, bill) = metered().await;
    let chat_id = world.created("hello").await;
    world.attempt(chat_id).await;
    world.chats.listen(chat_id, &"c".into(), world.clock.now().plus_ms(60_000)).await.unwrap();
    billed(&bill);
    let flush = Flush {
        chat_id,
        episode: Episode { history_version: 1, generation_attempt: 1 },
        first_seq: 1,
        parts: vec![Delta::Text { text: "some words ".repeat(40) }],
        expires_at: world.clock.now().plus_ms(60_000),
    };
    world.chats.log(&flush).await.unwrap();
    world.chats.observe(chat_id).await.unwrap().unwrap();
    assert_eq!(billed(&bill), [("PutItem".into(), 0.0, 1.0), ("Query".into(), 1.0, 0.0)]);
}

#[tokio::test]
async fn a_heartbeat_is_one_unit_and_touches_no_index() {
    let (world, bill) = metered().await;
    let id = world.created("hello").await;
    world.attempt(id).await;
    billed(&bill);
    let lease = Lease::from(WORKER, world.clock.now().plus_ms(10_000));
    assert!(world.chats.renew(id, renewal(lease)).await.unwrap());
    assert_eq!(billed(&bill), [("UpdateItem".into(), 0.0, 1.0)]);
}

#[tokio::test]
async fn an_attempt_is_one_update_of_one_unit() {
    let (world, bill) = metered().await;
    let id = world.created("hello").await;
    billed(&bill);
    world.attempt(id).await;
    let calls = billed(&bill);
    assert_eq!(calls.last(), Some(&("UpdateItem".into(), 0.0, 1.0)), "{calls:?}");
}

#[tokio::test]
async fn counting_what_is_spent_is_two_units_and_two_more_towards_a_ceiling() {
    let (world, bill) = metered().await;
    let id = world.created("hello").await;
    let used = Used { model_id: seed::MODEL, usage: Usage::default() };
    let mut units = Vec::new();
    for (calls, ceiling) in [(0, None), (1, None), (1, Some(Period::Month))] {
        let draft = Draft::open(Some(world.snapshot(id).await), world.clock.now()).towards(ceiling);
        let draft = (0..calls).fold(draft, |draft, _| draft.spending(used));
        let change = seed::change(draft, [seed::send("more", world.clock.now())]);
        billed(&bill);
        world.chats.commit(&change, None).await.unwrap();
        units.push(billed(&bill)[0].2);
    }
    assert_eq!((units[1] - units[0], units[2] - units[1]), (2.0, 2.0), "{units:?}");
}

#[tokio::test]
async fn a_chat_without_a_queue_is_read_in_one_query() {
    let (world, bill) = metered().await;
    let id = world.created("hello").await;
    billed(&bill);
    world.chats.snapshot(id).await.unwrap().unwrap();
    assert_eq!(billed(&bill), [("Query".into(), 1.0, 0.0)]);
}

#[tokio::test]
async fn what_requests_take_is_said_to_the_account() {
    let (world, bill) = metered().await;
    let account = Account::open(Duration::default);
    let id = keep(account.clone(), async {
        let id = world.created("hello").await;
        world.answer(id, "hi").await;
        world.parked(world.created("what is the weather?").await, 2).await;
        world.chats.listen(id, &"c".into(), world.clock.now().plus_ms(60_000)).await.unwrap();
        world.delete(id).await;
        while !world.chats.erase(id).await.unwrap() {}
        world.chats.due(0, Timestamp(0)..=world.clock.now(), 10).await.unwrap();
        world.directory.watchers(UserId(Uuid::nil())).await.unwrap();
        let (user_id, org_id) = (UserId(Uuid::nil()), OrgId(Uuid::nil()));
        let until = world.clock.now().plus_ms(60_000);
        world.directory.put_ticket("hash", Person { user_id, org_id }, until).await.unwrap();
        world.directory.use_ticket("hash", world.clock.now()).await.unwrap().unwrap();
        id
    })
    .await;
    world.chats.snapshot(id).await.unwrap();
    let (mut read_units, mut write_units) = (0.0, 0.0);
    let calls = billed(&bill);
    for (_, read, written) in calls.iter().rev().skip(1) {
        read_units += read;
        write_units += written;
    }
    assert!(read_units > 0.0 && write_units > 0.0);
    assert_eq!(account.book().units(), (read_units, write_units), "{calls:?}");
    let names: BTreeSet<&str> = calls.iter().map(|(name, ..)| name.as_str()).collect();
    let all =
        ["BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem"];
    assert_eq!(names, all.into());
}
