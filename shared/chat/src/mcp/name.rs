//! What models call the tools of servers.

/// Most characters of a name: what the strictest provider takes.
const NAME_CHARS: usize = 64;
/// Characters of a mark.
const MARK_CHARS: usize = 9;

/// Returns what models call a server's tool: `slug__tool`. Where providers would not take that, it is cut and changed, and
/// ends in a mark by which it is still told from others.
#[must_use]
pub fn tool_name(slug: &str, tool: &str) -> String {
    let whole = format!("{slug}__{tool}");
    let clean: String =
        whole.chars().map(|c| if c.is_ascii_alphanumeric() || "_-".contains(c) { c } else { '_' }).collect();
    if clean == whole && clean.len() <= NAME_CHARS {
        return clean;
    }
    let head: String = clean.chars().take(NAME_CHARS - MARK_CHARS).collect();
    format!("{head}_{:08x}", mark(&whole))
}

/// FNV-1a, of 32 bits.
fn mark(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_name_stays_and_any_other_becomes_one_that_providers_take() {
        assert_eq!(tool_name("wiki", "search_pages"), "wiki__search_pages");
        let taken =
            ["a.b", "a/b", "ä", "a b", &"x".repeat(200), &"x".repeat(201)].map(|tool| tool_name("s", tool));
        for name in &taken {
            assert!(name.len() <= NAME_CHARS, "{name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)), "{name}");
        }
        let all: std::collections::BTreeSet<&String> = taken.iter().collect();
        assert_eq!(all.len(), taken.len(), "{taken:?}");
    }
}
