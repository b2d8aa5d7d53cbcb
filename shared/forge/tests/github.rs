//! What is asked of GitHub, and what is made of its answers.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

use chat::diff::{Asked, PullState, Repository};
use forge::{GitHub, Said, Settings};
use kit::github::GitHub as Fake;
use serde_json::json;

fn repository() -> Repository {
    Repository { host: "github.com".into(), owner: "ann".into(), name: "fence".into() }
}

fn client(fake: &Fake, token: Option<&str>) -> GitHub {
    let token = token.map(str::to_owned);
    GitHub::new(Settings { api_url: fake.api_url(), host: "github.com".into(), token }, kit::tls::nobody())
        .unwrap()
}

async fn ask(github: &GitHub, etag: Option<&str>) -> Said {
    github.pull(&repository(), "mend/it", etag).await
}

#[tokio::test]
async fn a_pull_request_is_told_with_what_reviewers_make_of_it() {
    let fake = Fake::start().await.unwrap();
    fake.open("ann/fence", "mend/it", &json!({"draft": true}));
    fake.review(&[("bob", "APPROVED"), ("cy", "CHANGES_REQUESTED")]);
    let Asked::Found(pull) = ask(&client(&fake, Some("secret\n")), None).await.asked else {
        panic!("not found")
    };
    assert_eq!((pull.number, pull.state, pull.draft), (7, PullState::Open, true));
    assert_eq!((pull.additions, pull.deletions, pull.changed_files, pull.commits), (10, 4, 2, 3));
    assert_eq!((pull.approved, pull.changes_requested, pull.reviewer_count), (false, true, 2));
    assert_eq!((pull.base_branch.as_str(), pull.head_branch.as_str()), ("main", "mend/it"));
    let asked = fake.take_asked();
    let paths: Vec<_> = asked.iter().map(|asked| asked.path.as_str()).collect();
    let expect = [
        "/api/repos/ann/fence/pulls?head=ann%3Amend%2Fit&state=all&per_page=5",
        "/api/repos/ann/fence/pulls/7",
        "/api/repos/ann/fence/pulls/7/reviews?per_page=100&page=1",
    ];
    assert_eq!(paths, expect);
    assert!(asked.iter().all(|asked| asked.authorization.as_deref() == Some("Bearer secret")));
}

#[tokio::test]
async fn what_is_known_is_not_said_again() {
    let fake = Fake::start().await.unwrap();
    fake.open("ann/fence", "mend/it", &json!({}));
    let github = client(&fake, None);
    let first = ask(&github, None).await;
    let etag = first.etag.unwrap();
    let _ = fake.take_asked();
    let again = ask(&github, Some(&etag)).await;
    assert_eq!(again, Said { asked: Asked::Same, etag: Some(etag.clone()) });
    let asked = fake.take_asked();
    assert_eq!((asked.len(), asked[0].status, asked[0].authorization.clone()), (1, 304, None));
    fake.open("ann/fence", "mend/it", &json!({"state": "closed", "merged": true}));
    let Asked::Found(pull) = ask(&github, Some(&etag)).await.asked else { panic!("not found") };
    assert_eq!(pull.state, PullState::Merged);
}

#[tokio::test]
async fn a_branch_without_one_is_told_from_a_repository_that_is_not_shown() {
    let fake = Fake::start().await.unwrap();
    let github = client(&fake, None);
    assert_eq!(ask(&github, None).await.asked, Asked::Hidden);
    fake.open("ann/fence", "other", &json!({}));
    assert_eq!(ask(&github, None).await.asked, Asked::None);
}

#[tokio::test]
async fn limits_are_kept() {
    let fake = Fake::start().await.unwrap();
    let github = client(&fake, None);
    let failed = |retry_after_ms| Asked::Failed { retry_after_ms };
    let date = ("date", "Fri, 20 Nov 2026 10:00:00 GMT".to_owned());
    let reset = [("x-ratelimit-remaining", "0".to_owned()), ("x-ratelimit-reset", "1795169100".to_owned())];
    for (status, headers, expect) in [
        (429, vec![("retry-after", "30".to_owned())], failed(Some(30_000))),
        (403, vec![("retry-after", "9999".to_owned())], failed(Some(3_600_000))),
        (403, [vec![date], reset.to_vec()].concat(), failed(Some(300_000))),
        (403, vec![], Asked::Hidden),
        (401, vec![], Asked::Hidden),
        (502, vec![], failed(None)),
    ] {
        fake.refuse(Some((status, headers)));
        assert_eq!(ask(&github, None).await.asked, expect, "{status}");
    }
}

#[tokio::test]
async fn a_redirect_to_another_address_is_not_followed() {
    let (fake, other) = (Fake::start().await.unwrap(), Fake::start().await.unwrap());
    other.open("ann/fence", "mend/it", &json!({}));
    fake.refuse(Some((301, vec![("location", format!("{}/repos/ann/fence/pulls", other.api_url()))])));
    let said = ask(&client(&fake, Some("secret")), None).await;
    assert_eq!(said.asked, Asked::Failed { retry_after_ms: None });
    assert!(other.take_asked().is_empty());
}

#[test]
fn only_its_own_repositories_are_asked_about_and_its_token_is_not_printed() {
    let settings = |api_url: &str, token: &str| Settings {
        api_url: api_url.into(),
        host: "github.com".into(),
        token: Some(token.into()),
    };
    let github = GitHub::new(settings("https://api.github.com", "hunter2"), kit::tls::nobody()).unwrap();
    assert!(github.keeps(&repository()));
    assert!(!github.keeps(&Repository { host: "169.254.169.254".into(), ..repository() }));
    assert!(!format!("{github:?}").contains("hunter2"));
    for (api_url, token) in [("github", "t"), ("file:///etc", "t"), ("https://api.github.com", "a\nb")] {
        assert!(GitHub::new(settings(api_url, token), kit::tls::nobody()).is_err(), "{api_url}");
    }
}
