//! What stands after the `?`. Parameters that nobody asked for are ignored, as proxies add some.

use std::str::FromStr;

use crate::rejection::Rejection;

/// The parameters of a query, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(raw: &str) -> Self {
        Self(form_urlencoded::parse(raw.as_bytes()).into_owned().collect())
    }

    /// Returns all values of a parameter.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns the value of a parameter that may be given once.
    ///
    /// # Errors
    /// It is given more than once: 400.
    pub fn one(&self, name: &str) -> Result<Option<&str>, Rejection> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            (_, Some(_)) => Err(Rejection::field(name, "may be given only once")),
        }
    }

    /// Returns the value of a parameter as something else than text.
    ///
    /// # Errors
    /// It cannot be read as that, or is given more than once: 400.
    pub fn parsed<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, Rejection> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| Rejection::field(name, format!("must be {expected}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_parameters_keep_their_order() {
        let query = Query::parse("label=a%3A1&limit=5&label=b:x+y");
        assert_eq!(query.all("label").collect::<Vec<_>>(), ["a:1", "b:x y"]);
        assert_eq!(query.parsed("limit", "a number").unwrap(), Some(5));
        assert!(query.one("label").is_err());
        assert_eq!(query.one("cursor").unwrap(), None);
    }
}
