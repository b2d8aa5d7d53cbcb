//! Which route a request takes.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::template::{ApiSpec, RouteSpec};

/// A route, and what its path's variables stand for.
#[derive(Debug)]
pub(super) struct Match<'a> {
    pub(super) route: &'a RouteSpec,
    pub(super) variables: BTreeMap<String, String>,
}

/// Finds the most specific route: literals before variables, variables before greedy ones, `$default` last.
pub(super) fn find<'a>(api: &'a ApiSpec, method: &str, path: &str) -> Option<Match<'a>> {
    let matches = api.routes.iter().filter_map(|route| {
        let (weight, variables) = matches(&route.key, method, path)?;
        Some((weight, Match { route, variables }))
    });
    matches.min_by(|(left, _), (right, _)| left.cmp(right)).map(|(_, found)| found)
}

type Matched = (Vec<u8>, BTreeMap<String, String>);

fn matches(key: &str, method: &str, path: &str) -> Option<Matched> {
    if key == "$default" {
        return Some((vec![u8::MAX], BTreeMap::new()));
    }
    let (key_method, pattern) = key.split_once(' ')?;
    if key_method != method && key_method != "ANY" {
        return None;
    }
    let (mut weight, variables) = match_path(pattern, path)?;
    weight.push(u8::from(key_method == "ANY"));
    Some((weight, variables))
}

fn match_path(pattern: &str, path: &str) -> Option<Matched> {
    let mut segments = path.strip_prefix('/')?.split('/');
    let (mut weight, mut variables) = (Vec::new(), BTreeMap::new());
    for wanted in pattern.strip_prefix('/')?.split('/') {
        let segment = segments.next()?;
        match wanted.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')) {
            None if wanted == segment => weight.push(0),
            None => return None,
            Some(name) => match name.strip_suffix('+') {
                None if segment.is_empty() => return None,
                None => {
                    weight.push(1);
                    variables.insert(name.to_owned(), decoded(segment));
                }
                Some(name) => {
                    let rest: Vec<_> = std::iter::once(segment).chain(segments).collect();
                    weight.push(2);
                    variables.insert(name.to_owned(), decoded(&rest.join("/")));
                    return Some((weight, variables));
                }
            },
        }
    }
    segments.next().is_none().then_some((weight, variables))
}

fn decoded(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn api(keys: &[&str]) -> ApiSpec {
        let route = |key: &&str| RouteSpec {
            key: (*key).to_owned(),
            function: String::new(),
            authorizer: None,
            timeout: Duration::ZERO,
        };
        ApiSpec { id: "api".into(), stage: "$default".into(), routes: keys.iter().map(route).collect() }
    }

    #[test]
    fn the_most_specific_route_wins() {
        let api =
            api(&["GET /v1/{all+}", "GET /v1/chats/{chat}", "GET /v1/chats/mine", "ANY /v1/chats/mine"]);
        let found = |method, path| {
            let found = find(&api, method, path)?;
            Some((found.route.key.clone(), found.variables.into_values().collect::<Vec<_>>()))
        };
        let route = |key: &str, variables: &[&str]| {
            Some((key.to_owned(), variables.iter().map(|text| (*text).to_owned()).collect()))
        };
        assert_eq!(found("GET", "/v1/chats/mine"), route("GET /v1/chats/mine", &[]));
        assert_eq!(found("POST", "/v1/chats/mine"), route("ANY /v1/chats/mine", &[]));
        assert_eq!(found("GET", "/v1/chats/a%20b"), route("GET /v1/chats/{chat}", &["a b"]));
        assert_eq!(found("GET", "/v1/chats/a/b"), route("GET /v1/{all+}", &["chats/a/b"]));
        assert_eq!(found("GET", "/v2"), None);
        assert_eq!(found("POST", "/v1/chats/a"), None);
    }
}
