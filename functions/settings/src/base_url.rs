//! Where providers and tool servers may be: nowhere that only a machine of ours could reach.

use edge::config::BaseUrls;
use llm::reach::is_inner as is_inner_address;
use url::{Host, Url};

use crate::fields::Fields;

/// Most bytes of an address.
const URL_BYTES: usize = 2_048;
/// Ends of names that mean something within one network only.
const INNER: [&str; 7] = ["localhost", "local", "internal", "intranet", "lan", "home.arpa", "localdomain"];

/// Notes what is wrong with a base URL.
pub(crate) fn check(fields: &mut Fields, allowed: BaseUrls, text: &str) {
    check_as(fields, "base_url", allowed, text);
}

/// Notes what is wrong with an address in a field.
pub(crate) fn check_as(fields: &mut Fields, field: &str, allowed: BaseUrls, text: &str) {
    if let Err(message) = checked(allowed, text) {
        fields.wrong(field, message);
    }
}

fn checked(allowed: BaseUrls, text: &str) -> Result<(), &'static str> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= URL_BYTES);
    let url = url.filter(|url| ["http", "https"].contains(&url.scheme()));
    let url = url.ok_or("must be an http or https URL")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not carry credentials; the key has a field of its own");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must end with its path");
    }
    let host = url.host().ok_or("must name a host")?;
    match allowed {
        BaseUrls::Public if is_inner(&host) => {
            Err("must not be inside the network; the deployment does not allow that")
        }
        BaseUrls::Public | BaseUrls::Any => Ok(()),
    }
}

/// The parser has read numbers in all their spellings (`127.1`, `0x7f000001`) as addresses already.
fn is_inner(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => is_inner_name(name.trim_end_matches('.')),
        Host::Ipv4(address) => is_inner_address((*address).into()),
        Host::Ipv6(address) => is_inner_address((*address).into()),
    }
}

fn is_inner_name(name: &str) -> bool {
    let within = |end: &str| name == end || name.strip_suffix(end).is_some_and(|rest| rest.ends_with('.'));
    !name.contains('.') || INNER.into_iter().any(within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inside_the_network_is_refused_by_name_and_by_number() {
        for inner in [
            "http://localhost:11434/v1",
            "http://LOCALHOST./v1",
            "http://a.localhost",
            "http://metadata.google.internal",
            "http://metadata",
            "http://printer.local",
            "http://127.0.0.1",
            "http://127.1",
            "http://2130706433",
            "http://0x7f000001",
            "http://017700000001",
            "http://0.0.0.0",
            "http://10.1.2.3",
            "http://172.16.0.1",
            "http://192.168.0.1",
            "http://100.64.0.1",
            "http://169.254.169.254/latest",
            "http://[::1]",
            "http://[::]",
            "http://[::ffff:127.0.0.1]",
            "http://[::ffff:a9fe:a9fe]",
            "http://[fd00:ec2::254]",
            "http://[fe80::1]",
            "http://[64:ff9b::7f00:1]",
            "http://[2002:7f00:1::]",
        ] {
            assert!(checked(BaseUrls::Public, inner).is_err(), "{inner}");
            assert_eq!(checked(BaseUrls::Any, inner), Ok(()), "{inner}");
        }
    }

    #[test]
    fn what_everybody_can_reach_is_allowed() {
        for public in
            ["https://api.example.com/v1", "http://93.184.216.34:8080", "https://[2606:4700::1111]/v1"]
        {
            assert_eq!(checked(BaseUrls::Public, public), Ok(()), "{public}");
        }
    }

    #[test]
    fn what_is_no_plain_address_is_refused_everywhere() {
        let long = format!("https://example.com/{}", "a".repeat(URL_BYTES));
        for wrong in [
            "",
            "example.com",
            "ftp://example.com",
            "file:///etc/passwd",
            "https://",
            "https://user@example.com",
            "https://user:password@example.com",
            "https://example.com?a=b",
            "https://example.com#a",
            &long,
        ] {
            assert!(checked(BaseUrls::Any, wrong).is_err(), "{wrong}");
        }
    }
}
