"""The gateway over localstripe and Roundup: started afresh, loaded by their own APIs, asked by connector files only.

Started by `run`, which brings what this needs; C360 names the gateway's binary.
"""

import difflib
import os
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import load
from http_json import call, call_text
from people import MANY_TICKETS, PLANS, everybody
from processes import Process, free_port
from prometheus_client import parser as prometheus
from prometheus_client.openmetrics import parser as openmetrics

HERE = Path(__file__).parent
FOLDER = HERE / "gateway"
BIN = Path(sys.executable).parent

FIELDS = """
  id
  name
  invoices(first: 50) {
    nodes {
      id status total { amount currency } paid { amount currency } outstanding { amount currency } subscriptionId
    }
  }
  subscriptions(first: 50) {
    nodes { id status items { product label quantity unitPrice { amount currency } interval intervalCount } }
  }
  balances { currency outstanding { amount currency } openInvoices }
  tickets(first: 50) { nodes { id subject status priority } pageInfo { hasNextPage } totalCount }
  coverage { department status }
"""
ONE = "query ($id: ID!) { customer(id: $id) { %s } }" % FIELDS
SEVERAL = "query ($ids: [ID!]!) { customers(ids: $ids) { %s } }" % FIELDS

WHOLE = {"billing": "FRESH", "support": "FRESH"}


class World:
    """Both departments and the gateway."""

    processes = ()

    def start(self):
        # Kept until the interpreter ends, so that what the processes wrote can still be shown.
        self.folder = tempfile.TemporaryDirectory(prefix="c360-real-", ignore_cleanup_errors=True)
        root = Path(self.folder.name)
        self.people = everybody()

        billing_port, support_port, gateway_port, admin_port = (free_port() for _ in range(4))
        billing_url, self.support_url = f"http://127.0.0.1:{billing_port}", f"http://127.0.0.1:{support_port}"
        tracker = self.make_tracker(root / "tracker", self.support_url)
        python = sys.executable
        self.billing = Process(
            "localstripe", [python, HERE / "serve_billing.py", str(billing_port)], billing_port, root / "billing.log"
        )
        self.support = Process(
            "Roundup",
            [python, HERE / "serve_support.py", str(support_port), tracker],
            support_port,
            root / "support.log",
        )
        user, password = load.GATEWAY_LOGIN
        environment = os.environ | {
            "GATEWAY_PORT": str(gateway_port),
            "ADMIN_PORT": str(admin_port),
            "BILLING_URL": billing_url,
            "BILLING_KEY": load.KEY,
            "SUPPORT_URL": self.support_url,
            "SUPPORT_USER": user,
            "SUPPORT_PASSWORD": password,
        }
        self.gateway = Process(
            "c360", [os.environ["C360"], "serve", FOLDER], gateway_port, root / "gateway.log", environment
        )
        self.url = f"http://127.0.0.1:{gateway_port}/graphql"
        self.metrics_url = f"http://127.0.0.1:{admin_port}/metrics"
        self.processes = [self.billing, self.support, self.gateway]
        for process in self.processes:
            process.start()
            unittest.addModuleCleanup(process.kill)

        began = time.monotonic()
        self.bills = load.billing(billing_url, self.people, PLANS)
        self.tickets = load.support(self.support_url, self.people)
        print(f"loaded {len(self.people)} persons into both departments in {time.monotonic() - began:.1f} s")

    @staticmethod
    def make_tracker(home, url):
        """A tracker of Roundup's classic template, on SQLite."""
        settings = {
            "tracker_web": f"{url}/",
            "mail_domain": "example.com",
            "mail_host": "localhost",
            # Mail goes into a file.
            "mail_debug": str(home.parent / "mail"),
            "admin_email": "admin@example.com",
            "timezone": "UTC",
            # Every request shows its password: the usual 250,000 rounds are a tenth of a second each time.
            "password_pbkdf2_default_rounds": "1000",
        }
        settings = ",".join(f"{key}={value}" for key, value in settings.items())
        for command in (["install", "classic", "sqlite", settings], ["initialise", load.ADMIN_PASSWORD]):
            subprocess.run(
                [BIN / "roundup-admin", "-i", home, *command], check=True, stdout=subprocess.DEVNULL, timeout=60
            )
        return home

    def ask(self, query, **variables):
        return call(self.url, body={"query": query, "variables": variables})

    def show_logs(self):
        for process in self.processes:
            print(f"-- {process.name} wrote:\n{process.tail()}", file=sys.stderr)

    def person(self, number):
        """Person, bills and tickets as they were loaded."""
        person = self.people[number]
        return person, self.bills[person.id], self.tickets[person.id]


world = World()


def setUpModule():
    try:
        world.start()
    except BaseException:
        unittest.doModuleCleanups()
        raise


class OneQuery(unittest.TestCase):
    maxDiff = None

    def assert_billing(self, customer, person, bills):
        self.assertEqual(customer["id"], person.id)
        self.assertEqual(customer["name"], person.name)
        self.assertEqual(by_id(customer["invoices"]["nodes"]), by_id(bills["invoices"]))
        self.assertEqual(customer["subscriptions"]["nodes"], bills["subscriptions"])
        self.assertEqual(customer["balances"], bills["balances"])

    def assert_whole(self, customer, number):
        person, bills, tickets = world.person(number)
        self.assert_billing(customer, person, bills)
        self.assertEqual(customer["tickets"]["nodes"], tickets)
        self.assertEqual(customer["tickets"]["totalCount"], len(tickets))
        self.assertFalse(customer["tickets"]["pageInfo"]["hasNextPage"])
        self.assertEqual(coverage(customer), WHOLE)

    def test_1_invoices_subscriptions_and_tickets_come_together_with_coverage(self):
        # Several tickets; no subscription; a refused card; a draft beside the paid one; a currency without cents.
        for number in (3, 4, 5, 7, 8):
            with self.subTest(person=number):
                answer = world.ask(ONE, id=world.people[number].id)
                self.assertNotIn("errors", answer)
                self.assert_whole(answer["data"]["customer"], number)

    def test_2_all_fifty_persons_come_in_one_query_in_the_order_asked(self):
        numbers = list(reversed(range(50)))
        answer = world.ask(SEVERAL, ids=[world.people[number].id for number in numbers])
        self.assertNotIn("errors", answer)
        for number, customer in zip(numbers, answer["data"]["customers"], strict=True):
            with self.subTest(person=number):
                self.assert_whole(customer, number)

    def test_3_more_tickets_than_a_page_come_whole(self):
        page = world.support_url + "/rest/data/issue?@page_size=10&creator=" + world.people[0].id
        page = call(page, user="admin", password=load.ADMIN_PASSWORD)["data"]
        self.assertIn("next", page["@links"], "one page of the tracker would have been enough")
        answer = world.ask(ONE, id=world.people[0].id)
        self.assertNotIn("errors", answer)
        self.assertEqual(len(answer["data"]["customer"]["tickets"]["nodes"]), MANY_TICKETS)
        self.assert_whole(answer["data"]["customer"], 0)

    def test_4_times_are_those_of_the_tracker(self):
        person, _, tickets = world.person(3)
        query = "query ($id: ID!) { customer(id: $id) { tickets { nodes { id openedAt } } } }"
        nodes = world.ask(query, id=person.id)["data"]["customer"]["tickets"]["nodes"]
        for ticket, node in zip(tickets, nodes, strict=True):
            told = f"{world.support_url}/rest/data/issue/{ticket['id']}/creation"
            told = call(told, user="admin", password=load.ADMIN_PASSWORD)["data"]["data"]
            self.assertEqual(node["openedAt"], told.replace(".", "T") + "Z")

    def test_5_somebody_whom_no_department_knows_is_null(self):
        # `c-200` is how names in the tracker begin, and must not be taken for one of them.
        for stranger in ("c-9999", "c-200", ""):
            with self.subTest(id=stranger):
                self.assertEqual(world.ask(ONE, id=stranger), {"data": {"customer": None}})

    def test_6_a_department_that_dies_costs_its_own_fields_and_comes_back(self):
        number = 7
        person, bills, _ = world.person(number)
        world.support.kill()
        try:
            answer = world.ask(ONE, id=person.id)
            customer = answer["data"]["customer"]
            self.assert_billing(customer, person, bills)
            self.assertIsNone(customer["tickets"])
            self.assertEqual(coverage(customer), {"billing": "FRESH", "support": "UNAVAILABLE"})
            (error,) = answer["errors"]
            self.assertEqual(error["path"], ["customer", "tickets"])
            self.assertEqual(error["extensions"]["code"], "UNAVAILABLE")
            self.assertEqual(error["extensions"]["department"], "support")
            self.assertNotIn(str(world.support.port), str(error), "addresses stay inside")
        finally:
            world.support.start()
        answer = world.ask(ONE, id=person.id)
        self.assertNotIn("errors", answer)
        self.assert_whole(answer["data"]["customer"], number)

    def test_7_the_other_one_dying_leaves_the_tickets(self):
        # The last test: localstripe keeps everything in memory.
        person, _, tickets = world.person(3)
        world.billing.kill()
        answer = world.ask(ONE, id=person.id)
        customer = answer["data"]["customer"]
        self.assertEqual(customer["tickets"]["nodes"], tickets)
        for field in ("invoices", "subscriptions", "balances"):
            self.assertIsNone(customer[field])
        self.assertEqual(coverage(customer), {"billing": "UNAVAILABLE", "support": "FRESH"})
        self.assertEqual({error["extensions"]["department"] for error in answer["errors"]}, {"billing"})


class WhatItTells(unittest.TestCase):
    """Metrics as Prometheus's own parsers read them, after everything above was asked."""

    OPENMETRICS = "application/openmetrics-text; version=1.0.0"

    def families(self, accept, parse):
        text, kind = call_text(world.metrics_url, headers={"Accept": accept})
        return {family.name: family for family in parse(text)}, kind

    def test_both_formats_are_read_and_say_the_same(self):
        strict, kind = self.families(self.OPENMETRICS, openmetrics.text_string_to_metric_families)
        self.assertTrue(kind.startswith(self.OPENMETRICS), kind)
        plain, kind = self.families("text/plain", prometheus.text_string_to_metric_families)
        self.assertTrue(kind.startswith("text/plain; version=0.0.4"), kind)
        self.assertEqual({name: family.type for name, family in strict.items()},
                         {name: family.type for name, family in plain.items()})
        for family in strict.values():
            with self.subTest(family=family.name):
                self.assertTrue(family.documentation)
                self.assertTrue(family.samples)

    def test_departments_that_died_are_told(self):
        families, _ = self.families(self.OPENMETRICS, openmetrics.text_string_to_metric_families)
        value = {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in families.values()
            for sample in family.samples
        }
        self.assertGreater(value["c360_source_calls_total", "2xx", "billing"], 0)
        self.assertGreater(value["c360_source_calls_total", "2xx", "tracker"], 0)
        self.assertGreater(value["c360_operation_errors_total", "UNAVAILABLE", "support"], 0)
        self.assertGreater(value["c360_operations_total", "anonymous", "whole"], 0)
        self.assertGreater(value["c360_operations_total", "anonymous", "partial"], 0)
        self.assertGreater(value["process_resident_memory_bytes",], 1 << 20)
        self.assertEqual(value["c360_http_panics_total",], 0)


class TheShippedFile(unittest.TestCase):
    def test_the_billing_file_differs_from_the_shipped_one_in_the_lines_it_lists(self):
        shipped, here = (body(path / "schema" / "billing.graphql") for path in (HERE.parent.parent, FOLDER))
        head = (FOLDER / "schema" / "billing.graphql").read_text().split("\n\n", 1)[0]
        listed = {line[4:] for line in head.splitlines() if line.startswith(("#   - ", "#   + "))}
        found = {
            f"{line[0]} {line[2:].strip()}"
            for line in difflib.ndiff(shipped, here)
            if line.startswith(("- ", "+ ")) and line[2:].strip()
        }
        hint = "carry changes of schema/billing.graphql over to tests/real/gateway, or list them at its head"
        self.assertEqual(found, listed, hint)


def body(path):
    """A schema file's lines below its head."""
    return path.read_text().split("\n\n", 1)[1].splitlines()


def by_id(invoices):
    return sorted(invoices, key=lambda invoice: invoice["id"])


def coverage(customer):
    return {row["department"]: row["status"] for row in customer["coverage"]}


if __name__ == "__main__":
    program = unittest.main(verbosity=2, exit=False)
    if not program.result.wasSuccessful():
        world.show_logs()
        sys.exit(1)
