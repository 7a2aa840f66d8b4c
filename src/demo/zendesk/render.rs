//! The help desk's objects as JSON.

use serde_json::{Value, json};

use super::{Asked, Zendesk};
use crate::demo::cast::{Company, Moment, Person, SupportAgent, SupportOrganization, SupportUser, TODAY};

/// Custom field that holds the level a ticket was escalated to.
const ESCALATION_FIELD: u64 = 3_600_000_000_101;
const GROUP: u64 = 1_600_000_000_001;
const BRAND: u64 = 1_400_000_000_001;

fn time(moment: Option<Moment>) -> Value {
    moment.map_or(Value::Null, |moment| json!(moment.iso()))
}

impl Zendesk {
    fn url(&self, kind: &str, id: u64) -> String {
        format!("{}/api/v2/{kind}/{id}.json", self.address)
    }

    pub(super) fn render_user(&self, person: &Person, user: &SupportUser) -> Value {
        json!({
            "id": user.id,
            "url": self.url("users", user.id),
            "name": user.name,
            "email": user.email,
            "external_id": person.id,
            "role": "end-user",
            "organization_id": user.organization_id,
            "phone": user.phone,
            "tags": user.tags,
            "active": true,
            "verified": user.verified,
            "suspended": user.suspended,
            "last_login_at": time(user.last_login),
            "time_zone": user.time_zone.rsplit('/').next(),
            "iana_time_zone": user.time_zone,
            "locale": user.locale,
            "notes": user.notes,
            "details": null,
            "user_fields": {},
            "created_at": user.created.iso(),
            "updated_at": user.updated.iso(),
        })
    }

    pub(super) fn render_agent(&self, agent: &SupportAgent) -> Value {
        json!({
            "id": agent.id,
            "url": self.url("users", agent.id),
            "name": agent.name,
            "email": agent.email,
            "external_id": null,
            "role": "agent",
            "organization_id": null,
            "phone": null,
            "tags": [],
            "active": true,
            "verified": true,
            "suspended": false,
            "user_fields": {},
            "created_at": TODAY.days_ago(1500).iso(),
            "updated_at": TODAY.days_ago(100).iso(),
        })
    }

    pub(super) fn render_organization(&self, company: &Company, organization: &SupportOrganization) -> Value {
        json!({
            "id": organization.id,
            "url": self.url("organizations", organization.id),
            "name": organization.name,
            "external_id": company.id,
            "domain_names": organization.domain_names,
            "tags": organization.tags,
            "details": organization.details,
            "notes": null,
            "group_id": null,
            "shared_tickets": false,
            "shared_comments": false,
            "organization_fields": {},
            "created_at": organization.created.iso(),
            "updated_at": organization.updated.iso(),
        })
    }

    pub(super) fn render_ticket(&self, asked: Asked<'_>) -> Value {
        let Asked { user, ticket, .. } = asked;
        let satisfaction = ticket.satisfaction.as_ref().map(|rating| {
            let mut body = json!({"id": rating.id, "score": rating.score});
            if let Some(comment) = &rating.comment {
                body["comment"] = json!(comment);
            }
            body
        });
        json!({
            "id": ticket.id,
            "url": self.url("tickets", ticket.id),
            "external_id": null,
            "subject": ticket.subject,
            "description": ticket.description,
            "type": ticket.kind,
            "priority": ticket.priority,
            "status": ticket.status,
            "recipient": null,
            "requester_id": user.id,
            "submitter_id": user.id,
            "assignee_id": ticket.assignee_id,
            "organization_id": user.organization_id,
            "group_id": GROUP,
            "brand_id": BRAND,
            "collaborator_ids": [],
            "follower_ids": [],
            "tags": ticket.tags,
            "via": {"channel": ticket.channel},
            "custom_fields": [{"id": ESCALATION_FIELD, "value": ticket.escalation}],
            "satisfaction_rating": satisfaction,
            "has_incidents": false,
            "is_public": true,
            "due_at": time(ticket.due),
            "created_at": ticket.created.iso(),
            "updated_at": ticket.updated.iso(),
        })
    }

    pub(super) fn render_metric(&self, asked: Asked<'_>) -> Value {
        let Asked { ticket, .. } = asked;
        let metric = &ticket.metric;
        let span = |minutes: Option<i64>| json!({"calendar": minutes, "business": minutes.map(|minutes| minutes / 3)});
        json!({
            "id": metric.id,
            "ticket_id": ticket.id,
            "url": self.url("ticket_metrics", metric.id),
            "group_stations": 1,
            "assignee_stations": i32::from(ticket.assignee_id.is_some()),
            "reopens": metric.reopens,
            "replies": metric.replies,
            "assigned_at": time(ticket.assignee_id.map(|_| ticket.created)),
            "initially_assigned_at": time(ticket.assignee_id.map(|_| ticket.created)),
            "solved_at": time(metric.solved),
            "latest_comment_added_at": ticket.updated.iso(),
            "reply_time_in_minutes": span(metric.reply_minutes),
            "first_resolution_time_in_minutes": span(metric.first_resolution_minutes),
            "full_resolution_time_in_minutes": span(metric.full_resolution_minutes),
            "agent_wait_time_in_minutes": span(Some(0)),
            "requester_wait_time_in_minutes": span(Some(metric.requester_wait_minutes)),
            "on_hold_time_in_minutes": span(Some(0)),
            "created_at": ticket.created.iso(),
            "updated_at": ticket.updated.iso(),
        })
    }

    /// `None` for a ticket whose requester was never asked.
    pub(super) fn render_satisfaction(&self, asked: Asked<'_>) -> Option<Value> {
        let Asked { user, ticket, .. } = asked;
        let rating = ticket.satisfaction.as_ref()?;
        Some(json!({
            "id": rating.id,
            "url": self.url("satisfaction_ratings", rating.id),
            "ticket_id": ticket.id,
            "requester_id": user.id,
            "assignee_id": ticket.assignee_id,
            "group_id": GROUP,
            "score": rating.score,
            "comment": rating.comment,
            "reason": rating.comment.as_ref().map(|_| "The issue took too long to resolve"),
            "reason_code": rating.comment.as_ref().map(|_| 5),
            "created_at": rating.created.iso(),
            "updated_at": rating.created.iso(),
        }))
    }
}
