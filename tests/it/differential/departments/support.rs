//! What the help desk knows.

use c360::demo::cast::{Cast, Ticket};

use super::{Fields, Holding};
use crate::differential::held::{Held, flag, id, int, maybe, named, object, origin, text, texts, time};

const DEPARTMENT: &str = "support";

pub(super) const HOLDINGS: &[Holding] = &[
    Holding {
        name: "helpdeskUser",
        ty: "Customer",
        department: DEPARTMENT,
        fields: &["supportProfile"],
        after: None,
        look: user,
    },
    Holding {
        name: "helpdeskTickets",
        ty: "Customer",
        department: DEPARTMENT,
        fields: &["tickets"],
        after: Some("helpdeskUser"),
        look: tickets,
    },
    Holding {
        name: "helpdeskOrganization",
        ty: "Account",
        department: DEPARTMENT,
        fields: &["supportProfile"],
        after: None,
        look: organization,
    },
    Holding {
        name: "helpdeskAccountTickets",
        ty: "Account",
        department: DEPARTMENT,
        fields: &["tickets"],
        after: Some("helpdeskOrganization"),
        look: account_tickets,
    },
    Holding {
        name: "helpdeskTicketMetrics",
        ty: "Ticket",
        department: DEPARTMENT,
        fields: &["metrics"],
        after: None,
        look: metrics,
    },
];

fn user(cast: &Cast, key: &str) -> Fields {
    let user = cast.person(key)?.support.as_ref()?;
    let origin = || origin(DEPARTMENT, user.id, user.updated);
    let profile = [
        ("timeZone", text(user.time_zone.as_str())),
        ("language", text(user.locale.as_str())),
        ("tags", texts(&user.tags)),
        ("isSuspended", flag(user.suspended)),
        ("lastSeenAt", time(user.last_login)),
        ("notes", maybe(&user.notes)),
        ("origin", origin()),
    ];
    Some(vec![
        ("name", text(user.name.as_str())),
        ("email", maybe(&user.email)),
        ("phone", maybe(&user.phone)),
        ("origin", origin()),
        ("supportProfile", object("SupportProfile", profile)),
    ])
}

fn organization(cast: &Cast, key: &str) -> Fields {
    let organization = cast.company(key)?.support.as_ref()?;
    let origin = || origin(DEPARTMENT, organization.id, organization.updated);
    let profile = [
        ("domains", texts(&organization.domain_names)),
        ("tags", texts(&organization.tags)),
        ("details", maybe(&organization.details)),
        ("origin", origin()),
    ];
    Some(vec![
        ("name", text(organization.name.as_str())),
        ("origin", origin()),
        ("supportProfile", object("AccountSupportProfile", profile)),
    ])
}

fn tickets(cast: &Cast, key: &str) -> Fields {
    let user = cast.person(key)?.support.as_ref()?;
    Some(vec![("tickets", newest_first(user.tickets.iter().collect()))])
}

fn account_tickets(cast: &Cast, key: &str) -> Fields {
    let organization = cast.company(key)?.support.as_ref()?;
    let users = cast.persons.iter().filter_map(|person| person.support.as_ref());
    let members = users.filter(|user| user.organization_id == Some(organization.id));
    Some(vec![("tickets", newest_first(members.flat_map(|user| &user.tickets).collect()))])
}

/// The higher the number, the newer the ticket.
fn newest_first(mut tickets: Vec<&Ticket>) -> Held {
    tickets.sort_by_key(|ticket| std::cmp::Reverse(ticket.id));
    Held::List(tickets.into_iter().map(ticket).collect())
}

fn ticket(ticket: &Ticket) -> Held {
    let status = [
        ("new", "NEW"),
        ("open", "OPEN"),
        ("pending", "PENDING"),
        ("hold", "ON_HOLD"),
        ("solved", "SOLVED"),
        ("closed", "CLOSED"),
    ];
    let priority = [("urgent", "URGENT"), ("high", "HIGH"), ("normal", "NORMAL"), ("low", "LOW")];
    let kind = [("problem", "PROBLEM"), ("incident", "INCIDENT"), ("question", "QUESTION"), ("task", "TASK")];
    let level = [("tier_2", "SECOND_LINE"), ("tier_3", "THIRD_LINE")];
    let score = [("good", "GOOD"), ("bad", "BAD"), ("offered", "OFFERED"), ("unoffered", "NOT_ASKED")];
    let satisfaction = ticket.satisfaction.as_ref().map_or(Held::Null, |rating| {
        let fields = [("score", named(rating.score.as_str(), &score)), ("comment", maybe(&rating.comment))];
        object("Satisfaction", fields)
    });
    let fields = [
        ("id", id(ticket.id)),
        ("subject", maybe(&ticket.subject)),
        ("description", text(ticket.description.as_str())),
        ("status", named(ticket.status.as_str(), &status)),
        ("priority", named(ticket.priority.as_deref(), &priority)),
        ("kind", named(ticket.kind.as_deref(), &kind)),
        ("channel", text(ticket.channel.as_str())),
        ("tags", texts(&ticket.tags)),
        ("isEscalated", flag(ticket.tags.iter().any(|tag| tag == "escalated"))),
        ("escalationLevel", named(ticket.escalation.as_deref(), &level)),
        ("satisfaction", satisfaction),
        ("openedAt", time(ticket.created)),
        ("updatedAt", time(ticket.updated)),
        ("dueAt", time(ticket.due)),
        ("origin", origin(DEPARTMENT, ticket.id, ticket.updated)),
    ];
    object("Ticket", fields)
}

fn metrics(cast: &Cast, key: &str) -> Fields {
    let users = cast.persons.iter().filter_map(|person| person.support.as_ref());
    let ticket = users.flat_map(|user| &user.tickets).find(|ticket| ticket.id.to_string() == key)?;
    let metric = &ticket.metric;
    let fields = [
        ("firstReplyMinutes", int(metric.reply_minutes)),
        ("firstResolutionMinutes", int(metric.first_resolution_minutes)),
        ("fullResolutionMinutes", int(metric.full_resolution_minutes)),
        ("requesterWaitMinutes", int(metric.requester_wait_minutes)),
        ("replies", int(metric.replies)),
        ("reopens", int(metric.reopens)),
        ("solvedAt", time(metric.solved)),
    ];
    Some(vec![("metrics", object("TicketMetrics", fields))])
}
