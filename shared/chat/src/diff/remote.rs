//! Addresses of repositories.

/// Longest piece of an address that names anything.
const PIECE_BYTES: usize = 100;

/// A repository at somebody who keeps pull requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Who keeps it, in lower case.
    pub host: String,
    /// Whose it is there.
    pub owner: String,
    /// What it is called.
    pub name: String,
}

impl Repository {
    /// Reads the address of a remote: `https://host/owner/name.git`, `ssh://git@host/owner/name` or `git@host:owner/name.git`.
    /// None where it is no such address, or where its pieces would mean something else in the address of a request.
    #[must_use]
    pub fn of(remote: &str) -> Option<Self> {
        let bare = without_credentials(remote);
        let (host, path) = match bare.split_once("://") {
            Some(("https" | "http" | "ssh" | "git", rest)) => rest.split_once('/')?,
            Some(_) => return None,
            None => bare.split_once(':')?,
        };
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let host = host.split(':').next()?.to_ascii_lowercase();
        let (owner, name) = path.trim_matches('/').split_once('/')?;
        let name = name.strip_suffix(".git").unwrap_or(name);
        let plain = [host.as_str(), owner, name].into_iter().all(is_plain);
        plain.then(|| Self { host, owner: owner.to_owned(), name: name.to_owned() })
    }
}

fn is_plain(piece: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=PIECE_BYTES).contains(&piece.len()) && piece.chars().all(known) && !matches!(piece, "." | "..")
}

/// Returns an address without the name and password in it.
#[must_use]
pub fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let bare = host.rsplit_once('@').map_or(host, |(_, bare)| bare);
    let slash = if rest.contains('/') { "/" } else { "" };
    format!("{scheme}://{bare}{slash}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_without_credentials() {
        let check = |url, expect: &str| assert_eq!(without_credentials(url), expect);
        check("https://me:secret@host/a/b.git", "https://host/a/b.git");
        check("https://token@host", "https://host");
        check("https://p@ss:w@host/x@y", "https://host/x@y");
        check("https://host/a", "https://host/a");
        check("git@host:a/b.git", "git@host:a/b.git");
        check("/srv/a.git", "/srv/a.git");
    }

    #[test]
    fn repositories_are_told_by_their_addresses() {
        let named = |host: &str| {
            let (owner, name) = ("an-owner".to_owned(), "a.name".to_owned());
            Some(Repository { host: host.to_owned(), owner, name })
        };
        let check =
            |remote, expect: Option<Repository>| assert_eq!(Repository::of(remote), expect, "{remote}");
        check("https://github.com/an-owner/a.name.git", named("github.com"));
        check("https://me:secret@GitHub.com/an-owner/a.name/", named("github.com"));
        check("ssh://git@host:2222/an-owner/a.name", named("host"));
        check("git@host:an-owner/a.name.git", named("host"));
    }

    #[test]
    fn what_would_mean_something_else_is_no_repository() {
        let long = format!("https://host/a/{}", "b".repeat(PIECE_BYTES + 1));
        for remote in [
            "",
            "/srv/a.git",
            "file:///a/b",
            "https://host/a",
            "https://host/a/b/c",
            "https://host/../b",
            "https://host/a/..",
            "https://host/a?x=/b",
            "https://host/a%2f/b",
            "https://host/a/b#c",
            "git@host:a",
            "host:/../b",
            &long,
        ] {
            assert_eq!(Repository::of(remote), None, "{remote}");
        }
    }
}
