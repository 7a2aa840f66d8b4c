//! What the help desk knows: people who ask, their tickets, how long they waited and whether they were happy.

use super::TODAY;
use super::moment::Moment;
use super::seed::Seed;

/// A person as the help desk keeps them.
#[derive(Clone, Debug)]
pub struct SupportUser {
    /// The help desk's own id, beyond 32 bits.
    pub id: u64,
    /// Full name; the e-mail address where nobody entered one.
    pub name: String,
    /// E-mail as the person typed it.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// The help desk's id of the company.
    pub organization_id: Option<u64>,
    /// Free words.
    pub tags: Vec<String>,
    /// The address was confirmed.
    pub verified: bool,
    /// Shut out by an agent.
    pub suspended: bool,
    /// Last time at the portal.
    pub last_login: Option<Moment>,
    /// IANA name of the time zone.
    pub time_zone: String,
    /// Language.
    pub locale: String,
    /// A remark for agents.
    pub notes: Option<String>,
    /// When they were entered.
    pub created: Moment,
    /// Last change.
    pub updated: Moment,
    /// Everything they asked, oldest first; ids grow with time.
    pub tickets: Vec<Ticket>,
}

/// A request for help.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// The help desk's own id.
    pub id: u64,
    /// First line.
    pub subject: Option<String>,
    /// First message.
    pub description: String,
    /// `problem`, `incident`, `question`, `task`.
    pub kind: Option<String>,
    /// `urgent`, `high`, `normal`, `low`.
    pub priority: Option<String>,
    /// `new`, `open`, `pending`, `hold`, `solved`, `closed`, and one that nobody foresaw.
    pub status: String,
    /// Handed to the second line (then also among the tags as `escalated`), and to which level: `tier_2` or `tier_3`.
    pub escalation: Option<String>,
    /// Free words.
    pub tags: Vec<String>,
    /// `email`, `web`, `chat`, `api`.
    pub channel: String,
    /// The help desk's id of the agent.
    pub assignee_id: Option<u64>,
    /// When an answer is due.
    pub due: Option<Moment>,
    /// When it was opened.
    pub created: Moment,
    /// Last change.
    pub updated: Moment,
    /// How long things took.
    pub metric: TicketMetric,
    /// What the person thought of it; `None` when never asked.
    pub satisfaction: Option<Satisfaction>,
}

/// How a ticket went; spans in calendar minutes, business minutes being a third of them.
#[derive(Clone, Debug)]
pub struct TicketMetric {
    /// The help desk's own id.
    pub id: u64,
    /// Times it was opened again.
    pub reopens: i64,
    /// Answers by agents.
    pub replies: i64,
    /// Minutes to the first answer.
    pub reply_minutes: Option<i64>,
    /// Minutes to the first solution.
    pub first_resolution_minutes: Option<i64>,
    /// Minutes to the last solution.
    pub full_resolution_minutes: Option<i64>,
    /// Minutes the person waited.
    pub requester_wait_minutes: i64,
    /// When it was solved.
    pub solved: Option<Moment>,
}

/// An answer to "how did we do?".
#[derive(Clone, Debug)]
pub struct Satisfaction {
    /// The help desk's own id.
    pub id: u64,
    /// `good`, `bad` or `offered` (asked, not answered).
    pub score: String,
    /// In their words.
    pub comment: Option<String>,
    /// When.
    pub created: Moment,
}

/// Somebody who answers tickets.
#[derive(Clone, Debug)]
pub struct SupportAgent {
    /// The help desk's own id.
    pub id: u64,
    /// Full name.
    pub name: String,
    /// E-mail.
    pub email: String,
}

/// A ticket status that no document lists.
pub const ODD_TICKET_STATUS: &str = "escalated_to_vendor";

const FIRST_AGENT: u64 = 1_500_000_000_001;

/// The agents of the cast.
pub(super) fn agents() -> Vec<SupportAgent> {
    (FIRST_AGENT..)
        .zip(["Nils Berg", "Aisha Cole", "Paulo Reis"])
        .map(|(id, name)| SupportAgent {
            id,
            name: name.into(),
            email: format!("{}@helpdesk.example", name.to_lowercase().replace(' ', ".")),
        })
        .collect()
}

const TOPICS: &[(&str, &str)] = &[
    ("Export stops at 10,000 rows", "The export file ends early since the last release."),
    ("Cannot log in", "The page says that the password is wrong, which it is not."),
    ("Invoice shows the old address", "Please change it on the next one."),
    ("How do I add a seat?", "We have a new colleague."),
    ("Dashboard is slow", "It takes a minute to open in the morning."),
    ("Wrong totals in the monthly report", "They differ from the invoices."),
    ("Feature request: dark mode", "Our night shift would like it."),
];

/// Running numbers of tickets over the whole cast.
#[derive(Default)]
pub(super) struct Tickets(u64);

impl Tickets {
    /// One ticket opened at `created`.
    pub(super) fn open(&mut self, dice: &mut Seed, created: Moment) -> Ticket {
        self.0 += 1;
        let id = 35_000 + self.0;
        let (subject, description) = *dice.pick(TOPICS);
        let age_days = (TODAY.0 - created.0) / 86_400;
        let status = if dice.chance(1) { ODD_TICKET_STATUS } else { status(dice, age_days) };
        let done = matches!(status, "solved" | "closed");
        let reply_minutes = (status != "new").then(|| dice.between(4, 900));
        let resolution =
            done.then(|| (reply_minutes.unwrap_or(0) + dice.between(30, 8_000)).min((TODAY.0 - created.0) / 60));
        let solved = resolution.map(|minutes| created.plus_seconds(minutes * 60));
        let escalation = dice.chance(12).then(|| if dice.chance(70) { "tier_2" } else { "tier_3" }.to_owned());
        let mut tags = Vec::new();
        if escalation.is_some() {
            tags.push("escalated".to_owned());
        }
        if dice.chance(30) {
            tags.push((*dice.pick(&["billing", "export", "login", "how_to"])).to_owned());
        }
        let satisfaction = (done && dice.chance(60)).then(|| Satisfaction {
            id: 62_000 + self.0,
            score: (*dice.pick(&["good", "good", "bad", "offered"])).into(),
            comment: None,
            created: solved.unwrap_or(created).plus_seconds(7200),
        });
        let satisfaction = satisfaction
            .map(|rating| Satisfaction { comment: (rating.score == "bad").then(|| "Took too long.".into()), ..rating });
        Ticket {
            id,
            subject: (!dice.chance(2)).then(|| subject.into()),
            description: description.into(),
            kind: dice.pick(&[Some("question"), Some("incident"), Some("problem"), Some("task"), None]).map(Into::into),
            priority: if escalation.is_some() {
                Some("urgent".into())
            } else {
                dice.pick(&[Some("high"), Some("normal"), Some("low"), None]).map(Into::into)
            },
            status: status.into(),
            escalation,
            tags,
            channel: (*dice.pick(&["email", "web", "chat", "api"])).into(),
            assignee_id: (status != "new").then(|| FIRST_AGENT + dice.next() % 3),
            due: (!done && dice.chance(20)).then(|| TODAY.days_ago(-dice.between(1, 9))),
            created,
            updated: solved.unwrap_or_else(|| created.plus_seconds(reply_minutes.unwrap_or(0) * 60).min(TODAY)),
            metric: TicketMetric {
                id: 73_000 + self.0,
                reopens: if dice.chance(10) { 1 } else { 0 },
                replies: if status == "new" { 0 } else { dice.between(1, 6) },
                reply_minutes,
                first_resolution_minutes: resolution.map(|minutes| minutes - minutes / 4),
                full_resolution_minutes: resolution,
                requester_wait_minutes: dice.between(1, 2_000),
                solved,
            },
            satisfaction,
        }
    }
}

fn status(dice: &mut Seed, age_days: i64) -> &'static str {
    let likely: &'static [&'static str] = match age_days {
        0..=1 => &["new", "open", "open"],
        2..=14 => &["open", "pending", "hold", "solved"],
        15..=40 => &["solved", "solved", "open", "closed"],
        _ => &["closed"],
    };
    dice.pick::<&str>(likely)
}
