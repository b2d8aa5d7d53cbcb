//! How turns are said to have ended.

use std::time::Duration;

use chat::{model::ModelRequest, record::Status, transition::Transition, wake::Reason};
use kit::{model::Script, replies::Replies, seed};

use crate::{
    titles::{overridden, set},
    world::World,
};

fn labels(request: &ModelRequest) -> bool {
    request.system.iter().any(|layer| layer.starts_with("You label finished work."))
}

fn labelling(label: impl Fn() -> Script + Send + Sync + 'static) -> Replies {
    Replies::by(move |request, _| if labels(request) { label() } else { Script::says("it rains") })
}

fn model() -> Replies {
    labelling(|| Script::says("Looked up the weather."))
}

async fn told(model: Replies) -> World {
    let world = World::quiet(model).await;
    set(&world, overridden(seed::MODEL)).await;
    world.send("how is the weather").await;
    world
}

fn asked(world: &World) -> Vec<ModelRequest> {
    world.model.requests().into_iter().filter(labels).collect()
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_ended_is_labelled_and_the_list_does_not_move() {
    let slow = Duration::from_secs(2);
    let world = told(labelling(move || Script::says("Looked up the weather.").paced(slow))).await;
    world.listen("socket").await;
    world.until(|chat| chat.status == Status::Waiting && chat.last_answer_id.is_some()).await;
    let before = world.chat();
    assert_eq!(before.summary, None, "nobody waits for it");
    world.drain().await;
    let chat = world.chat();
    assert_eq!(chat.summary.as_deref(), Some("Looked up the weather"));
    assert_eq!((chat.updated_at, chat.versions.history), (before.updated_at, before.versions.history));
    let told = serde_json::to_value(world.heard("socket").last().unwrap()).unwrap();
    assert_eq!((&told["type"], &told["chat"]["summary"]), (&"chat".into(), &"Looked up the weather".into()));
    assert_eq!(
        kit::replies::text_of(&asked(&world)[0].messages[0]),
        "<turn>\n<title>\nA chat\n</title>\n<answer>\nit rains\n</answer>\n</turn>"
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_model_for_it_nobody_is_asked() {
    let world = World::told("how is the weather", model()).await;
    world.drain().await;
    world.wake(Reason::Label);
    world.drain().await;
    assert_eq!((asked(&world).len(), world.chat().summary), (0, None));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_label_becomes_the_plain_one() {
    let world = told(labelling(|| Script::says("I have looked up the weather for you."))).await;
    world.drain().await;
    assert_eq!(world.chat().summary.as_deref(), Some("Finished"));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_is_silent_changes_nothing() {
    let world = told(labelling(|| Script::default().hangs())).await;
    world.rest().await;
    let before = world.chat().versions;
    world.drain().await;
    assert_eq!((world.chat().versions, world.chat().summary), (before, None));
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_has_moved_on_is_not_labelled_by_what_was() {
    let slow = Duration::from_secs(5);
    let model = Replies::by(move |request, number| match (labels(request), number) {
        (true, 1) => Script::says("Looked up the weather").paced(slow),
        (true, _) => Script::says("Looked up tomorrow"),
        (false, _) => Script::says("it rains"),
    });
    let world = told(model).await;
    world.until(|chat| chat.status == Status::Waiting && chat.last_answer_id.is_some()).await;
    world.pass_ms(1_000).await;
    assert_eq!(asked(&world).len(), 1);
    world.send("and tomorrow").await;
    world.drain().await;
    assert_eq!(asked(&world).len(), 2);
    assert_eq!(world.chat().summary.as_deref(), Some("Looked up tomorrow"));
}

#[tokio::test(start_paused = true)]
async fn a_label_goes_with_the_next_turn_and_an_interrupted_one_has_none() {
    let model = Replies::by(|request, number| match (labels(request), number) {
        (true, _) => Script::says("Looked up the weather"),
        (false, 0) => Script::says("it rains"),
        (false, _) => Script::default().text("it will").hangs(),
    });
    let world = told(model).await;
    world.drain().await;
    assert!(world.chat().summary.is_some());
    world.listen("socket").await;
    world.send("and tomorrow").await;
    assert_eq!(world.chat().summary, None);
    world.pass_ms(2_000).await;
    assert!(world.interrupt().await);
    world.drain().await;
    assert_eq!((asked(&world).len(), world.chat().summary), (1, None));
}

#[tokio::test(start_paused = true)]
async fn a_wake_that_comes_twice_labels_once() {
    let world = told(model()).await;
    world.drain().await;
    let version = world.chat().versions.snapshot;
    world.wake(Reason::Label);
    world.drain().await;
    assert_eq!((asked(&world).len(), world.chat().versions.snapshot), (1, version));
    world.queue.copies(2);
    world.send("and tomorrow").await;
    world.drain().await;
    let told = world.chat();
    assert_eq!(told.summary.as_deref(), Some("Looked up the weather"));
    // What nobody sees was paid for all the same.
    assert_eq!(told.usage.output_tokens, 5 * u64::try_from(world.model.requests().len()).unwrap());
}

#[tokio::test(start_paused = true)]
async fn an_archived_chat_is_left_alone() {
    let world = told(labelling(|| Script::says("Looked up the weather").paced(Duration::from_secs(5)))).await;
    world.rest().await;
    world.apply(Transition::SetArchived { archived: true }).await;
    world.wake(Reason::Label);
    world.drain().await;
    assert_eq!(world.chat().summary, None);
}
