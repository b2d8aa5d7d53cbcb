//! Tokens, tickets, sockets and watchers.

use chat::{
    id::{ConnectionId, OrgId, UserId},
    port::{Clock as _, Person},
};
use uuid::Uuid;

use super::world::{Directory, World};

fn person(number: u128) -> Person {
    Person { user_id: UserId(Uuid::from_u128(number)), org_id: OrgId(Uuid::from_u128(7)) }
}

pub(crate) async fn a_token_tells_whose_it_is<C, D: Directory>(world: World<C, D>) {
    assert_eq!(world.directory.person("aa").await.unwrap(), None);
    assert_eq!(world.directory.put_token("aa", person(1)).await.unwrap(), person(1));
    assert_eq!(world.directory.put_token("bb", person(2)).await.unwrap(), person(2));
    assert_eq!(world.directory.person("aa").await.unwrap(), Some(person(1)));
    assert_eq!(world.directory.person("bb").await.unwrap(), Some(person(2)));
}

pub(crate) async fn a_token_stays_with_its_first_person<C, D: Directory>(world: World<C, D>) {
    world.directory.put_token("aa", person(1)).await.unwrap();
    assert_eq!(world.directory.put_token("aa", person(2)).await.unwrap(), person(1));
    assert_eq!(world.directory.person("aa").await.unwrap(), Some(person(1)));
}

pub(crate) async fn a_ticket_works_once<C, D: Directory>(world: World<C, D>) {
    let now = world.clock.now();
    world.directory.put_ticket("tt", person(1), now.plus_ms(60_000)).await.unwrap();
    assert_eq!(world.directory.use_ticket("tt", now).await.unwrap(), Some(person(1)));
    assert_eq!(world.directory.use_ticket("tt", now).await.unwrap(), None);
    assert_eq!(world.directory.use_ticket("unknown", now).await.unwrap(), None);
}

pub(crate) async fn of_many_callers_one_gets_the_ticket<C, D: Directory>(world: World<C, D>) {
    let now = world.clock.now();
    world.directory.put_ticket("tt", person(1), now.plus_ms(60_000)).await.unwrap();
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let directory = world.directory.clone();
        callers.spawn(async move { directory.use_ticket("tt", now).await.unwrap() });
    }
    assert_eq!(callers.join_all().await.into_iter().flatten().count(), 1);
}

pub(crate) async fn an_expired_ticket_does_not_work<C, D: Directory>(world: World<C, D>) {
    let now = world.clock.now();
    world.directory.put_ticket("tt", person(1), now.plus_ms(60_000)).await.unwrap();
    assert_eq!(world.directory.use_ticket("tt", now.plus_ms(60_000)).await.unwrap(), None);
}

pub(crate) async fn a_socket_is_somebodys_until_it_closes<C, D: Directory>(world: World<C, D>) {
    let (one, two) = (ConnectionId::from("one="), ConnectionId::from("two="));
    let until = world.clock.now().plus_ms(60_000);
    world.directory.open(&one, person(1), until).await.unwrap();
    world.directory.open(&two, person(2), until).await.unwrap();
    assert_eq!(world.directory.holder(&one).await.unwrap(), Some(person(1)));
    world.directory.close(&one).await.unwrap();
    world.directory.close(&one).await.unwrap();
    assert_eq!(world.directory.holder(&one).await.unwrap(), None);
    assert_eq!(world.directory.holder(&two).await.unwrap(), Some(person(2)));
    world.clock.advance_ms(60_000);
    assert_eq!(world.directory.holder(&two).await.unwrap(), None);
}

pub(crate) async fn watchers_are_those_who_watch<C, D: Directory>(world: World<C, D>) {
    let (user, other) = (person(1).user_id, person(2).user_id);
    for (connection, lasts_ms) in [("b", 60_000), ("a", 60_000), ("short", 1_000), ("left", 60_000)] {
        let until = world.clock.now().plus_ms(lasts_ms);
        world.directory.watch(user, &connection.into(), until).await.unwrap();
    }
    world.directory.watch(other, &"c".into(), world.clock.now().plus_ms(60_000)).await.unwrap();
    world.directory.unwatch(user, &"left".into()).await.unwrap();
    world.clock.advance_ms(2_000);
    let watching = world.directory.watchers(user).await.unwrap();
    assert_eq!(watching, ["a", "b"].map(ConnectionId::from));
}
