"""What pySigma and SQLite find: rules are converted to SQL, and run over the same events.

Reads {"rules": [text, …], "fields": [name, …], "events": [{"id", "atMs", "attributes"}, …]} from
stdin; writes for each text {"matches": [id, …]}, {"alerts": [{"endMs", "group", "ids"}, …]} or
{"error": message}.
"""

import json
import sqlite3
import sys

import re2
from sigma.backends.sqlite import sqliteBackend
from sigma.backends.sqlite.runtime import execute_plan
from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationRule


def quoted(name):
    return "`" + name.replace("`", "``") + "`"


def stored(value):
    """As the backend expects them: booleans as words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


def load(fields, events):
    connection = sqlite3.connect(":memory:")
    connection.create_function(
        "REGEXP", 2, lambda regex, value: value is not None and bool(re2.search(regex, str(value)))
    )
    columns = ", ".join(f"{quoted(field)} COLLATE NOCASE" for field in fields)
    connection.execute(f"CREATE TABLE logs (id TEXT, timestamp INTEGER, everything TEXT, {columns})")
    holes = ", ".join("?" for _ in range(len(fields) + 3))
    for event in events:
        attributes = {name: stored(value) for name, value in event["attributes"].items()}
        everything = "\n".join(str(value) for value in attributes.values())
        values = [attributes.get(field) for field in fields]
        row = [event["id"], event["atMs"], everything, *values]
        connection.execute(f"INSERT INTO logs VALUES ({holes})", row)
    return connection


def find(connection, text):
    backend = sqliteBackend(
        timestamp_format="unix_ms", event_id_field="id", fulltext_field="everything",
        collate_nocase=True,
    )
    collection = SigmaCollection.from_yaml(text)
    if any(isinstance(rule, SigmaCorrelationRule) for rule in collection.rules):
        [plan] = [
            rule["correlation_plan"]
            for rule in json.loads(backend.convert(collection, "zircolite"))
            if rule.get("correlation")
        ]
        rows, _ = execute_plan(connection, plan, include_events=False)
        return {
            "alerts": [
                {
                    "endMs": round(row["window_end"] * 1000),
                    "group": row["group_keys"],
                    "ids": [identity.split(":", 1)[1] for identity in row["event_ids"]],
                }
                for row in rows
            ]
        }
    [query] = backend.convert(collection)
    return {"matches": [row[0] for row in connection.execute(query)]}


def main():
    asked = json.load(sys.stdin)
    connection = load(asked["fields"], asked["events"])
    answers = []
    for text in asked["rules"]:
        try:
            answers.append(find(connection, text))
        except Exception as error:  # each is an answer that the test looks at
            answers.append({"error": f"{type(error).__name__}: {error}"})
    json.dump(answers, sys.stdout)


main()
