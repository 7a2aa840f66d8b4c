"""Fifty persons, the same in every department, and what each department knows of them. Always the same ones."""

from dataclasses import dataclass, field

FIRST = ["Ada", "Bram", "Chloé", "Dario", "Elif", "Femke", "Goran", "Hanneke", "Imre", "Joëlle"]
LAST = ["de Vries", "O'Neil", "Nyström", "Çelik", "van der Berg"]
TOPICS = [
    "Cannot sign in since Monday",
    "Export: 50% of rows & columns missing",
    "Where do I find my invoice?",
    "Übersicht zeigt „null“ statt Namen",
    "Please add <dark mode>",
]
STATUSES = ["unread", "chatting", "need-eg", "in-progress", "resolved", "deferred"]
PRIORITIES = [None, "critical", "urgent", "bug", "feature", "wish"]

# Long enough for several pages of the tracker's ten.
MANY_TICKETS = 23


@dataclass
class Plan:
    """A price for a product: id, name, smallest units of the currency, currency, interval."""

    id: str
    label: str
    amount: int
    currency: str
    interval: str


PLANS = [
    Plan("team-monthly", "Team, monthly", 1999, "eur", "month"),
    Plan("team-yearly", "Team, yearly", 19900, "usd", "year"),
    # A currency without smaller units.
    Plan("solo-monthly", "Solo, monthly", 1500, "jpy", "month"),
]


@dataclass
class Person:
    """One person; the lists are what is to be loaded."""

    number: int
    id: str
    name: str
    email: str
    # (subject, status, priority or None)
    tickets: list = field(default_factory=list)
    # (plan, quantity), at most one
    subscription: tuple = None
    # The card is good, or is refused when it is charged: then the invoice stays open.
    card_is_good: bool = True
    # Smallest units on a draft invoice beside the subscription's, 0 for no draft.
    draft_extra: int = 0


def everybody():
    """The fifty."""
    people = []
    for n in range(50):
        name = f"{FIRST[n % 10]} {LAST[n // 10]}"
        person = Person(n, f"c-{2001 + n}", name, f"person{n}@example.com")
        count = MANY_TICKETS if n == 0 else n % 4
        for k in range(count):
            subject = f"{TOPICS[(n + k) % 5]} ({k + 1})"
            person.tickets.append((subject, STATUSES[(n + k) % 6], PRIORITIES[(n * 5 + k) % 6]))
        if n % 5 != 4:
            person.subscription = (PLANS[n % 3], 1 + n % 7)
            person.card_is_good = n % 6 != 5
            person.draft_extra = 250 * (n % 4) if person.card_is_good else 0
        people.append(person)
    return people
