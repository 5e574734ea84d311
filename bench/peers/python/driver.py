"""The same work with the Python library eventsourcing: one JSON line at the end."""

import argparse
import json
import sqlite3
import threading
import time
from urllib.parse import urlsplit
from uuid import uuid4

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate, event
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL, Identifier

LINES = 10
WARM_UP = 0.5
NOTE = (
    "to be wrapped as a present, with the card that lies beside it; "
    "leave it with the neighbours if nobody opens"
)


def line(number):
    return {
        "sku": f"SKU-{number:06}",
        "quantity": 1 + number % 3,
        "cents": 250 + number,
        "note": NOTE,
    }


class Order(Aggregate):
    class LineAdded(Aggregate.Event):
        sku: str
        quantity: int
        cents: int
        note: str

    # The library records that an aggregate begins: that event is its first line.
    def __init__(self, sku, quantity, cents, note):
        self.lines = 1
        self.cents = cents * quantity

    def add(self, new, limit):
        if self.lines >= limit:
            raise ValueError("the order is full")
        if new["quantity"] <= 0:
            raise ValueError("nothing is ordered")
        self.line_added(**new)

    @event(LineAdded)
    def line_added(self, sku, quantity, cents, note):
        self.lines += 1
        self.cents += cents * quantity


def begun(order_id, new):
    return Order._create(Order.Created, id=order_id, **new)  # noqa: SLF001


class Shop(Application):
    is_snapshotting_enabled = False

    def add(self, order_id, new):
        try:
            order = self.repository.get(order_id)
        except AggregateNotFoundError:
            return self.save(begun(order_id, new))
        order.add(new, LINES)
        return self.save(order)

    def fill(self, count):
        order = begun(uuid4(), line(0))
        for number in range(1, count):
            order.add(line(number), count)
        self.save(order)


class Orders(PostgresTrackingRecorder):
    """The projection's table; its rows and the tracking share a transaction."""

    def __init__(self, datastore, **kwargs):
        super().__init__(datastore, **kwargs)
        self.table = SQL("{}.{}").format(
            Identifier(self.datastore.schema), Identifier("orders")
        )
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS {} "
                "(id UUID PRIMARY KEY, lines BIGINT NOT NULL, cents BIGINT NOT NULL)"
            ).format(self.table)
        )
        self.upsert = SQL(
            "INSERT INTO {0} AS orders VALUES (%s, 1, %s) ON CONFLICT (id) DO UPDATE "
            "SET lines = orders.lines + 1, cents = orders.cents + excluded.cents"
        ).format(self.table)

    def add_up(self, order_id, cents, tracking):
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(self.upsert, (order_id, cents))
            self._insert_tracking(cursor, tracking)


class AddUp(Projection[Orders]):
    name = "orders"

    @singledispatchmethod
    def process_event(self, domain_event, tracking):
        self.view.add_up(
            domain_event.originator_id,
            domain_event.cents * domain_event.quantity,
            tracking,
        )


def environment(store):
    if not store.startswith("postgres"):
        return {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": store,
        }
    url = urlsplit(store)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": url.path.lstrip("/"),
        "POSTGRES_HOST": url.hostname,
        "POSTGRES_PORT": str(url.port),
        "POSTGRES_USER": url.username,
        "POSTGRES_PASSWORD": url.password or "",
    }


def settings(app, store):
    if store.startswith("postgres"):
        return "defaults: pool 5 + 10, threads"
    with app.recorder.datastore.get_connection(commit=False) as connection:
        with connection.transaction(commit=False) as cursor:
            values = []
            for name in ("journal_mode", "synchronous"):
                cursor.execute(f"PRAGMA {name}")
                values.append(f"{name}={cursor.fetchone()[0]}")
    return f"defaults: {', '.join(values)}, pool 5 + 10, threads, SQLite {sqlite3.sqlite_version}"


def run_callers(step, arguments):
    start = time.perf_counter() + WARM_UP
    until = start + arguments.seconds
    taken, failures = [], []

    def caller():
        mine = []
        try:
            while True:
                order_id = uuid4()
                for number in range(LINES):
                    begin = time.perf_counter()
                    if begin >= until:
                        return
                    step(order_id, line(number))
                    end = time.perf_counter()
                    if start <= end < until:
                        mine.append((end - begin) * 1e6)
        except Exception as error:  # noqa: BLE001
            failures.append(error)
        finally:
            taken.extend(mine)

    threads = [threading.Thread(target=caller) for _ in range(arguments.callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    taken.sort()
    return {
        "done": len(taken),
        "seconds": arguments.seconds,
        "p50_us": taken[len(taken) // 2] if taken else None,
    }


def run_replays(app, arguments):
    for _ in range(arguments.events // 100):
        app.fill(100)

    def replay():
        seen, pieces, position = 0, 0, 1
        while page := app.recorder.select_notifications(start=position, limit=1_000):
            for notification in page:
                pieces += app.mapper.to_domain_event(notification).quantity
            seen += len(page)
            position = page[-1].id + 1
        return seen

    replay()
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < arguments.seconds:
        seen = replay()
        if seen != arguments.events:
            raise ValueError(f"{seen} events of {arguments.events}")
        done += seen
    return {"done": done, "seconds": time.perf_counter() - start, "p50_us": None}


def run_projection(arguments, env):
    with ProjectionRunner(
        application_class=Shop, projection_class=AddUp, view_class=Orders, env=env
    ) as runner:

        def step(order_id, new):
            recordings = runner.app.add(order_id, new)
            runner.wait(recordings[-1].notification.id, timeout=30)

        return {**run_callers(step, arguments), "settings": settings(runner.app, arguments.store)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", required=True)
    parser.add_argument("--work", choices=["commands", "projection", "replay"], default="commands")
    parser.add_argument("--callers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--events", type=int, default=20_000)
    arguments = parser.parse_args()
    env = environment(arguments.store)
    if arguments.work == "projection":
        report = run_projection(arguments, env)
    else:
        app = Shop(env)
        report = run_replays(app, arguments) if arguments.work == "replay" else run_callers(app.add, arguments)
        report["settings"] = settings(app, arguments.store)
        app.close()
    print(json.dumps(report))


main()
