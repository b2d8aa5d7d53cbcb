//! The files that go along with a model call.

use std::{collections::BTreeMap, fmt, sync::Arc};

use uuid::Uuid;

use crate::limit::{ATTACHMENT_BYTES, ATTACHMENTS};

/// A file that a model is shown. Its `Debug` says what and how large it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// What it is, such as `image/png`.
    pub media_type: String,
    /// Its content.
    pub bytes: Arc<[u8]>,
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.media_type, self.bytes.len())
    }
}

/// The content of files that messages name, by their ids. A file that is not here is only said to have been there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachments {
    files: BTreeMap<Uuid, Attachment>,
    size_bytes: usize,
}

/// One file more would be more than a model call carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the files of a model call may be {ATTACHMENTS}, and have {ATTACHMENT_BYTES} bytes together")]
pub struct TooManyFiles;

impl Attachments {
    /// Adds a file, in place of one with the same id.
    ///
    /// # Errors
    /// It does not fit beside the others, which stay.
    pub fn add(&mut self, file_id: Uuid, file: Attachment) -> Result<(), TooManyFiles> {
        let replaced = self.files.get(&file_id);
        let count = self.files.len() + usize::from(replaced.is_none());
        let size_bytes = self.size_bytes - replaced.map_or(0, |file| file.bytes.len()) + file.bytes.len();
        if count > ATTACHMENTS || size_bytes > ATTACHMENT_BYTES {
            return Err(TooManyFiles);
        }
        self.size_bytes = size_bytes;
        self.files.insert(file_id, file);
        Ok(())
    }

    /// Returns a file.
    #[must_use]
    pub fn get(&self, file_id: Uuid) -> Option<&Attachment> {
        self.files.get(&file_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(size_bytes: usize) -> Attachment {
        Attachment { media_type: "image/png".to_owned(), bytes: vec![0; size_bytes].into() }
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_the_others_stay() {
        let mut files = Attachments::default();
        let id = Uuid::from_u128;
        files.add(id(0), file(ATTACHMENT_BYTES)).unwrap();
        assert_eq!(files.add(id(1), file(1)), Err(TooManyFiles));
        files.add(id(0), file(ATTACHMENT_BYTES - 1)).unwrap();
        files.add(id(1), file(1)).unwrap();
        assert_eq!(files.get(id(1)), Some(&file(1)));
        assert_eq!(files.add(id(1), file(2)), Err(TooManyFiles));
        assert_eq!(files.get(id(1)), Some(&file(1)));
    }

    #[test]
    fn there_are_only_so_many() {
        let mut files = Attachments::default();
        for id in 0..ATTACHMENTS as u128 {
            files.add(Uuid::from_u128(id), file(1)).unwrap();
        }
        assert_eq!(files.add(Uuid::from_u128(u128::MAX), file(0)), Err(TooManyFiles));
        assert_eq!(files.add(Uuid::from_u128(0), file(2)), Ok(()));
    }

    #[test]
    fn content_is_not_shown() {
        assert_eq!(format!("{:?}", file(3)), "image/png of 3 bytes");
    }
}
