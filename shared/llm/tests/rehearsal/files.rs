//! Files that go along.

use chat::{
    message::Role,
    model::Attachment,
    part::{Part, StoredPart},
};

use crate::{ALL, Stage};

const ID: uuid::Uuid = uuid::Uuid::from_u128(1);

fn file(media_type: &str) -> StoredPart {
    Part::File { file_id: ID, media_type: media_type.to_owned(), name: Some("a".to_owned()) }.into()
}

#[tokio::test]
async fn files_that_are_there_go_along_and_others_are_named() {
    for api in ALL {
        for media_type in ["image/png", "application/pdf"] {
            let mut stage = Stage::of(api, "any-key").await;
            stage.history.push((Role::User, vec![file(media_type)]));
            let absent = stage.say("/pace 0\n/say Named.").await;
            let bytes = b"the content"[..].into();
            stage.attachments.add(ID, Attachment { media_type: media_type.to_owned(), bytes }).unwrap();
            let present = stage.ask().await;
            assert_eq!((absent.error, present.error), (None, None), "{api:?} {media_type}");
            let requests = stage.rehearsal.requests();
            let sent = |index: usize| String::from_utf8_lossy(&requests[index].body).into_owned();
            assert!(sent(0).contains("Its content is not available"), "{api:?} {media_type}");
            // The rehearsal server is no server of which it is known that it takes files but images.
            let is_named = api == chat::model::Api::OpenaiChat && media_type == "application/pdf";
            assert_eq!(sent(1).contains("dGhlIGNvbnRlbnQ="), !is_named, "{api:?} {media_type}");
        }
    }
}
