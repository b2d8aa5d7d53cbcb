//! Foreign text among our own.

/// Returns text below a heading, between fences that it cannot leave.
pub(crate) fn fenced(heading: &str, content: &str) -> String {
    let longest = content.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{heading}\n{fence}\n{content}\n{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_cannot_leave_its_fence() {
        assert_eq!(fenced("a:", "```\ncode\n```"), "a:\n````\n```\ncode\n```\n````");
        assert_eq!(fenced("a:", ""), "a:\n```\n\n```");
    }
}
