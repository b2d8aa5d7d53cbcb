//! From bytes to events of an answer, without HTTP.

use std::collections::VecDeque;

use chat::{
    message::Usage,
    model::{ModelError, ModelEvent, ModelRequest, StopReason},
};

use crate::{
    assembly::Assembly,
    classify::classify,
    endpoint::Secret,
    fault::{Fault, without},
    sse,
    wire::{self, Decode},
};

/// An answer being read.
#[derive(Debug)]
pub(crate) struct Stream {
    provider: String,
    key: Secret,
    reader: sse::Reader,
    decoder: Box<dyn Decode>,
    answer: Assembly,
    state: State,
}

/// What follows once what is ready has been told.
#[derive(Debug)]
enum State {
    Open,
    Failed(Fault),
    Done,
}

impl Stream {
    pub(crate) fn of(request: &ModelRequest) -> Self {
        Self {
            provider: request.model.provider.clone(),
            key: Secret::default(),
            reader: sse::Reader::default(),
            decoder: wire::decoder(request.model.api),
            answer: Assembly::of(request),
            state: State::Open,
        }
    }

    /// Keeps `key` out of what the provider says in the stream.
    pub(crate) fn hiding(self, key: Secret) -> Self {
        Self { key, ..self }
    }

    /// Takes bytes; what they say is told by [`Self::next`].
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        let mut events = VecDeque::new();
        // What came whole before a line that is broken still counts.
        let read = self.reader.push(bytes, &mut events);
        let taken = events.iter().try_for_each(|event| self.decoder.take(event, &mut self.answer));
        self.fail_on(taken.and(read.map_err(Fault::from)));
    }

    /// Returns whether the provider wants to be asked again, with what it said so far, before it goes on.
    pub(crate) const fn is_paused(&self) -> bool {
        matches!(self.state, State::Open) && self.answer.is_paused()
    }

    /// Takes what comes next as the rest of the answer.
    pub(crate) fn go_on(&mut self) {
        self.reader = sse::Reader::default();
        self.answer.go_on();
    }

    /// Takes what a paused answer said so far for the whole.
    pub(crate) fn leave_it_there(&mut self) {
        self.answer.go_on();
        let finished = self.answer.finish(StopReason::End, Usage::default());
        self.fail_on(finished);
    }

    /// Takes the end of the bytes.
    pub(crate) fn end(&mut self) {
        let last = self.reader.end();
        let taken = last.iter().try_for_each(|event| self.decoder.take(event, &mut self.answer));
        let ended = taken.and_then(|()| self.decoder.end(&mut self.answer));
        self.fail_on(ended);
    }

    /// Takes the failure of the connection.
    pub(crate) fn fail(&mut self, fault: Fault) {
        self.fail_on(Err(fault));
    }

    /// Returns what is ready, or none when more bytes are needed or the answer is over.
    pub(crate) fn next(&mut self) -> Option<Result<ModelEvent, ModelError>> {
        if matches!(self.state, State::Done) {
            return None;
        }
        if let Some(event) = self.answer.pop() {
            if matches!(event, ModelEvent::Finish { .. }) {
                self.state = State::Done;
            }
            return Some(Ok(event));
        }
        match std::mem::replace(&mut self.state, State::Done) {
            State::Failed(fault) => Some(Err(without(classify(fault, &self.provider), &self.key))),
            state @ (State::Open | State::Done) => {
                self.state = state;
                None
            }
        }
    }

    pub(crate) const fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    fn fail_on(&mut self, result: Result<(), Fault>) {
        if let (Err(fault), State::Open) = (result, &self.state) {
            self.state = State::Failed(fault);
        }
    }
}

#[cfg(test)]
mod tests {
    use chat::{failure::Kind, model::Api};
    use proptest::prelude::*;

    use super::*;
    use crate::{
        anthropic, google_generate, openai_chat, openai_responses,
        testing::{request, stream},
    };

    type Told = Vec<Result<ModelEvent, ModelError>>;

    fn told(api: Api, chunks: &[&[u8]]) -> Told {
        let mut reading = Stream::of(&request(api, Vec::new()));
        let mut told = Vec::new();
        for chunk in chunks {
            reading.feed(chunk);
            told.extend(std::iter::from_fn(|| reading.next()));
        }
        reading.end();
        told.extend(std::iter::from_fn(|| reading.next()));
        told
    }

    fn reason(last: Result<ModelEvent, ModelError>) -> Option<StopReason> {
        match last {
            Ok(ModelEvent::Finish { reason, .. }) => Some(reason),
            Ok(ModelEvent::Delta(_) | ModelEvent::Part(_)) | Err(_) => None,
        }
    }

    fn recorded() -> impl Strategy<Value = (Api, String)> {
        prop_oneof![
            Just((Api::AnthropicMessages, stream(&anthropic::tests::full_answer()))),
            Just((Api::OpenaiResponses, stream(&openai_responses::tests::full_answer()))),
            Just((Api::OpenaiChat, stream(&openai_chat::tests::full_answer()))),
            Just((Api::GoogleGenerate, stream(&google_generate::tests::full_answer()))),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_chunking_tells_the_same((api, text) in recorded(), size in 1_usize..200) {
            let chunks: Vec<_> = text.as_bytes().chunks(size).collect();
            prop_assert_eq!(told(api, &chunks), told(api, &[text.as_bytes()]));
        }

        #[test]
        fn an_answer_cut_anywhere_ends_once_and_is_never_taken_for_whole(
            (api, text) in recorded(),
            cut in any::<prop::sample::Index>(),
        ) {
            let whole = told(api, &[text.as_bytes()]);
            let mut cut = told(api, &[&text.as_bytes()[..cut.index(text.len())]]);
            let last = cut.pop();
            prop_assert_eq!(&cut[..], &whole[..cut.len()]);
            match last {
                Some(Err(error)) => prop_assert_eq!((error.kind, error.retryable), (Kind::Timeout, true)),
                // The words were whole; only the count of tokens was cut off, which comes after them.
                last => prop_assert_eq!(last.map(reason), whole.last().cloned().map(reason)),
            }
        }

        #[test]
        fn noise_fails_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            for api in [Api::AnthropicMessages, Api::OpenaiResponses, Api::OpenaiChat, Api::GoogleGenerate] {
                let told = told(api, &[&bytes]);
                prop_assert!(matches!(told[..], [Err(_)]));
            }
        }
    }
}
