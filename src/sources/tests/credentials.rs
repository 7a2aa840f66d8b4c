//! How the gateway shows who it is, and what it says of settings that cannot work.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::super::state::BreakerState;
use super::super::{Settings, Sources};
use super::desk::{Desk, Seen, json, status};
use super::world::{ID, Spec, catalog, environment, world};

fn settings(text: &str) -> Settings {
    toml::from_str(text).unwrap()
}

/// A token server and a source that takes the newest token only. Tokens are counted.
async fn house() -> (Desk, Arc<AtomicUsize>) {
    let good = Arc::new(AtomicUsize::new(0));
    let newest = good.clone();
    let desk = Desk::saying(move |seen| {
        if seen.line == "POST /token" {
            let number = newest.fetch_add(1, Ordering::SeqCst) + 1;
            return json(format!(r#"{{"access_token":"t{number}","expires_in":"3600"}}"#));
        }
        if seen.authorization != format!("Bearer t{}", newest.load(Ordering::SeqCst)) {
            return status(401, "{}");
        }
        json(r#"{"name":"Ann"}"#)
    })
    .await;
    (desk, good)
}

fn grant(token_url: &str) -> String {
    format!(
        "[auth.oauth2-client-credentials]\ntoken_url = \"{token_url}\"\nclient_id = \"me\"\nclient_secret = \"s&cret\""
    )
}

#[tokio::test]
async fn fixed_credentials_are_sent_as_configured() {
    let desk = Desk::saying(|_| json(r#"{"name":"Ann"}"#)).await;
    for (auth, sent) in [
        ("auth.bearer.token = \"abc\"", "Bearer abc"),
        ("[auth.basic]\nuser = \"me\"\npassword = \"you\"", "Basic bWU6eW91"),
        ("[auth.header]\nname = \"Authorization\"\nvalue = \"Key 1\"", "Key 1"),
        ("auth = \"none\"", ""),
    ] {
        let world = world(&desk.url, Spec::single(), settings(auth));
        assert_eq!(world.ask("a").await, ["Ann"]);
        assert_eq!(desk.seen().last().unwrap().authorization, sent);
    }
    let shown = format!("{:?}", settings("config.token = \"s3cret\"\nauth.bearer.token = \"s3cret\""));
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_refused_at_once_fetch_one_new_token() {
    let (desk, good) = house().await;
    let text = format!("concurrency = 50\n{}", grant(&format!("{}/token", desk.url)));
    let world = world(&desk.url, Spec::single(), settings(&text));
    assert_eq!(world.ask("a").await, ["Ann"]);
    assert_eq!(desk.seen()[0].body, "grant_type=client_credentials&client_id=me&client_secret=s%26cret");
    // Somebody revokes the token: `t2` is the next good one.
    let ids: Vec<String> = (0..50).map(|index| format!("k{index}")).collect();
    good.store(1_000, Ordering::SeqCst);
    assert_eq!(world.ask(&ids.join(" ")).await, vec!["Ann"; 50]);
    let tokens = desk.lines().iter().filter(|line| *line == "POST /token").count();
    assert_eq!(tokens, 2, "one at first, one for all fifty");
    assert!(world.sources.tally(ID).calls <= 1 + 100);
}

#[tokio::test]
async fn a_source_that_refuses_every_token_is_not_asked_for_ever() {
    let desk = Desk::saying(|seen| match seen.line.as_str() {
        "POST /token" => json(r#"{"access_token":"t"}"#),
        _ => status(401, "{}"),
    })
    .await;
    let world = world(&desk.url, Spec::single(), settings(&grant(&format!("{}/token", desk.url))));
    for _ in 0..5 {
        assert_eq!(world.ask("a").await, ["UNAVAILABLE: support refused the gateway's credential"]);
    }
    let tokens = desk.lines().iter().filter(|line| *line == "POST /token").count();
    assert_eq!(tokens, 2);
}

#[tokio::test]
async fn the_tokens_answer_may_name_the_host() {
    let instance = Desk::saying(|seen| json(format!(r#"{{"name":"{} {}"}}"#, seen.line, seen.authorization))).await;
    let told = format!(r#"{{"access_token":"t1","instance_url":"{}"}}"#, instance.url);
    let login = Desk::saying(move |_| json(told.clone())).await;
    let text = format!("{}\nbase_from = \"instance_url\"", grant(&format!("{}/token", login.url)));
    let world = world(&format!("{}/services", login.url), Spec::single(), settings(&text));
    assert_eq!(world.ask("a").await, ["GET /services/people/a Bearer t1"]);
    assert_eq!(login.lines(), ["POST /token"]);
}

#[tokio::test]
async fn without_a_token_the_source_is_not_called() {
    let desk = Desk::saying(|_| status(500, "{}")).await;
    let world = world(&desk.url, Spec::single(), settings(&grant(&format!("{}/token", desk.url))));
    assert_eq!(world.ask("a").await, ["UNAVAILABLE: support gave the gateway no credential"]);
    assert_eq!(desk.lines(), ["POST /token"]);
}

const NONE: &str = "UNAVAILABLE: support gave the gateway no credential";
const OPEN: &str = "CIRCUIT_OPEN: support is left alone for a moment after repeated failures";
const PAUSED: &str = "RATE_LIMITED: support asked to be left alone for a while";

/// A source that is well, and a token server that says nothing at all (0), or what a test says.
async fn moody() -> (Desk, Arc<AtomicUsize>) {
    let mood = Arc::new(AtomicUsize::new(0));
    let now = mood.clone();
    let desk = Desk::open(move |seen| {
        let mood = now.load(Ordering::SeqCst) as u16;
        Box::pin(async move {
            match (seen.line.as_str(), mood) {
                ("POST /token", 0) => std::future::pending().await,
                ("POST /token", 200) => json(r#"{"access_token":"t1"}"#),
                ("POST /token", refusal) => status(refusal, "{}"),
                _ => json(r#"{"name":"Ann"}"#),
            }
        })
    })
    .await;
    (desk, mood)
}

fn attempts(desk: &Desk) -> usize {
    desk.lines().iter().filter(|line| *line == "POST /token").count()
}

#[tokio::test]
async fn while_nobody_answers_who_gives_tokens_those_who_come_are_told_at_once() {
    let (desk, mood) = moody().await;
    let text = format!(
        "concurrency = 8\ntimeout = \"400ms\"\nbreaker.open = \"400ms\"\n{}",
        grant(&format!("{}/token", desk.url))
    );
    let world = world(&desk.url, Spec::single(), settings(&text));
    let ids: Vec<String> = (0..40).map(|index| format!("k{index}")).collect();
    let told = world.ask(&ids.join(" ")).await;
    let of = |said: &str| told.iter().filter(|told| *told == said).count();
    assert_eq!((of(NONE), of(OPEN), attempts(&desk)), (8, 32, 1), "all slots wait once, together");
    let begun = Instant::now();
    for _ in 0..20 {
        assert_eq!(world.ask("a").await, [OPEN]);
    }
    // One time-out each would be fifteen seconds.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(attempts(&desk), 1);
    // At most a quarter longer than is set.
    sleep(Duration::from_millis(510)).await;
    let probe = world.submit("a");
    sleep(Duration::from_millis(100)).await;
    assert_eq!(world.ask("b").await, [OPEN], "one finds out");
    assert_eq!((probe.told().await, attempts(&desk)), (vec![NONE.to_owned()], 2));
    mood.store(200, Ordering::SeqCst);
    sleep(Duration::from_millis(1010)).await;
    assert_eq!(world.ask("a").await, ["Ann"]);
    let state = &world.sources.states()[0];
    assert_eq!((state.breaker, state.paused_for, attempts(&desk)), (BreakerState::Closed, None, 3));
}

#[tokio::test]
async fn who_gives_no_tokens_is_not_asked_again_by_everybody() {
    for refusal in [500, 401] {
        let (desk, mood) = moody().await;
        mood.store(refusal, Ordering::SeqCst);
        let text = format!("breaker.open = \"100ms\"\n{}", grant(&format!("{}/token", desk.url)));
        let world = world(&desk.url, Spec::single(), settings(&text));
        let mut told = Vec::new();
        for _ in 0..20 {
            told.extend(world.ask("a").await);
        }
        assert_eq!((&told[..5], attempts(&desk)), (&[NONE; 5].map(str::to_owned)[..], 5), "{refusal}");
        assert_eq!(told[5..], [OPEN; 15], "{refusal}");
        mood.store(200, Ordering::SeqCst);
        sleep(Duration::from_millis(150)).await;
        assert_eq!(world.ask("a").await, ["Ann"]);
    }
}

#[tokio::test]
async fn who_gives_tokens_and_asks_for_a_pause_gets_it() {
    for (refusal, first) in [(429, "RATE_LIMITED: support gave the gateway no credential"), (503, NONE)] {
        let told = move |seen: &Seen| {
            let mut answer = status(if seen.line == "POST /token" { refusal } else { 200 }, "{}");
            answer.headers_mut().insert("retry-after", "300".parse().unwrap());
            answer
        };
        let desk = Desk::saying(told).await;
        let url = format!("{}/token", desk.url);
        for (number, auth) in
            [grant(&url), format!("[auth.login]\nurl = \"{url}\"\ntoken = \"$.token\"")].iter().enumerate()
        {
            let world = world(&desk.url, Spec::single(), settings(auth));
            assert_eq!(world.ask("a").await, [first]);
            for _ in 0..20 {
                assert_eq!(world.ask("a").await, [PAUSED]);
            }
            let left = world.sources.states()[0].paused_for.expect("it is paused");
            assert!(left > Duration::from_secs(290), "{left:?}");
            assert_eq!(desk.lines().len(), number + 1);
        }
    }
}

#[tokio::test]
async fn who_is_asked_for_too_many_tokens_and_does_not_say_how_long_is_asked_again_by_and_by() {
    let (desk, mood) = moody().await;
    mood.store(429, Ordering::SeqCst);
    let text = format!("pause.usual = \"100ms\"\n{}", grant(&format!("{}/token", desk.url)));
    let world = world(&desk.url, Spec::single(), settings(&text));
    assert_eq!(world.ask("a").await, ["RATE_LIMITED: support gave the gateway no credential"]);
    assert_eq!(world.ask("a b c").await, [PAUSED; 3]);
    mood.store(200, Ordering::SeqCst);
    sleep(Duration::from_millis(110)).await;
    assert_eq!(world.ask("a").await, ["Ann"]);
    assert_eq!(attempts(&desk), 2);
}

#[test]
fn every_setting_that_cannot_work_is_named() {
    let by_name = BTreeMap::from([
        ("helpdesk".to_owned(), settings("url = \"ftp://x\"")),
        ("helpdsek".to_owned(), Settings::default()),
    ]);
    let problems = Sources::new(catalog(Spec::default()), &by_name, environment(), None).err().unwrap_or_default();
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "sources.helpdsek: no source of the schema has this name (did you mean `helpdesk`?)",
            "sources.helpdesk: url: expected an address that begins with https:// or http://",
        ]
    );
    for (text, expected) in [
        ("timeout = 10", "expected text such as"),
        ("timeoutt = \"10s\"", "unknown field `timeoutt`"),
        ("concurrency = 0", "nonzero"),
        ("auth.token = \"x\"", "unknown variant `token`"),
    ] {
        let error = toml::from_str::<Settings>(text).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_source_may_be_spoken_to_by_tls() {
    let by_name = BTreeMap::from([("helpdesk".to_owned(), settings("url = \"https://help.example.com/api\""))]);
    assert!(Sources::new(catalog(Spec::default()), &by_name, environment(), None).is_ok());
}

#[test]
fn a_login_that_cannot_work_is_told_at_the_start_without_its_secrets() {
    let login = |rest: &str| {
        let text =
            format!("[auth.login]\nurl = \"http://erp.example/login\"\nsecrets = {{ password = \"s3cret\" }}\n{rest}");
        let by_name = BTreeMap::from([("helpdesk".to_owned(), settings(&text))]);
        assert!(!format!("{by_name:?}").contains("s3cret"), "{by_name:?}");
        let problems = Sources::new(catalog(Spec::default()), &by_name, environment(), None).map(|_| ());
        problems.map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    };
    assert_eq!(login("token = \"$.token\"\nbody = \"password: $config.password\""), Ok(()));
    for (rest, expected) in [
        ("token = \"$.token->lowr\"", "sources.helpdesk: auth: login.token: there is no method `->lowr`"),
        ("token = \"$.s3cret(\"", "sources.helpdesk: auth: login.token: "),
        ("token = \"$args.token\"", "login: token reads $args; when the gateway logs in there is $config only"),
        ("token = \"$.a\"\nbody = \"p: $env.P\"", "login: the request reads $env; when the gateway logs in"),
        ("token = \"$.a\"\nheaders = { a = \"{$status}\" }", "login.headers: `$status` is not known before the answer"),
        ("token = \"$.a\"\nheader = \"a b\"", "login.header: expected the name of a header"),
    ] {
        let said = login(rest).unwrap_err();
        assert!(said.contains(expected) && !said.contains("s3cret("), "{said}");
    }
    let shown = format!(
        "{:?}",
        settings("[auth.login]\nurl = \"http://a\"\ntoken = \"$('s3cret')\"\nbody = \"p: $('s3cret')\"")
    );
    assert!(!shown.contains("s3cret"), "{shown}");
    let shown = format!("{:?}", settings("auth.query = { name = \"k\", value = \"s3cret\" }"));
    assert!(!shown.contains("s3cret"), "{shown}");
    let shown = format!("{:?}", settings("auth.headers = { k = \"s3cret\" }"));
    assert!(!shown.contains("s3cret"), "{shown}");
}
