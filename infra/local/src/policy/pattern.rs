//! ARNs with wildcards.

/// An ARN in which `*` is any run of characters and `?` any one, both within the parts that colons separate;
/// or `*` alone, which is every ARN.
#[derive(Clone, Debug)]
pub(super) struct Pattern(String);

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    pub(super) fn matches(&self, arn: &str) -> bool {
        let (mut wanted, mut given) = (self.0.splitn(PARTS, ':'), arn.splitn(PARTS, ':'));
        let each = wanted
            .by_ref()
            .zip(given.by_ref())
            .all(|(wanted, given)| fits(wanted.as_bytes(), given.as_bytes()));
        self.0 == "*" || each && wanted.next().is_none() && given.next().is_none()
    }
}

/// `arn:partition:service:region:account:resource`; the resource may have colons of its own.
const PARTS: usize = 6;

fn fits(wanted: &[u8], given: &[u8]) -> bool {
    match (wanted.split_first(), given.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), None) => fits(rest, given),
        (Some((b'*', rest)), Some((_, more))) => fits(rest, given) || fits(wanted, more),
        (Some((b'?', rest)), Some((_, more))) => fits(rest, more),
        (Some((one, rest)), Some((other, more))) => one == other && fits(rest, more),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stay_within_their_part() {
        let queue = "arn:aws:sqs:us-east-1:000000000000:quickstep-wake-3";
        for (pattern, matches) in [
            (queue, true),
            ("*", true),
            ("arn:aws:sqs:us-east-1:000000000000:quickstep-wake-*", true),
            ("arn:aws:sqs:*:*:quickstep-wake-?", true),
            ("arn:aws:sqs:us-east-1:000000000000:*3", true),
            ("arn:aws:sqs:us-east-1:000000000000:quickstep-wake-", false),
            ("arn:aws:sqs:us-east-1:000000000000:quickstep-wake-??", false),
            ("arn:aws:sqs:*:quickstep-wake-3", false),
            ("arn:aws:sqs:us-east-1:000000000000:quickstep-dead-*", false),
            ("arn:aws:dynamodb:us-east-1:000000000000:quickstep-wake-*", false),
            ("arn:aws:sqs:us-east-1:000000000000", false),
        ] {
            assert_eq!(Pattern::new(pattern).matches(queue), matches, "{pattern}");
        }
    }
}
