"""Puts the persons into both departments through the departments' own APIs, and says what a customer view must show.

The figures are worked out from what was loaded, not from the connectors; the departments only give their ids and times.
"""

from http_json import call

KEY = "sk_test_real"
ADMIN_PASSWORD = "sesame"
GATEWAY_LOGIN = ("gateway", "reads only")

# Cards by which a bank says yes, or says no once it is charged.
GOOD_CARD, REFUSED_CARD = "4242424242424242", "4000000000000341"

TICKET_STATUS = {
    "unread": "NEW", "chatting": "OPEN", "need-eg": "PENDING", "in-progress": "OPEN", "resolved": "SOLVED",
    "deferred": "ON_HOLD",
}
TICKET_PRIORITY = {
    None: None, "critical": "URGENT", "urgent": "HIGH", "bug": "NORMAL", "feature": "LOW", "wish": "LOW",
}


def money(units, currency):
    """An amount in smallest units as the contract writes it."""
    amount = str(units) if currency == "jpy" else f"{units // 100}.{units % 100:02}"
    return {"amount": amount, "currency": currency.upper()}


def billing(url, people, plans):
    """Loads localstripe. Returns, by customer id, the invoices and subscriptions that are to be seen."""

    def post(path, *pairs):
        return call(f"{url}/v1/{path}", user=KEY, form=pairs)

    product = post("products", ("name", "Subscriptions"), ("type", "service"))["id"]
    for plan in plans:
        post(
            "plans", ("id", plan.id), ("product", product), ("nickname", plan.label), ("amount", plan.amount),
            ("currency", plan.currency), ("interval", plan.interval),
        )
    return {person.id: _bill(post, product, person) for person in people}


def _bill(post, product, person):
    customer = post(
        "customers", ("name", person.name), ("email", person.email), ("metadata[customer_id]", person.id)
    )["id"]
    if person.subscription is None:
        return {"invoices": [], "subscriptions": [], "balances": []}
    plan, quantity = person.subscription
    card = ("card[number]", GOOD_CARD if person.card_is_good else REFUSED_CARD)
    card = post(
        "payment_methods", ("type", "card"), card,
        ("card[exp_month]", 12), ("card[exp_year]", 2099), ("card[cvc]", "123"),
    )["id"]
    post(f"payment_methods/{card}/attach", ("customer", customer))
    post(f"customers/{customer}", ("invoice_settings[default_payment_method]", card))
    subscription = post(
        "subscriptions", ("customer", customer), ("items[0][plan]", plan.id), ("items[0][quantity]", quantity)
    )
    first = plan.amount * quantity
    invoices = [
        {
            "id": subscription["latest_invoice"],
            "status": "PAID" if person.card_is_good else "OPEN",
            "total": money(first, plan.currency),
            "paid": money(first if person.card_is_good else 0, plan.currency),
            "outstanding": money(0 if person.card_is_good else first, plan.currency),
            "subscriptionId": subscription["id"],
        }
    ]
    if person.draft_extra:
        post("invoiceitems", ("customer", customer), ("amount", person.draft_extra), ("currency", plan.currency))
        total = money(first + person.draft_extra, plan.currency)
        invoices.append(
            {
                "id": post("invoices", ("customer", customer))["id"],
                "status": "DRAFT",
                "total": total,
                "paid": money(0, plan.currency),
                "outstanding": total,
                "subscriptionId": subscription["id"],
            }
        )
    balance = {"currency": plan.currency.upper(), "outstanding": money(first, plan.currency), "openInvoices": 1}
    item = {
        "product": product,
        "label": plan.label,
        "quantity": quantity,
        "unitPrice": money(plan.amount, plan.currency),
        "interval": plan.interval.upper(),
        "intervalCount": 1,
    }
    status = "ACTIVE" if person.card_is_good else "INCOMPLETE"
    return {
        "invoices": invoices,
        "subscriptions": [{"id": subscription["id"], "status": status, "items": [item]}],
        "balances": [] if person.card_is_good else [balance],
    }


def support(url, people):
    """Loads Roundup: a login for each person, with which that person opens tickets.

    Returns, by customer id, the tickets that are to be seen.
    """
    # What its REST interface wants to see before it changes anything, against forged requests.
    headers = {"X-Requested-With": "rest", "Origin": url, "Referer": f"{url}/"}

    def post(kind, body, user, password):
        return call(f"{url}/rest/data/{kind}", user=user, password=password, body=body, headers=headers)["data"]["id"]

    def login(name, password, **more):
        body = {"username": name, "password": password, "roles": "User", **more}
        post("user", body, "admin", ADMIN_PASSWORD)

    login(*GATEWAY_LOGIN, address="gateway@example.com")
    tickets = {}
    for person in people:
        password = f"of {person.id}"
        login(person.id, password, realname=person.name, address=person.email)
        tickets[person.id] = []
        for subject, status, priority in person.tickets:
            body = {"title": subject, "status": status, **({"priority": priority} if priority else {})}
            number = post("issue", body, person.id, password)
            shown = {
                "id": number,
                "subject": subject,
                "status": TICKET_STATUS[status],
                "priority": TICKET_PRIORITY[priority],
            }
            # The newest is shown first.
            tickets[person.id].insert(0, shown)
    return tickets
