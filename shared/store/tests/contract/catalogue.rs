//! What is offered, and what people prefer.

use std::sync::Arc;

use chat::{
    catalogue::{Catalogue, Edit, Edited, Editions, KeyPolicy, Preferences, Provider, ProviderKind, Sealed},
    id::{ModelId, ProviderId, UserId},
    mcp::{Auth, Server, ServerTool, ServerTools, Transport},
    model::{Api, ModelConfig},
    port::Kept,
    time::Timestamp,
};
use uuid::Uuid;

use super::world::{Directory, World};

fn provider(id: u128) -> Provider {
    Provider {
        id: ProviderId(Uuid::from_u128(id)),
        kind: ProviderKind::OpenaiCompat,
        name: format!("provider {id}"),
        base_url: Some("https://example.com/v1".into()),
        enabled: true,
        keys: KeyPolicy::default(),
        sealed_key: Some(Sealed(vec![1, 2, 255])),
        preset: false,
        created_at: Timestamp(1),
        updated_at: Timestamp(2),
    }
}

fn model(id: u128) -> ModelConfig {
    let id = ModelId(Uuid::from_u128(id));
    let plain = ModelConfig::plain(id, ProviderKind::OpenaiCompat, Api::OpenaiChat, "m", 1_000);
    ModelConfig { provider_id: ProviderId(Uuid::from_u128(1)), provider: "provider 1".into(), ..plain }
}

fn server() -> Server {
    Server {
        transport: Transport::Sse,
        auth: Auth::Key { header: Some("x-key".into()) },
        sealed: Some(Sealed(vec![1, 2, 255])),
        tool_allow: vec!["search".into()],
        ..kit::seed::tool_server(9, "wiki")
    }
}

fn tools() -> ServerTools {
    let input_schema = serde_json::json!({"type": "object", "description": "d".repeat(8_000)});
    let tool = ServerTool { name: "search".into(), description: None, input_schema };
    ServerTools::of(server().id, 1, vec![tool], Timestamp(3))
}

fn edited(catalogue: &Catalogue, edit: Edit) -> Edited {
    catalogue.edit(&Catalogue::default(), edit).unwrap()
}

pub(crate) async fn what_was_kept_is_read_whole<C, D: Directory>(world: World<C, D>) {
    assert_eq!(world.directory.catalogue().await.unwrap(), Catalogue::default());
    let mut catalogue = Catalogue::default();
    let edits = [
        Edit::PutProvider(Box::new(provider(1))),
        Edit::PutModel(Box::new(model(5))),
        Edit::PutModel(Box::new(model(6))),
        Edit::DeleteModel(ModelId(Uuid::from_u128(5))),
        Edit::PutServer(Box::new(server())),
        Edit::PutTools(Box::new(tools())),
    ];
    for edit in edits {
        let next = edited(&catalogue, edit);
        assert_eq!(world.directory.keep(&next, None).await.unwrap(), Kept::Done);
        catalogue = next.catalogue;
        assert_eq!(world.directory.catalogue().await.unwrap(), catalogue);
    }
    let editions = Editions { catalogue: 6, preferences: 0 };
    assert_eq!(world.directory.editions().await.unwrap(), editions);
}

pub(crate) async fn of_two_edits_of_one_edition_one_is_kept<C, D: Directory>(world: World<C, D>) {
    let first = edited(&Catalogue::default(), Edit::PutProvider(Box::new(provider(1))));
    let second = edited(&Catalogue::default(), Edit::PutProvider(Box::new(provider(2))));
    assert_eq!(world.directory.keep(&first, None).await.unwrap(), Kept::Done);
    assert_eq!(world.directory.keep(&second, None).await.unwrap(), Kept::Overtaken);
    assert_eq!(world.directory.catalogue().await.unwrap().providers, [Arc::new(provider(1))]);
    let again = edited(&first.catalogue, Edit::PutProvider(Box::new(provider(2))));
    assert_eq!(world.directory.keep(&again, None).await.unwrap(), Kept::Done);
}

pub(crate) async fn preferences_are_kept_in_turn_and_counted<C, D: Directory>(world: World<C, D>) {
    let (one, two) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
    assert_eq!(world.directory.preferences(one).await.unwrap(), Preferences::default());
    let mut wanted = Preferences { revision: 1, prompt: "be brief".into(), ..Preferences::default() };
    wanted.keys.insert(ProviderId(Uuid::from_u128(1)), Sealed(vec![7]));
    wanted.compaction_thresholds.insert(ModelId(Uuid::from_u128(5)), 40);
    assert_eq!(world.directory.keep_preferences(one, &wanted).await.unwrap(), Kept::Done);
    assert_eq!(world.directory.keep_preferences(one, &wanted).await.unwrap(), Kept::Overtaken);
    assert_eq!(world.directory.preferences(one).await.unwrap(), wanted);
    assert_eq!(world.directory.preferences(two).await.unwrap(), Preferences::default());
    let next = Preferences { revision: 2, ..Preferences::default() };
    assert_eq!(world.directory.keep_preferences(one, &next).await.unwrap(), Kept::Done);
    let editions = Editions { catalogue: 0, preferences: 2 };
    assert_eq!(world.directory.editions().await.unwrap(), editions);
    // Edits of the catalogue do not disturb it.
    let edit = edited(&Catalogue::default(), Edit::PutProvider(Box::new(provider(1))));
    assert_eq!(world.directory.keep(&edit, None).await.unwrap(), Kept::Done);
    let editions = Editions { catalogue: 1, preferences: 2 };
    assert_eq!(world.directory.editions().await.unwrap(), editions);
}
