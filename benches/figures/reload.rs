//! Thirty reloads in a minute under load: promised are no failure, and 1.5 times the time of a quiet minute at the 99th
//! percentile. The folder is read and its gateway replaced as the program does it.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::Duration;

use c360::cli;
use c360::demo::{Credentials, Which};
use tokio::time::sleep;

use super::trial::{Clients, Door, End, Trial, count, ms, share};
use super::{cpu_time, resident_bytes};

/// Questions a second.
const RATE: u32 = 200;
const RELOADS: u32 = 30;
const EVERY: Duration = Duration::from_secs(2);
/// How long the quiet part is measured: as long, for what is kept ends and is fetched again in both.
const CALM: Duration = Duration::from_secs(60);

pub async fn reload() {
    let trial = Trial::begin().await;
    let folder = tempfile::tempdir().expect("room for a folder");
    write(&trial, folder.path(), 0, "");
    let (door, reload) = Door::over(folder.path());
    let clients = Clients::new(door.address, 8);
    let query = Trial::question(Which::ALL.into_iter());
    trial.load(&clients, &query, RATE, Duration::from_secs(2)).await;
    let begun = cpu_time();
    let calm = trial.load(&clients, &query, RATE, CALM).await;
    let (before, calm_cpu) = (resident_bytes(), (cpu_time() - begun) * (EVERY * RELOADS).as_secs() as u32);
    let begun = cpu_time();
    let reloading = async {
        for number in 1..=RELOADS {
            sleep(EVERY).await;
            write(&trial, folder.path(), number, "");
            reload.send(()).await.expect("the folder is watched");
        }
    };
    let (asked, ()) = tokio::join!(trial.load(&clients, &query, RATE, EVERY * RELOADS), reloading);
    let cost = (cpu_time() - begun).saturating_sub(calm_cpu / CALM.as_secs() as u32) / RELOADS;
    println!("{RELOADS} reloads, one every {} s, at {RATE} questions a second:\n", EVERY.as_secs());
    println!("| | whole | not whole | p50 | p99 |");
    println!("|---|--:|--:|--:|--:|");
    for (name, asked) in [("calm", &calm), ("reloading", &asked)] {
        let whole = count(asked, End::Whole);
        let (half, most) = (ms(share(asked.iter().copied(), 0.5)), ms(share(asked.iter().copied(), 0.99)));
        println!("| {name} | {whole} | {} | {half} | {most} |", asked.len() - whole);
    }
    let ratio = share(asked, 0.99).as_secs_f64() / share(calm, 0.99).as_secs_f64();
    let grown = resident_bytes().saturating_sub(before) >> 20;
    let done = || door.desk.live().history().reloads;
    while done() < u64::from(RELOADS) {
        sleep(EVERY).await;
    }
    let done = done();
    println!(
        "\np99: {ratio:.2} times the calm one; {done} reloads took {} of a processor each, answers made anew among it;",
        ms(cost)
    );
    println!("the process grew by {grown} MiB, clients and departments included");
}

/// The folder over the town, with another timeout of one source and another text of one file each time; `more`
/// stands before the sources.
pub(crate) fn write(trial: &Trial, folder: &Path, number: u32, more: &str) {
    let schema = folder.join("schema");
    fs::create_dir_all(&schema).expect("room for a folder");
    for file in cli::shipped_schema() {
        fs::write(folder.join(&file.name), format!("{}\n# {number}\n", file.text)).expect("room for a file");
    }
    let mut text = format!("[reload]\nwatch = false\n{more}");
    for (name, source) in cli::settings_of(&trial.town).sources {
        let timeout = if name == "crm" { 2 + number } else { 2 };
        let url = source.url.expect("the town has addresses");
        writeln!(text, "[sources.{name}]\nurl = \"{url}\"\ntimeout = \"{timeout}s\"").expect("memory");
        let config = source.config.0.iter().map(|(key, value)| format!("{key} = {value}\n")).collect::<String>();
        writeln!(text, "[sources.{name}.config]\n{config}").expect("memory");
        let department = trial.town.departments().find(|department| department.address() == url);
        let told = match department.expect("it is a department's").credentials() {
            Credentials::Bearer { token } => format!("bearer]\ntoken = \"{token}\""),
            Credentials::Basic { user, password } => format!("basic]\nuser = \"{user}\"\npassword = \"{password}\""),
            Credentials::ClientCredentials { token_path, client_id, client_secret } => format!(
                "oauth2-client-credentials]\ntoken_url = \"{url}{token_path}\"\nclient_id = \"{client_id}\"\n\
                 client_secret = \"{client_secret}\"\nbase_from = \"instance_url\""
            ),
        };
        writeln!(text, "[sources.{name}.auth.{told}").expect("memory");
    }
    fs::write(folder.join("gateway.toml"), text).expect("room for a file");
}
