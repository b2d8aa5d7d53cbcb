//! Items of the chats table whatever their shape, as migrations see them.

use chat::{message::Message, port::Unavailable, record::Chat};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    codec::{self, BODY, Item, VERSION, bytes},
    items, key,
    row::{self, v0::AGENT},
};

/// An item of the chats table, whatever its shape.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredItem(pub(crate) Item);

/// Where an item of the chats table is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Key {
    /// Its partition: mostly a chat's id.
    pub chat: String,
    /// Its name there.
    pub item: String,
}

/// What an item is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A chat's own item.
    Chat,
    /// A message that is one item. One over several is of shape 1 or later.
    Message,
    /// Anything else.
    Other,
}

impl Key {
    /// Returns the key of the chat's own item beside this one.
    #[must_use]
    pub fn of_chat(&self) -> Self {
        Self { chat: self.chat.clone(), item: key::CHAT.to_owned() }
    }

    pub(crate) fn as_item(&self) -> Item {
        codec::key("chat", self.chat.clone(), self.item.clone())
    }
}

impl StoredItem {
    /// Returns where it is.
    ///
    /// # Errors
    /// It has no key, which no table allows.
    pub fn key(&self) -> Result<Key, Unavailable> {
        let of = |attribute| codec::get_text(&self.0, attribute).map(str::to_owned);
        Ok(Key { chat: of("chat")?, item: of("item")? })
    }

    /// Returns what it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        let name = codec::name(&self.0);
        let is_message = name.starts_with(key::MESSAGES) && name.matches('#').count() == 1;
        if name == key::CHAT {
            Kind::Chat
        } else if is_message && !self.0.contains_key(items::COUNT) {
            Kind::Message
        } else {
            Kind::Other
        }
    }

    /// Returns whether it is of shape 0, which knew no versions.
    #[must_use]
    pub fn is_unversioned(&self) -> bool {
        codec::is_unversioned(&self.0)
    }

    /// Reads it as a message, of any shape.
    ///
    /// # Errors
    /// It is none that this code can read.
    pub fn message(&self) -> Result<Message, Unavailable> {
        items::message(self.0.clone())
    }

    /// Returns the item that holds this message instead, in the newest shape.
    ///
    /// # Errors
    /// The message does not fit into one item.
    pub fn with_message(&self, message: &Message) -> Result<Self, Unavailable> {
        let chat = self.chat_id()?;
        let mut of_message = items::of_message(chat, message)?;
        match (of_message.pop(), of_message.is_empty()) {
            (Some(only), true) => Ok(Self(self.0.clone().into_iter().chain(only).collect())),
            (Some(_) | None, _) => {
                Err(codec::unreadable(format!("message {} would take several items", message.id)))
            }
        }
    }

    /// Reads it as a chat, of any shape; none if that is deleted.
    ///
    /// # Errors
    /// It is none that this code can read.
    pub fn chat(&self) -> Result<Option<Chat>, Unavailable> {
        row::read(&self.0)
    }

    /// Returns its body, unpacked.
    ///
    /// # Errors
    /// It has none, or none of that form.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Unavailable> {
        codec::unpack(codec::get_bytes(&self.0, BODY)?)
    }

    /// Returns the item with another body and the same shape.
    ///
    /// # Errors
    /// The body is not JSON, or too large for an item.
    pub fn with_body(mut self, body: &impl Serialize) -> Result<Self, Unavailable> {
        let packed = items::packed(&self.0, body)?;
        self.0.insert(BODY.to_owned(), bytes(packed));
        Ok(self)
    }

    /// Returns whether it is a chat's item that names an agent.
    #[must_use]
    pub fn names_agent(&self) -> bool {
        self.0.contains_key(AGENT)
    }

    /// Returns the chat's item in the newest shape, without an agent.
    #[must_use]
    pub fn without_agent(mut self) -> Self {
        self.0.remove(AGENT);
        self.0.insert(VERSION.to_owned(), codec::newest());
        self
    }

    fn chat_id(&self) -> Result<chat::id::ChatId, Unavailable> {
        let id = codec::get_text(&self.0, "chat")?;
        id.parse().map_err(|_| codec::missing(&self.0, "chat"))
    }
}
