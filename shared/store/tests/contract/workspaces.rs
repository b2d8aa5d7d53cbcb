//! Workspaces, who works on them, and their agents.

use std::collections::BTreeMap;

use chat::{
    agent::{InstructionFile, Report},
    diff::{Checkout, Tree},
    id::{ChatId, OrgId, UserId, WorkspaceId},
    limit::{BOUND_CHATS, PINNED_CHATS, RECEIPT_MS},
    port::{
        Agent, Clock as _, CommitError, Kept, Person, Receipt, Reported, Scope, WorkspacePage, WorkspaceQuery,
    },
    time::Timestamp,
    workspace::{Phase, Wanted, Workspace},
};
use uuid::Uuid;

use super::world::{Directory, World};

const HOUR_MS: u64 = 3_600_000;

fn person(number: u128) -> Person {
    Person { user_id: UserId(Uuid::from_u128(number)), org_id: OrgId(Uuid::from_u128(7)) }
}

fn workspace<C, D>(world: &World<C, D>, number: u128, owner: u128) -> Workspace {
    let now = world.clock.now();
    Workspace {
        id: WorkspaceId(Uuid::from_u128(number)),
        person: person(owner),
        name: format!("machine {number}"),
        template_id: Some("local".into()),
        parameters: BTreeMap::from([("size".to_owned(), "large".to_owned())]),
        wanted: Wanted::Running,
        phase: Phase::Pending,
        machine: None,
        agent: None,
        failure: None,
        context_digest: None,
        edition: 1,
        last_used_at: now,
        created_at: now,
        updated_at: now,
    }
}

fn next(workspace: &Workspace) -> Workspace {
    Workspace { edition: workspace.edition + 1, ..workspace.clone() }
}

fn agent(workspace: &Workspace) -> Agent {
    Agent { workspace_id: workspace.id, person: workspace.person }
}

async fn listed<C, D: Directory>(world: &World<C, D>, owner: u128) -> Vec<WorkspaceId> {
    let query = WorkspaceQuery { owner_id: person(owner).user_id, after: None, limit: 50 };
    let page = world.directory.workspaces(&query).await.unwrap();
    assert_eq!(page.next, None);
    page.workspaces.into_iter().map(|workspace| workspace.id).collect()
}

pub(crate) async fn a_workspace_reads_back_whole<C, D: Directory>(world: World<C, D>) {
    let made = workspace(&world, 1, 1);
    assert_eq!(world.directory.workspace(made.id).await.unwrap(), None);
    world.directory.put_workspace(&made).await.unwrap();
    assert_eq!(world.directory.workspace(made.id).await.unwrap(), Some(made.clone()));
    let stopped = Workspace { wanted: Wanted::Stopped, machine: Some("m-1".into()), ..next(&made) };
    world.directory.put_workspace(&stopped).await.unwrap();
    assert_eq!(world.directory.workspace(made.id).await.unwrap(), Some(stopped));
}

pub(crate) async fn of_two_writes_of_one_edition_one_is_kept<C, D: Directory>(world: World<C, D>) {
    let made = workspace(&world, 1, 1);
    world.directory.put_workspace(&made).await.unwrap();
    let again = world.directory.put_workspace(&Workspace { name: "another".into(), ..made.clone() }).await;
    assert!(matches!(again, Err(CommitError::Conflict)), "{again:?}");
    let skipped = world.directory.put_workspace(&next(&next(&made))).await;
    assert!(matches!(skipped, Err(CommitError::Conflict)), "{skipped:?}");
    world.directory.put_workspace(&next(&made)).await.unwrap();
    assert_eq!(world.directory.workspace(made.id).await.unwrap(), Some(next(&made)));
}

pub(crate) async fn a_workspace_is_made_once_with_its_receipt<C, D: Directory>(world: World<C, D>) {
    let scope = Scope::User(person(1).user_id);
    let receipt = Receipt {
        scope,
        key: "k".into(),
        fingerprint: "f".repeat(64),
        status: 201,
        body: "{}".into(),
        expires_at: world.clock.now().plus_ms(RECEIPT_MS),
    };
    let made = workspace(&world, 1, 1);
    world.directory.make_workspace(&made, Some(&receipt)).await.unwrap();
    assert_eq!(world.directory.receipt(scope, "k").await.unwrap().as_ref(), Some(&receipt));
    for again in [made.clone(), workspace(&world, 2, 1)] {
        let again = world.directory.make_workspace(&again, Some(&receipt)).await;
        assert!(matches!(again, Err(CommitError::Conflict)), "{again:?}");
    }
    assert_eq!(listed(&world, 1).await, [made.id]);
    world.directory.make_workspace(&workspace(&world, 3, 1), None).await.unwrap();
    assert_eq!(listed(&world, 1).await.len(), 2);
}

pub(crate) async fn workspaces_are_listed_by_person_the_newest_first<C, D: Directory>(world: World<C, D>) {
    for number in [3, 1, 2] {
        world.directory.put_workspace(&workspace(&world, number, 1)).await.unwrap();
        world.clock.advance_ms(1_000);
    }
    world.directory.put_workspace(&workspace(&world, 9, 2)).await.unwrap();
    assert_eq!(listed(&world, 1).await, [2, 1, 3].map(|number| WorkspaceId(Uuid::from_u128(number))));
    assert_eq!(listed(&world, 2).await.len(), 1);
    assert!(listed(&world, 3).await.is_empty());
}

pub(crate) async fn pages_of_workspaces_follow_each_other<C, D: Directory>(world: World<C, D>) {
    for number in 1..=5 {
        world.directory.put_workspace(&workspace(&world, number, 1)).await.unwrap();
    }
    let (mut after, mut seen, mut pages) = (None, Vec::new(), 0);
    loop {
        let query = WorkspaceQuery { owner_id: person(1).user_id, after, limit: 2 };
        let WorkspacePage { workspaces, next } = world.directory.workspaces(&query).await.unwrap();
        seen.extend(workspaces.into_iter().map(|workspace| workspace.id.0.as_u128()));
        pages += 1;
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((seen, pages), (vec![5, 4, 3, 2, 1], 3));
}

pub(crate) async fn what_is_to_be_gone_is_not_listed<C, D: Directory>(world: World<C, D>) {
    let made = workspace(&world, 1, 1);
    world.directory.put_workspace(&made).await.unwrap();
    let gone = Workspace { wanted: Wanted::Gone, ..next(&made) };
    world.directory.put_workspace(&gone).await.unwrap();
    assert!(listed(&world, 1).await.is_empty());
    assert_eq!(world.directory.workspace(made.id).await.unwrap(), Some(gone));
}

pub(crate) async fn machines_that_shall_run_are_found<C, D: Directory>(world: World<C, D>) {
    let made: Vec<Workspace> = (1..=4).map(|number| workspace(&world, number, number)).collect();
    for workspace in &made {
        world.directory.put_workspace(workspace).await.unwrap();
    }
    let own = Workspace { template_id: None, ..workspace(&world, 5, 1) };
    world.directory.put_workspace(&own).await.unwrap();
    let stopping = Workspace { wanted: Wanted::Stopped, phase: Phase::Running, ..next(&made[1]) };
    world.directory.put_workspace(&stopping).await.unwrap();
    assert!(world.directory.up(None, 10).await.unwrap().contains(&stopping.id), "it is not down yet");
    let stopped = Workspace { phase: Phase::Stopped, ..next(&stopping) };
    world.directory.put_workspace(&stopped).await.unwrap();
    let ids = [0, 2, 3].map(|index: usize| made[index].id);
    assert_eq!(world.directory.up(None, 10).await.unwrap(), ids);
    assert_eq!(world.directory.up(None, 2).await.unwrap(), ids[..2]);
    assert_eq!(world.directory.up(Some(ids[1]), 10).await.unwrap(), ids[2..]);
}

pub(crate) async fn the_newest_report_is_kept<C, D: Directory>(world: World<C, D>) {
    let id = WorkspaceId(Uuid::from_u128(1));
    assert_eq!(world.directory.report(id).await.unwrap(), None);
    let file = |content: String| InstructionFile { path: "/w/AGENTS.md".into(), content, truncated: false };
    for content in ["be brief".repeat(20_000), "be kind".to_owned()] {
        let report = Report { instructions: vec![file(content)], ..Report::default() };
        let kept = world.directory.put_report(id, &report, Timestamp(2_000)).await.unwrap();
        assert_eq!((kept, world.directory.report(id).await.unwrap()), (Kept::Done, Some(report)));
    }
    let kept = world.directory.put_report(id, &Report::default(), Timestamp(1_999)).await.unwrap();
    let Reported { report, seen_at } = world.directory.reported(id).await.unwrap().unwrap();
    assert_eq!((kept, report.instructions.len(), seen_at), (Kept::Overtaken, 1, Some(Timestamp(2_000))));
}

pub(crate) async fn the_second_who_writes_a_checkout_loses<C, D: Directory>(world: World<C, D>) {
    let id = WorkspaceId(Uuid::from_u128(1));
    assert_eq!(world.directory.checkout(id).await.unwrap(), None);
    let tree = Some(Tree { branch: "b".repeat(2_000), additions: 7, ..Tree::default() });
    let mut checkout = Checkout { tree, edition: 1, ..Checkout::begun(id) };
    world.directory.put_checkout(&checkout).await.unwrap();
    assert!(matches!(world.directory.put_checkout(&checkout).await, Err(CommitError::Conflict)));
    checkout.edition = 2;
    checkout.chats = vec![ChatId(Uuid::from_u128(3))];
    world.directory.put_checkout(&checkout).await.unwrap();
    assert_eq!(world.directory.checkout(id).await.unwrap(), Some(checkout));
    world.directory.put_report(id, &Report::default(), Timestamp(1)).await.unwrap();
    for _ in 0..2 {
        world.directory.forget_reports(id).await.unwrap();
        assert_eq!(world.directory.checkout(id).await.unwrap(), None);
        assert_eq!(world.directory.reported(id).await.unwrap(), None);
    }
}

pub(crate) async fn chats_are_bound_for_a_while<C, D: Directory>(world: World<C, D>) {
    let (id, other) = (WorkspaceId(Uuid::from_u128(1)), WorkspaceId(Uuid::from_u128(2)));
    let chat = |number| ChatId(Uuid::from_u128(number));
    let now = world.clock.now();
    world.directory.bind(id, chat(1), now.plus_ms(HOUR_MS)).await.unwrap();
    world.directory.bind(id, chat(2), now.plus_ms(1_000)).await.unwrap();
    world.directory.bind(other, chat(3), now.plus_ms(HOUR_MS)).await.unwrap();
    world.directory.bind(id, chat(1), now.plus_ms(1_000)).await.unwrap();
    assert_eq!(world.directory.bound(id).await.unwrap(), [chat(1), chat(2)]);
    world.clock.advance_ms(1_000);
    assert_eq!(world.directory.bound(id).await.unwrap(), [chat(1)]);
    world.directory.bind(id, chat(2), now.plus_ms(HOUR_MS)).await.unwrap();
    assert_eq!(world.directory.bound(id).await.unwrap(), [chat(1), chat(2)]);
}

pub(crate) async fn bound_chats_are_no_more_than_their_limit<C, D: Directory>(world: World<C, D>) {
    let id = WorkspaceId(Uuid::from_u128(1));
    for number in 0..=BOUND_CHATS as u128 {
        let until = world.clock.now().plus_ms(HOUR_MS);
        world.directory.bind(id, ChatId(Uuid::from_u128(number)), until).await.unwrap();
    }
    let bound = world.directory.bound(id).await.unwrap();
    assert_eq!((bound.len(), bound[0]), (BOUND_CHATS, ChatId(Uuid::from_u128(1))));
}

pub(crate) async fn chats_that_keep_what_a_workspace_says_are_found_newest_first<C, D: Directory>(
    world: World<C, D>,
) {
    let (id, other) = (WorkspaceId(Uuid::from_u128(1)), WorkspaceId(Uuid::from_u128(2)));
    let chat = |number| ChatId(Uuid::from_u128(number));
    let now = world.clock.now();
    world.directory.pin(id, chat(1), now.plus_ms(HOUR_MS)).await.unwrap();
    world.directory.pin(id, chat(2), now.plus_ms(1_000)).await.unwrap();
    world.directory.pin(id, chat(3), now.plus_ms(HOUR_MS)).await.unwrap();
    world.directory.pin(other, chat(4), now.plus_ms(HOUR_MS)).await.unwrap();
    world.directory.bind(id, chat(5), now.plus_ms(HOUR_MS)).await.unwrap();
    assert_eq!(world.directory.pinned(id).await.unwrap(), [chat(3), chat(2), chat(1)]);
    world.clock.advance_ms(1_000);
    assert_eq!(world.directory.pinned(id).await.unwrap(), [chat(3), chat(1)]);
    for number in 10..=10 + PINNED_CHATS as u128 {
        world.directory.pin(id, chat(number), now.plus_ms(HOUR_MS)).await.unwrap();
    }
    let pinned = world.directory.pinned(id).await.unwrap();
    assert_eq!((pinned.len(), pinned[0]), (PINNED_CHATS, chat(10 + PINNED_CHATS as u128)));
}

pub(crate) async fn an_enrolment_is_exchanged_for_one_token<C, D: Directory>(world: World<C, D>) {
    let (mine, until) = (workspace(&world, 1, 1), world.clock.now().plus_ms(HOUR_MS));
    world.directory.put_enrolment("ee", agent(&mine), until).await.unwrap();
    assert_eq!(world.directory.agent("tt").await.unwrap(), None);
    assert_eq!(world.directory.exchange("ff", "tt").await.unwrap(), None);
    for _ in 0..2 {
        assert_eq!(world.directory.exchange("ee", "tt").await.unwrap(), Some(agent(&mine)));
    }
    assert_eq!(world.directory.exchange("ee", "uu").await.unwrap(), None);
    assert_eq!(world.directory.agent("tt").await.unwrap(), Some(agent(&mine)));
    assert_eq!(world.directory.agent("uu").await.unwrap(), None);
}

pub(crate) async fn of_many_agents_one_is_let_in<C, D: Directory>(world: World<C, D>) {
    let (mine, until) = (workspace(&world, 1, 1), world.clock.now().plus_ms(HOUR_MS));
    world.directory.put_enrolment("ee", agent(&mine), until).await.unwrap();
    let mut agents = tokio::task::JoinSet::new();
    for number in 0..4 {
        let directory = world.directory.clone();
        agents.spawn(async move { directory.exchange("ee", &format!("t{number}")).await.unwrap() });
    }
    assert_eq!(agents.join_all().await.into_iter().flatten().count(), 1);
}

pub(crate) async fn a_late_enrolment_lets_nobody_in<C, D: Directory>(world: World<C, D>) {
    let (mine, until) = (workspace(&world, 1, 1), world.clock.now().plus_ms(HOUR_MS));
    world.directory.put_enrolment("ee", agent(&mine), until).await.unwrap();
    world.clock.advance_ms(HOUR_MS);
    assert_eq!(world.directory.exchange("ee", "tt").await.unwrap(), None);
    assert_eq!(world.directory.agent("tt").await.unwrap(), None);
}

pub(crate) async fn a_workspace_has_one_agent<C, D: Directory>(world: World<C, D>) {
    let (mine, until) = (workspace(&world, 1, 1), world.clock.now().plus_ms(HOUR_MS));
    let another = workspace(&world, 2, 2);
    for (enrolment, of) in [("ee", &mine), ("ff", &mine), ("gg", &another)] {
        world.directory.put_enrolment(enrolment, agent(of), until).await.unwrap();
    }
    world.directory.exchange("ee", "tt").await.unwrap();
    assert_eq!(world.directory.exchange("gg", "tt").await.unwrap(), None, "a token is one agent's");
    assert_eq!(world.directory.exchange("ff", "uu").await.unwrap(), Some(agent(&mine)));
    assert_eq!(world.directory.agent("tt").await.unwrap(), None, "the newest token is the one that counts");
    assert_eq!(world.directory.exchange("ee", "tt").await.unwrap(), None, "an old one does not come back");
    assert_eq!(world.directory.exchange("ff", "uu").await.unwrap(), Some(agent(&mine)));
    assert_eq!(world.directory.agent("uu").await.unwrap(), Some(agent(&mine)));
    assert_eq!(world.directory.exchange("gg", "vv").await.unwrap(), Some(agent(&another)));
    for _ in 0..2 {
        world.directory.revoke(mine.id).await.unwrap();
    }
    assert_eq!(world.directory.agent("uu").await.unwrap(), None);
    assert_eq!(world.directory.exchange("ff", "uu").await.unwrap(), None, "nor one that was taken back");
    assert_eq!(world.directory.agent("vv").await.unwrap(), Some(agent(&another)));
}
