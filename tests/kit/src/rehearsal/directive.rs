//! Directives in a user's text: one per line, each starts with a slash.

use std::time::Duration;

use super::{
    script::{Failure, Fault, Mishap, Piece, Script, Stop, Trouble},
    words,
};

/// The pace of an answer that does not say otherwise.
pub(crate) const PACE: Duration = Duration::from_millis(25);

const MAX_WORDS: usize = 100_000;
const MAX_WAIT: Duration = Duration::from_secs(3600);
const MAX_REPEATS: usize = 5_000;
const MAX_STAGES: usize = 64;

/// What is answered to the model calls of one turn, in order.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    stages: Vec<Stage>,
    /// The pace in force after the last directive.
    pub(crate) pace: Duration,
}

/// An answer, and how often it is given again once its calls are answered.
#[derive(Clone, Debug)]
struct Stage {
    script: Script,
    repeats: usize,
}

impl Stage {
    fn new(pace: Duration) -> Self {
        Self { script: Script::new().pace(pace), repeats: 0 }
    }
}

impl Plan {
    /// Reads a user's text; none if it has no directives.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut plan = Self { stages: vec![Stage::new(PACE)], pace: PACE };
        let directives = text.lines().filter(|line| plan.line(line.trim())).count();
        (directives > 0).then_some(plan)
    }

    /// The answer to this model call of the turn, counted from 0; none beyond the plan.
    pub(crate) fn script(&self, mut step: usize) -> Option<&Script> {
        for stage in &self.stages {
            if step <= stage.repeats {
                return Some(&stage.script);
            }
            step -= stage.repeats + 1;
        }
        None
    }

    /// Takes one line; false if it is no directive.
    fn line(&mut self, line: &str) -> bool {
        let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match name {
            "/then" => self.then(rest),
            "/pace" => self.set_pace(rest),
            "/loop" => self.edit(number(rest), |stage, times| stage.repeats = times.min(MAX_REPEATS)),
            _ => self.piece(name, rest) || self.mishap(name, rest),
        }
    }

    fn piece(&mut self, name: &str, rest: &str) -> bool {
        match name {
            "/say" => self.push(Some(Piece::Text(rest.to_owned()))),
            "/text" => self.push(number(rest).map(|n| Piece::Text(words::lorem(n.min(MAX_WORDS))))),
            "/reason" => self.push(number(rest).map(|n| Piece::Reason(words::lorem(n.min(MAX_WORDS))))),
            "/call" => self.push(call(rest)),
            _ => false,
        }
    }

    fn mishap(&mut self, name: &str, rest: &str) -> bool {
        let head = rest.split_whitespace().next().unwrap_or_default();
        match name {
            "/fail" => self.trouble(failure(head, rest).map(Mishap::Fail), rest),
            "/stall" => self.trouble(millis(head).map(Mishap::Stall), rest),
            "/cut" => self.trouble(Some(Mishap::Cut), rest),
            "/error-event" => self.trouble(Fault::named(head).map(Mishap::ErrorEvent), rest),
            "/stop" => self.edit(stop(head), |stage, stop| stage.script.stop = stop),
            _ => false,
        }
    }

    fn then(&mut self, rest: &str) -> bool {
        if self.stages.len() < MAX_STAGES {
            self.stages.push(Stage::new(self.pace));
        }
        let _ = self.line(rest) || (!rest.is_empty() && self.push(Some(Piece::Text(rest.to_owned()))));
        true
    }

    fn set_pace(&mut self, rest: &str) -> bool {
        let Some(pace) = millis(rest) else { return false };
        self.pace = pace;
        self.edit(Some(pace), |stage, pace| stage.script.pace = pace)
    }

    fn trouble(&mut self, mishap: Option<Mishap>, rest: &str) -> bool {
        let after = option(rest, "after").unwrap_or(1);
        let times = option(rest, "times");
        self.edit(mishap, |stage, mishap| stage.script.troubles.push(Trouble { mishap, after, times }))
    }

    /// Texts in a row are one text of several lines.
    fn push(&mut self, piece: Option<Piece>) -> bool {
        self.edit(piece, |stage, piece| match (stage.script.pieces.last_mut(), &piece) {
            (Some(Piece::Text(said)), Piece::Text(more)) => {
                said.push('\n');
                said.push_str(more);
            }
            _ => stage.script.pieces.push(piece),
        })
    }

    fn edit<T>(&mut self, value: Option<T>, change: impl FnOnce(&mut Stage, T)) -> bool {
        let (Some(stage), Some(value)) = (self.stages.last_mut(), value) else { return false };
        change(stage, value);
        true
    }
}

fn number(text: &str) -> Option<usize> {
    text.parse().ok()
}

fn millis(text: &str) -> Option<Duration> {
    text.parse().ok().map(|ms| Duration::from_millis(ms).min(MAX_WAIT))
}

/// The arguments may be broken on purpose: they are sent as they are.
fn call(rest: &str) -> Option<Piece> {
    let (name, input) = rest.split_once(char::is_whitespace).unwrap_or((rest, "{}"));
    (!name.is_empty()).then(|| Piece::Call { name: name.to_owned(), input: input.trim().to_owned() })
}

fn failure(head: &str, rest: &str) -> Option<Failure> {
    let status = head.parse().ok().filter(|status| (400..600).contains(status));
    let fault = status.map(Fault::of_status).or_else(|| Fault::named(head))?;
    let retry_after = option::<f64>(rest, "retry-after").and_then(|s| Duration::try_from_secs_f64(s).ok());
    Some(Failure { fault, status, retry_after })
}

fn stop(name: &str) -> Option<Stop> {
    match name {
        "length" => Some(Stop::MaxTokens),
        "refusal" => Some(Stop::Refusal),
        "filter" => Some(Stop::ContentFilter),
        "pause" => Some(Stop::Pause),
        _ => None,
    }
}

/// The value of `name=value` among the words.
fn option<T: std::str::FromStr>(rest: &str, name: &str) -> Option<T> {
    let value = |word: &str| word.strip_prefix(name)?.strip_prefix('=')?.parse().ok();
    rest.split_whitespace().find_map(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str, step: usize) -> Option<Vec<Piece>> {
        Plan::parse(text)?.script(step).map(|script| script.pieces.clone())
    }

    fn text(words: &str) -> Piece {
        Piece::Text(words.to_owned())
    }

    fn call(name: &str, input: &str) -> Piece {
        Piece::Call { name: name.to_owned(), input: input.to_owned() }
    }

    #[test]
    fn plain_text_has_no_plan() {
        for plain in ["", "hello", "what is /say for?", "/usr/bin is a folder", "/text many", "/fail 200"] {
            assert!(Plan::parse(plain).is_none(), "{plain}");
        }
    }

    #[test]
    fn pieces_are_said_in_order() {
        let said = pieces("please\n/reason 2\n/say one\n/say two\n/call add {\"a\": 1}", 0);
        let reason = Piece::Reason("every line".to_owned());
        assert_eq!(said, Some(vec![reason, text("one\ntwo"), call("add", "{\"a\": 1}")]));
    }

    #[test]
    fn then_starts_the_next_answer() {
        let plan = "/call add\n/then done\n/stop length";
        assert_eq!(pieces(plan, 0), Some(vec![call("add", "{}")]));
        assert_eq!(pieces(plan, 1), Some(vec![text("done")]));
        assert_eq!(pieces(plan, 2), None);
    }

    #[test]
    fn loop_repeats_its_answer_before_the_next() {
        let plan = "/call add\n/loop 2\n/then /say done";
        for step in 0..3 {
            assert_eq!(pieces(plan, step), Some(vec![call("add", "{}")]), "{step}");
        }
        assert_eq!(pieces(plan, 3), Some(vec![text("done")]));
    }

    #[test]
    fn pace_stays_in_force_after_then() {
        let plan = Plan::parse("/pace 3\n/call add\n/then done").unwrap();
        assert_eq!(plan.script(1).unwrap().pace, Duration::from_millis(3));
    }

    #[test]
    fn mishaps_have_a_place_and_a_count() {
        let plan = Plan::parse("/fail 429 retry-after=1.5 times=2\n/stall 50 after=3\n/cut").unwrap();
        let retry_after = Some(Duration::from_millis(1500));
        let fail = Failure { fault: Fault::RateLimit, status: Some(429), retry_after };
        let of = |mishap, after, times| Trouble { mishap, after, times };
        assert_eq!(
            plan.script(0).unwrap().troubles,
            [
                of(Mishap::Fail(fail), 1, Some(2)),
                of(Mishap::Stall(Duration::from_millis(50)), 3, None),
                of(Mishap::Cut, 1, None),
            ]
        );
    }
}
