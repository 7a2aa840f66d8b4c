use std::collections::HashSet;

use super::*;

fn cast() -> Cast {
    Cast::of(1, 1000)
}

#[test]
fn the_same_seed_gives_the_same_cast_and_a_larger_cast_begins_with_the_smaller_ones_persons() {
    let (small, again, large) = (Cast::of(1, 100), Cast::of(1, 100), Cast::of(1, 1000));
    assert_eq!(format!("{small:?}"), format!("{again:?}"));
    assert_eq!(format!("{:?}", small.persons), format!("{:?}", &large.persons[..100]));
    assert_ne!(format!("{small:?}"), format!("{:?}", Cast::of(2, 100)));
}

#[test]
fn ids_are_unique_in_each_system() {
    let cast = cast();
    let mut seen = HashSet::new();
    let mut once = |id: String| assert!(seen.insert(id.clone()), "{id} twice");
    for company in &cast.companies {
        let account = company.sales.as_ref().unwrap();
        once(account.id.clone());
        for deal in &account.opportunities {
            once(deal.id.clone());
            deal.history.iter().for_each(|change| once(change.id.clone()));
            deal.quotes.iter().for_each(|quote| once(quote.id.clone()));
            deal.roles.iter().for_each(|role| once(role.id.clone()));
        }
        company.support.iter().for_each(|organization| once(format!("z{}", organization.id)));
        company.marketing.iter().for_each(|company| once(format!("h{}", company.id)));
    }
    for person in &cast.persons {
        for contact in &person.sales {
            once(contact.id.clone());
            contact.tasks.iter().for_each(|task| once(task.id.clone()));
            contact.events.iter().for_each(|event| once(event.id.clone()));
        }
        if let Some(user) = &person.support {
            once(format!("z{}", user.id));
            user.tickets.iter().for_each(|ticket| once(format!("t{}", ticket.id)));
        }
        if let Some(contact) = &person.marketing {
            once(format!("h{}", contact.id));
            contact.deals.iter().for_each(|deal| once(format!("h{}", deal.id)));
            contact.engagements.iter().for_each(|engagement| once(format!("h{}", engagement.id)));
            contact.email_events.iter().for_each(|event| once(event.id.clone()));
        }
        if let Some(payer) = &person.billing {
            once(payer.id.clone());
            payer.invoices.iter().for_each(|invoice| once(invoice.id.clone()));
            payer.charges.iter().for_each(|charge| once(charge.id.clone()));
        }
    }
}

#[test]
fn the_named_cases_are_what_the_table_says() {
    let cast = cast();
    let person = |id| cast.person(id).unwrap();
    let heroine = person(HEROINE);
    let newest = heroine.support.as_ref().unwrap().tickets.last().unwrap();
    let call =
        heroine.sales[0].tasks.iter().find(|task| task.subject.as_deref() == Some("Call: renewal at risk")).unwrap();
    assert_eq!(newest.created.days_ago(2), call.created);
    assert!(cast.deals_of(heroine).count() >= 3);
    assert!(heroine.marketing.is_some() && heroine.usage.is_some());
    assert!(!heroine.billing.as_ref().unwrap().invoices.is_empty());
    assert_eq!(person(BUSY).support.as_ref().unwrap().tickets.len(), 300);
    assert_eq!(person(DOUBLED).sales.len(), 2);
    assert!(person(UNKNOWN_TO_SUPPORT).support.is_none());
    assert!(person(UNKNOWN_TO_BILLING).billing.is_none());
    assert!(person(UNKNOWN_TO_SALES).sales.is_empty());
    assert!(person(UNKNOWN_TO_MARKETING).marketing.is_none());
    assert!(person(UNKNOWN_TO_USAGE).usage.is_none());
    assert_eq!(person(NAMELESS).sales[0].first_name, None);
    let mixed = person(MIXED_CASE);
    assert_ne!(mixed.sales[0].email, mixed.support.as_ref().unwrap().email);
    assert_eq!(person(ODD_STATUS).support.as_ref().unwrap().tickets.last().unwrap().status, ODD_TICKET_STATUS);
    assert_eq!(person(ODD_STATUS).billing.as_ref().unwrap().subscriptions[0].status, ODD_SUBSCRIPTION_STATUS);
    assert!(cast.deals_of(person(ODD_STATUS)).any(|(deal, _)| deal.stage == ODD_STAGE));
    assert_eq!(person(ODD_STATUS).marketing.as_ref().unwrap().deals[0].stage, ODD_DEAL_STAGE);
    assert_eq!(person(WITHOUT_ACCOUNT).account_id, None);
    assert_eq!(person(BILLED_IN_YEN).billing.as_ref().unwrap().currency, "jpy");
    let idle = person(IDLE);
    assert!(idle.support.as_ref().unwrap().tickets.is_empty() && idle.billing.as_ref().unwrap().invoices.is_empty());
    assert_eq!(cast.deals_of(idle).count(), 0);
    assert!(cast.person(NOBODY).is_none());
}

#[test]
fn the_flaws_are_thrown_among_the_others_too() {
    let cast = cast();
    let others = &cast.persons[20..];
    for (flaw, count) in [
        ("unknown to sales", others.iter().filter(|person| person.sales.is_empty()).count()),
        ("doubled", others.iter().filter(|person| person.sales.len() == 2).count()),
        ("unknown to support", others.iter().filter(|person| person.support.is_none()).count()),
        ("unknown to billing", others.iter().filter(|person| person.billing.is_none()).count()),
        ("without company", others.iter().filter(|person| person.account_id.is_none()).count()),
        (
            "nameless",
            others
                .iter()
                .filter(|person| person.sales.first().is_some_and(|contact| contact.first_name.is_none()))
                .count(),
        ),
    ] {
        assert!((5..300).contains(&count), "{flaw}: {count}");
    }
}

#[test]
fn nothing_that_has_happened_lies_after_today() {
    for person in &cast().persons {
        for ticket in person.support.iter().flat_map(|user| &user.tickets) {
            assert!(
                ticket.created <= TODAY && ticket.updated <= TODAY && ticket.created <= ticket.updated,
                "{ticket:?}"
            );
        }
        for event in person.marketing.iter().flat_map(|contact| &contact.touches) {
            assert!(event.occurred <= TODAY, "{event:?}");
        }
        for invoice in person.billing.iter().flat_map(|payer| &payer.invoices) {
            assert!(invoice.created <= TODAY && invoice.paid.is_none_or(|paid| paid <= TODAY), "{invoice:?}");
        }
    }
}

#[test]
fn companies_form_a_hierarchy_at_most_three_deep() {
    let cast = cast();
    assert_eq!(cast.company(HEROINES_COMPANY).unwrap().parent_id.as_deref(), Some(HOLDING));
    assert!(cast.subsidiaries_of(HEROINES_COMPANY).count() >= 2);
    for company in &cast.companies {
        let mut depth = 0;
        let mut current = company.parent_id.as_deref();
        while let Some(id) = current {
            depth += 1;
            assert!(depth <= 2, "{}", company.id);
            current = cast.company(id).unwrap().parent_id.as_deref();
        }
    }
}
