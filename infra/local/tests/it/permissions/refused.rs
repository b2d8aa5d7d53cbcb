//! What is not allowed is answered as AWS answers it.

use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_sdk_dynamodb::{Client as Tables, error::ProvideErrorMetadata, types::AttributeValue};
use edge::Config;

use crate::world::{World, posts};

const DENIED: Option<&str> = Some("AccessDeniedException");

fn config(world: &World, function: &str) -> Config {
    let client = world.wiring.http_client(function).unwrap();
    Config::hosted(&world.wiring.environment(function).unwrap(), client, kit::tls::nobody()).unwrap()
}

fn words(action: &str, resource: &str) -> String {
    format!(
        "User: arn:aws:sts::000000000000:assumed-role/quickstep-SweepRole/Sweep is not authorized to perform: \
         {action} on resource: {resource} because no identity-based policy allows the {action} action"
    )
}

#[tokio::test]
async fn a_table_whose_index_is_granted_is_not() {
    let world = World::new().await;
    let tables = Tables::new(&config(&world, "Sweep").sdk);
    let query = tables.query().table_name("quickstep-chats").key_condition_expression("due_shard = :s");
    let query = query.expression_attribute_values(":s", AttributeValue::N("0".into()));
    query.clone().index_name("due").send().await.unwrap();
    let refused = query.send().await.unwrap_err();
    assert_eq!((refused.raw_response().unwrap().status().as_u16(), refused.code()), (400, DENIED));
    let table = "arn:aws:dynamodb:us-east-1:000000000000:table/quickstep-chats";
    assert_eq!(refused.message(), Some(words("dynamodb:Query", table).as_str()));
    let sweep = &world.stack.permissions()["Sweep"];
    // It polls its queue as well.
    let of_tables = sweep.used.iter().filter(|access| access.to_string().contains("quickstep-chats"));
    assert_eq!(
        of_tables.map(ToString::to_string).collect::<Vec<_>>(),
        ["dynamodb:Query on table/quickstep-chats/index/due"]
    );
    assert_eq!(
        sweep.denied.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["dynamodb:Query on table/quickstep-chats"]
    );
    world.stack.stop().await;
}

#[tokio::test]
async fn one_forbidden_member_forbids_a_transaction() {
    let world = World::new().await;
    let tables = Tables::new(&config(&world, "Messages").sdk);
    let key = [("chat", "c"), ("item", "i")]
        .map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())));
    let member = |table: &str| {
        let put =
            aws_sdk_dynamodb::types::Put::builder().table_name(table).set_item(Some(key.clone().into()));
        aws_sdk_dynamodb::types::TransactWriteItem::builder().put(put.build().unwrap()).build()
    };
    let writes = vec![member("quickstep-chats"), member("quickstep-directory")];
    let refused = tables.transact_write_items().set_transact_items(Some(writes)).send().await.unwrap_err();
    assert!(refused.message().unwrap().contains("perform: dynamodb:PutItem on resource: arn:aws:dynamodb:us-east-1:000000000000:table/quickstep-directory "));
    let found =
        tables.get_item().table_name("quickstep-chats").set_key(Some(key.into())).send().await.unwrap();
    assert_eq!(found.item, None, "nothing of it was written");
    world.stack.stop().await;
}

#[tokio::test]
async fn queues_and_connections_that_are_not_granted_are_refused() {
    let world = World::new().await;
    let (_client, id) = world.connect().await;
    let config = config(&world, "Sweep");
    let queues = aws_sdk_sqs::Client::new(&config.sdk);
    queues.send_message().queue_url(world.queue(0)).message_body("{}").send().await.unwrap();
    let refused = queues.receive_message().queue_url(world.queue(0)).send().await.unwrap_err();
    assert_eq!((refused.raw_response().unwrap().status().as_u16(), refused.code()), (400, DENIED));
    let queue = "arn:aws:sqs:us-east-1:000000000000:quickstep-wake-0";
    assert_eq!(refused.message(), Some(words("sqs:receivemessage", queue).as_str()));

    let refused =
        posts(&config).post_to_connection().connection_id(&id).data(Blob::new("x")).send().await.unwrap_err();
    assert_eq!((refused.raw_response().unwrap().status().as_u16(), refused.code()), (403, DENIED));
    let socket =
        format!("arn:aws:execute-api:us-east-1:000000000000:SocketApi/socket/POST/@connections/{id}");
    assert_eq!(refused.message(), Some(words("execute-api:ManageConnections", &socket).as_str()));
    world.stack.stop().await;
}
