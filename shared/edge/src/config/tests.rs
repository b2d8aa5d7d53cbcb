use super::*;

fn vars() -> Vars {
    [
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("ADMIN_TOKEN_HASH", ""),
        ("STACK", "stack"),
        ("CHATS_TABLE", "chats"),
        ("DIRECTORY_TABLE", "directory"),
        ("SOCKET_ENDPOINT", "https://example.com/socket"),
        ("WAKE_QUEUE_URLS", "https://q/0,https://q/1"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn read(vars: &Vars) -> Result<Config, ConfigError> {
    let tls = tls::nobody()?;
    Config::hosted(vars, https::client(tls.clone()), tls)
}

#[test]
fn what_the_template_sets_is_enough() {
    let config = read(&vars()).unwrap();
    assert_eq!(config.wake_queue_urls, ["https://q/0", "https://q/1"]);
    assert!(config.admin_token_hash.is_none(), "an empty parameter is no token");
}

#[test]
fn what_is_missing_is_named() {
    for name in ["STACK", "CHATS_TABLE", "SOCKET_ENDPOINT", "AWS_REGION", "AWS_SECRET_ACCESS_KEY"] {
        let mut vars = vars();
        vars.remove(name);
        assert_eq!(read(&vars).unwrap_err().to_string(), format!("the variable {name} is missing"));
    }
}

#[test]
fn bedrock_is_asked_by_role_only_where_that_is_said() {
    let mut vars = vars();
    assert_eq!(read(&vars).unwrap().bedrock, Bedrock::ByKey);
    for (said, expect) in [("false", Bedrock::ByKey), ("true", Bedrock::ByRole)] {
        vars.insert("BEDROCK_BY_ROLE".into(), said.into());
        assert_eq!(read(&vars).unwrap().bedrock, expect);
    }
    vars.insert("BEDROCK_BY_ROLE".into(), "yes".into());
    assert_eq!(read(&vars).unwrap_err().to_string(), "the variable BEDROCK_BY_ROLE is not true or false");
}

#[test]
fn templates_are_a_list() {
    let mut vars = vars();
    assert!(read(&vars).unwrap().templates.is_empty());
    let local = r#"[{"id": "l", "name": "l", "display_name": "L", "kind": "microvm"}]"#;
    vars.insert("WORKSPACE_TEMPLATES".into(), local.into());
    assert_eq!(read(&vars).unwrap().templates[0].id, "l");
    vars.insert("WORKSPACE_TEMPLATES".into(), "{}".into());
    let refused = read(&vars).unwrap_err().to_string();
    assert_eq!(refused, "the variable WORKSPACE_TEMPLATES is not a JSON list of templates");
}

#[test]
fn idle_machines_are_stopped_where_a_time_is_set() {
    let mut vars = vars();
    let mut set = |minutes: &str| {
        vars.insert("WORKSPACE_IDLE_MINUTES".into(), minutes.into());
        read(&vars).map(|config| config.workspace_idle_ms).map_err(|error| error.to_string())
    };
    assert_eq!((set(""), set("0"), set("30")), (Ok(None), Ok(None), Ok(Some(1_800_000))));
    let refused = "the variable WORKSPACE_IDLE_MINUTES is not a number of minutes";
    assert_eq!(set("soon"), Err(refused.to_owned()));
}

#[test]
fn secrets_are_not_printed() {
    let mut vars = vars();
    vars.insert("OPENAI_API_KEY".into(), "hunter2".into());
    vars.insert("GITHUB_API_URL".into(), "https://api.github.com".into());
    vars.insert("GITHUB_TOKEN".into(), "hunter2".into());
    assert!(!format!("{:?}", read(&vars).unwrap()).contains("hunter2"));
}
